import { buffer } from 'node:stream/consumers'
import type { RefusalCode } from '../../lib/errors/catalogue.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { readInput } from '../../lib/files/readInput.ts'
import { parseJson } from '../../lib/json/parseJson.ts'

/** All named locations of a tenant, as large as they may be, have fewer members and items. */
const maxValues = 2_000_000

/** Tells where a document stops being JSON, as far as Node.js says so, and nothing of what stands there. */
const placeOf = (cause: unknown): string => {
  const message = cause instanceof SyntaxError ? cause.message : ''
  if (message.startsWith('Unexpected end')) return ': it ends too early'
  const [, line, column] = /\(line (\d+) column (\d+)\)$/.exec(message) ?? []
  return line === undefined ? '' : `: see line ${line}, column ${column}`
}

/** Reads JSON from a file, or from standard input where it is `-`. @throws {Refusal} of the code, or `usage-wrong` */
export const readDocument = async (file: string, code: RefusalCode): Promise<unknown> => {
  const octets = file === '-' ? await buffer(process.stdin) : readInput(file)
  const refuse = (why: string, cause?: unknown) =>
    new Refusal(code, `Cannot read ${file}: it ${why}${placeOf(cause)}.`)
  if (octets.length === 0) throw refuse('is empty')
  return parseJson(octets, refuse, maxValues)
}
