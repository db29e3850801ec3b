import { createReadStream } from 'node:fs'
import { Refusal } from '../../lib/errors/refusal.ts'
import { isUtf16, utf16Reason } from '../../lib/text/decodeText.ts'

/** Stands for one record of a log file; undefined for a part of it that is none. */
type JsonRecord = object | undefined

/** Bounds a record, which is read into memory until its end. */
const maxRecordCharacters = 1024 * 1024

/** Reads as far to know the form. */
const lookAheadCharacters = 256

const tooLong = (): Refusal =>
  new Refusal('usage-wrong', 'Cannot read the log: a record is longer than 1 MiB, or never ends.')

const toRecord = (text: string): JsonRecord => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Reads lines, each a record: a bad one spoils itself alone. */
async function* recordLines(chunks: AsyncIterable<string>): AsyncGenerator<JsonRecord> {
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > maxRecordCharacters) throw tooLong()
    for (const line of lines) if (line.trim() !== '') yield toRecord(line)
  }
  if (rest.trim() !== '') yield toRecord(rest)
}

/** Finds the objects of a text at its lowest level, wherever its line ends are. */
const objectFinder = () => {
  let [depth, inText, escaped, inJunk] = [0, false, false, false]
  let open = ''
  const step = (character: string): void => {
    if (escaped) escaped = false
    else if (inText && character === '\\') escaped = true
    else if (character === '"') inText = !inText
    else if (!inText && character === '{') depth += 1
    else if (!inText && character === '}') depth -= 1
  }
  return {
    /** @returns the objects that end in the text, and undefined for what lies between them and should not. */
    *read(text: string): Generator<JsonRecord> {
      let start = 0
      for (let index = 0; index < text.length; index++) {
        const character = text.charAt(index)
        if (depth === 0 && character !== '{') {
          const isJunk = !/[\s,[\]}]/.test(character)
          if (isJunk && !inJunk) yield undefined
          inJunk = isJunk
          continue
        }
        if (depth === 0) start = index
        step(character)
        if (depth > 0) continue
        yield toRecord(open + text.slice(start, index + 1))
        open = ''
        inJunk = false
      }
      if (depth > 0) open += text.slice(start)
      if (open.length > maxRecordCharacters) throw tooLong()
    },
    isOpen: () => depth > 0,
  }
}

async function* recordsOfArray(chunks: AsyncIterable<string>): AsyncGenerator<JsonRecord> {
  const finder = objectFinder()
  for await (const chunk of chunks) yield* finder.read(chunk)
  if (finder.isOpen()) yield undefined
}

/** Matches `[`, `{"records": [`, or an object whose members are on lines of their own. */
const arrayForm = /^\s*(?:\[|(\{\s*"records"\s*:\s*\[)|\{\s*\n)/

/** Begins again with what was read already. */
async function* withStart(start: string, rest: AsyncIterator<string>): AsyncGenerator<string> {
  yield start
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
}

/**
 * Reads the records of a log little by little: JSON Lines, a JSON array, or `{"records": [...]}`, as Azure and its tools
 * write them. What is no JSON object is undefined, and the reading goes on.
 * @throws {Refusal} `usage-wrong` for a record longer than 1 MiB
 */
export async function* jsonRecords(chunks: AsyncIterable<string>): AsyncGenerator<JsonRecord> {
  const iterator = chunks[Symbol.asyncIterator]()
  let start = ''
  while (start.trimStart().length < lookAheadCharacters) {
    const next = await iterator.next()
    if (next.done === true) break
    start += next.value
  }
  start = start.replace(/^\u{FEFF}/u, '')
  const [, wrapper = ''] = arrayForm.exec(start) ?? []
  const all = withStart(start.replace(wrapper, ''), iterator)
  yield* arrayForm.test(start) ? recordsOfArray(all) : recordLines(all)
}

const refuse = (file: string, why: string) => new Refusal('usage-wrong', `Cannot read ${file}: ${why}.`)

/** Reads a file piece by piece; `-` is standard input. */
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
    yield record
  }
}
