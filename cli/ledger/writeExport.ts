import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { replaceFile } from '../../lib/files/replaceFile.ts'

/**
 * Writes an export for its owner alone, and after it `<file>.sha256` as sha256sum does. The file appears when all of it is
 * written; one without its digest beside it, or with another, is not whole.
 * @returns SHA-256 of the file, lower-case hex.
 * @throws what the pieces throw; what was there before is left as it was then.
 */
export const writeExport = async (file: string, pieces: AsyncIterable<string>): Promise<string> => {
  const hash = createHash('sha256')
  const hashed = async function* () {
    for await (const piece of pieces) {
      hash.update(piece)
      yield piece
    }
  }
  await replaceFile(file, hashed(), 0o600)
  const sha256 = hash.digest('hex')
  await replaceFile(`${file}.sha256`, `${sha256}  ${basename(file)}\n`, 0o600)
  return sha256
}
