import { createReadStream } from 'node:fs'
import { Refusal } from '../../lib/errors/refusal.ts'
import { isUtf16, utf16Reason } from '../../lib/text/decodeText.ts'
import { jsonRecords } from './jsonRecords.ts'

const refuse = (file: string, why: string) => new Refusal('usage-wrong', `Cannot read ${file}: ${why}.`)

/** Text of a file, piece by piece; `-` is standard input. */
async function* pieces(file: string): AsyncGenerator<string> {
  const stream: AsyncIterable<Uint8Array> = file === '-' ? process.stdin : createReadStream(file)
  // Whoever reads the records takes off a byte order mark.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let isFirst = true
  try {
    for await (const piece of stream) {
      if (isFirst && isUtf16(piece)) throw refuse(file, `it ${utf16Reason}`)
      isFirst = false
      yield decoder.decode(piece, { stream: true })
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (error instanceof Refusal || code === undefined) throw error
    throw refuse(file, code)
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
