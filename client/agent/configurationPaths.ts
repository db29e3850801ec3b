import { access, constants, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { Refusal } from '../../lib/errors/refusal.ts'
import { readAuthorities } from '../../lib/files/readInput.ts'
import { readPassword, readPin } from '../credential/readPassword.ts'
import { readSecret } from '../readSecret.ts'
import { checkUnshared } from '../checkUnshared.ts'
import type { Found } from './configurationFault.ts'

/** Checks that a hook is an executable that nobody else could have written. @throws {Refusal} `path-shared`, `usage-wrong` */
export const checkHook = async (path: string): Promise<void> => {
  await checkUnshared(path, 'the hook')
  const isFile = (await stat(path)).isFile()
  const isProgram = await access(path, constants.X_OK).then(
    () => isFile,
    () => false,
  )
  if (!isProgram) throw new Refusal('usage-wrong', `Cannot use the hook ${path}: it is no executable file.`)
}

/** Checks a folder, or the nearest there is of those that it would be made in. @throws {Refusal} `path-shared` */
const checkFolder = async (path: string): Promise<void> => {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw new Refusal('usage-wrong', `Cannot use ${path}: ${error.code}.`)
  })
  if (found === undefined) return checkFolder(dirname(path))
  if (!found.isDirectory()) throw new Refusal('usage-wrong', `Cannot use ${path}: it is no folder.`)
  await checkUnshared(path, 'the folder')
}

/** How a path is looked at, by the member that names it. */
const checks: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  ca: async (path) => readAuthorities(path),
  folder: checkFolder,
  'secret-file': readSecret,
  'pkcs12-password': readPassword,
  'pkcs11-module': async (path) => checkUnshared(path, 'the PKCS#11 module'),
  'pkcs11-pin-file': readPin,
  'on-renew': checkHook,
  'on-refused': checkHook,
  'on-trust-change': checkHook,
}

/** Lists the texts of a document, and where they stand. */
const leavesOf = (
  value: unknown,
  members: readonly PropertyKey[] = [],
): readonly (readonly [readonly PropertyKey[], string])[] => {
  if (typeof value === 'string') return [[members, value]]
  if (Array.isArray(value)) return value.flatMap((one, index) => leavesOf(one, [...members, index]))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]) => leavesOf(one, [...members, name]))
}

const reasonOf = (error: unknown): string => {
  if (error instanceof Refusal) return error.detail.replace(/\.$/, '')
  return (error as NodeJS.ErrnoException).code ?? 'cannot be read'
}

/**
 * Looks at every file and folder that a document names, however faulty it is else: what others can write to, or what is not
 * there, is a fault. Token files are not looked at: whoever writes them may not have begun.
 * @param base the folder that relative paths begin at.
 */
export const configurationPaths = async (document: unknown, base: string): Promise<readonly Found[]> => {
  const found = await Promise.all(
    leavesOf(document).map(async ([members, path]): Promise<readonly Found[]> => {
      const check = checks[String(members.at(-1))]
      try {
        if (path !== '') await check?.(resolve(base, path))
        return []
      } catch (error) {
        return [{ members, reason: reasonOf(error) }]
      }
    }),
  )
  return found.flat()
}
