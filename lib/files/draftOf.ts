import { randomUUID } from 'node:crypto'
import { basename, dirname, join } from 'node:path'

/**
 * Names a draft of a file, beside it. It is hidden: programs that read a whole folder, FreeRADIUS and NetworkManager among
 * them, leave out what begins with a dot, also when a crash left it.
 */
export const draftOf = (file: string): string => join(dirname(file), `.${basename(file)}.${randomUUID()}.tmp`)

const form = /^\.?(.+)\.[\da-f-]{36}\.tmp$/

/** @returns the name of the file that a draft is of, undefined for what is no draft. Those of earlier versions are not hidden. */
export const draftedName = (name: string): string | undefined => form.exec(name)?.[1]
