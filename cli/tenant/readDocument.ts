import { buffer } from 'node:stream/consumers'
import type { RefusalCode } from '../../lib/errors/catalogue.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { readInput } from '../../lib/files/readInput.ts'
import { parseJson } from '../../lib/json/parseJson.ts'

/** All named locations of a tenant, as large as they may be, have fewer members and items. */
const maxValues = 2_000_000

/** Reads JSON from a file, or from standard input where it is `-`. @throws {Refusal} of the code, or `usage-wrong` */
export const readDocument = async (file: string, code: RefusalCode): Promise<unknown> => {
  const octets = file === '-' ? await buffer(process.stdin) : readInput(file)
  return parseJson(octets, (why) => new Refusal(code, `Cannot read ${file}: it ${why}.`), maxValues)
}
