import { crc32 } from 'node:zlib'

/** Files by their names in the archive. */
export type ZipContents = ReadonlyMap<string, Uint8Array>

interface Entry {
  readonly name: Buffer
  readonly contents: Uint8Array
  /** Where its local header begins. */
  readonly offset: number
}

/** 1980-01-01 00:00, the first instant that the format can tell (APPNOTE.TXT section 4.4.6). */
const firstDay = 0x0021

/** A regular file, -rw-r--r--, as Unix tells it in the upper half of the external attributes. */
const regularFile = 0o100644 * 0x10000

/** Made by version 2.0 on Unix (APPNOTE.TXT section 4.4.2): without it readers ignore the file's mode. */
const madeByUnix = 0x0314

const versionNeeded = 20
const stored = 0
const localHeaderLength = 30
const limit = 0xffff_ffff

const namePattern = /^(?!\/)(?!(?:.*\/)?\.\.?\/)[\w./-]+$/

const numbers = (...fields: readonly (readonly [value: number, octets: 2 | 4])[]): Buffer => {
  const buffer = Buffer.alloc(fields.reduce((sum, [, octets]) => sum + octets, 0))
  let offset = 0
  for (const [value, octets] of fields) offset = buffer.writeUIntLE(value, offset, octets)
  return buffer
}

/** The fields that the local header and the central directory share, APPNOTE.TXT section 4.4. */
const sharedFields = ({ name, contents }: Entry): Buffer =>
  numbers(
    [versionNeeded, 2],
    [0, 2], // flags
    [stored, 2],
    [0, 2], // time
    [firstDay, 2],
    [crc32(contents), 4],
    [contents.length, 4], // compressed
    [contents.length, 4], // uncompressed
    [name.length, 2],
    [0, 2], // extra field
  )

const localHeader = (entry: Entry): Buffer =>
  Buffer.concat([numbers([0x04034b50, 4]), sharedFields(entry), entry.name])

const directoryHeader = (entry: Entry): Buffer =>
  Buffer.concat([
    numbers([0x02014b50, 4], [madeByUnix, 2]),
    sharedFields(entry),
    numbers([0, 2], [0, 2], [0, 2], [regularFile, 4], [entry.offset, 4]),
    entry.name,
  ])

const endOfDirectory = (count: number, length: number, offset: number): Buffer =>
  numbers([0x06054b50, 4], [0, 2], [0, 2], [count, 2], [count, 2], [length, 4], [offset, 4], [0, 2])

const entriesOf = (files: ZipContents): readonly Entry[] => {
  let offset = 0
  return [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([text, contents]) => {
      if (!namePattern.test(text)) throw new Error(`Cannot put ${JSON.stringify(text)} into a zip.`)
      const entry = { name: Buffer.from(text), contents, offset }
      offset += localHeaderLength + entry.name.length + contents.length
      return entry
    })
}

/**
 * Writes a zip whose bytes depend on the names and contents of its files alone: sorted, without times, owners and
 * folders, each file -rw-r--r-- and stored. Deflated it would be a fifth in size, but zlib's output differs between its
 * versions and between processors: then nobody could compare a release with a build of his own.
 * @throws {Error} when a name is not a plain relative path, or when the archive would need Zip64.
 */
export const zip = (files: ZipContents): Buffer => {
  const entries = entriesOf(files)
  const local = entries.flatMap((entry) => [localHeader(entry), entry.contents])
  const directory = Buffer.concat(entries.map(directoryHeader))
  const offset = local.reduce((sum, { length }) => sum + length, 0)
  if (entries.length >= 0xffff || offset + directory.length >= limit)
    throw new Error(`Cannot write a zip of ${entries.length} files and ${offset} octets.`)
  return Buffer.concat([...local, directory, endOfDirectory(entries.length, directory.length, offset)])
}
