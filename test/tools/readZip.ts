import { inflateRawSync } from 'node:zlib'

/** One file of an archive, as its central directory describes it. */
export interface ZipEntry {
  readonly name: string
  readonly contents: Buffer
  /** Unix mode, the type of the file included. */
  readonly mode: number
  /** DOS date in the upper half, DOS time in the lower. */
  readonly time: number
}

const readEntry = (archive: Buffer, at: number): ZipEntry => {
  const nameLength = archive.readUInt16LE(at + 28)
  const local = archive.readUInt32LE(at + 42)
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28)
  return {
    name: archive.toString('utf8', at + 46, at + 46 + nameLength),
    contents: inflateRawSync(archive.subarray(start, start + archive.readUInt32LE(at + 20))),
    mode: archive.readUInt32LE(at + 38) >>> 16,
    time: archive.readUInt32LE(at + 12),
  }
}

/** Reads an archive of deflated files from its end, as programs that open zips do (APPNOTE.TXT section 4.3). */
export const readZip = (archive: Buffer): readonly ZipEntry[] => {
  const end = archive.length - 22
  if (archive.readUInt32LE(end) !== 0x06054b50) throw new Error('There is no end of central directory.')
  const entries: ZipEntry[] = []
  let at = archive.readUInt32LE(end + 16)
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (archive.readUInt32LE(at) !== 0x02014b50) throw new Error(`There is no entry at ${at}.`)
    entries.push(readEntry(archive, at))
    at += 46 + [28, 30, 32].reduce((sum, field) => sum + archive.readUInt16LE(at + field), 0)
  }
  return entries
}
