import { readFile } from 'node:fs/promises'
import { type Drop, userNamesOf } from '../../lib/drops/dropList.ts'
import { replaceFile } from '../../lib/files/replaceFile.ts'
import { printable } from '../printable.ts'

/** What a server can tell of whoever asks to be let in. A user of a stopped device is not one: another one of that user may come in. */
const linesOf = (drop: Drop): readonly string[] =>
  drop.kind === 'user'
    ? [...userNamesOf(drop)].map((name) => `user ${printable(name)}`)
    : [`${drop.kind} ${printable(drop.value)}`]

/** Lists who is not to be let in, for programs that a server asks: a line each, sorted, such as `user ada@contoso.example`. */
export const stoppedText = (drops: readonly Drop[]): string =>
  [...new Set(drops.flatMap(linesOf))]
    .toSorted()
    .map((line) => `${line}\n`)
    .join('')

const textOf = (file: string): Promise<string | undefined> => readFile(file, 'utf8').catch(() => undefined)

/** Writes that list to a file for its owner alone, unless it is there: without it a server lets everybody in. */
export const writeStopped = async (file: string, drops: readonly Drop[]): Promise<void> => {
  const text = stoppedText(drops)
  if (text !== (await textOf(file))) await replaceFile(file, text, 0o600)
}
