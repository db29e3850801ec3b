import { createHash } from 'node:crypto'

/** SHA-256 in lower-case hex over the parts, each preceded by its length in octets (32-bit big-endian), so that no two lists collide. */
export const hashParts = (...parts: readonly string[]): string => {
  const hash = createHash('sha256')
  for (const part of parts) {
    const octets = Buffer.from(part, 'utf8')
    const length = Buffer.alloc(4)
    length.writeUInt32BE(octets.length)
    hash.update(length).update(octets)
  }
  return hash.digest('hex')
}
