import { createReadStream } from 'node:fs'
import { Refusal } from '../lib/errors/refusal.ts'
import { jsonRecords } from './jsonRecords.ts'

/** Text of a file, piece by piece; `-` is standard input. */
async function* pieces(file: string): AsyncGenerator<string> {
  const stream = file === '-' ? process.stdin.setEncoding('utf8') : createReadStream(file, 'utf8')
  try {
    for await (const piece of stream) yield String(piece)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new Refusal('usage-wrong', `Cannot read ${file}: ${code}.`)
  }
}

const toldEvery = 10_000

/**
 * Reads the records of a log file one after the other.
 * @param progress told how many were read.
 * @returns undefined for what is no JSON object.
 * @throws {Refusal} `usage-wrong`
 */
export async function* readLog(file: string, progress: (text: string) => void): AsyncGenerator {
  let count = 0
  for await (const record of jsonRecords(pieces(file))) {
    count += 1
    if (count % toldEvery === 0) progress(`${file}: ${count} records`)
    yield record.kind === 'value' ? record.value : undefined
  }
}
