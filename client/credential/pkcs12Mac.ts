import { createHmac, hash } from 'node:crypto'

const blockOctets = 64
/** Says that a key is for a MAC, RFC 7292 appendix B.3. */
const macId = 3

/** A password as PKCS#12 hashes it: a BMPString with its terminator, RFC 7292 appendix B.1. */
const bmpPassword = (password: string): Buffer => Buffer.from(`${password}\0`, 'utf16le').swap16()

/** Repeats octets until they fill whole blocks. */
const fillBlocks = (octets: Uint8Array): Buffer =>
  Buffer.alloc(Math.ceil(octets.length / blockOctets) * blockOctets, octets)

/** What a key is derived from. */
export interface Pkcs12MacOptions {
  readonly password: string
  readonly salt: Uint8Array
  readonly iterations: number
}

/**
 * Derives the key of a MAC with SHA-256, RFC 7292 appendix B.2. It is as long as the digest, so that one block is all of it.
 * @returns 32 octets.
 */
export const pkcs12MacKey = ({ password, salt, iterations }: Pkcs12MacOptions): Buffer => {
  const begun = [Buffer.alloc(blockOctets, macId), fillBlocks(salt), fillBlocks(bmpPassword(password))]
  let digest = hash('sha256', Buffer.concat(begun), 'buffer')
  for (let done = 1; done < iterations; done++) digest = hash('sha256', digest, 'buffer')
  return digest
}

/** HMAC-SHA-256 of the contents of a PFX, RFC 7292 section 4. */
export const pkcs12Mac = (contents: Uint8Array, options: Pkcs12MacOptions): Buffer =>
  createHmac('sha256', pkcs12MacKey(options)).update(contents).digest()
