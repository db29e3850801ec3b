import { createCipheriv, pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import {
  encodeNull,
  encodeOctetString,
  encodeOid,
  encodeSequence,
  encodeUnsigned,
} from '../../lib/x509/encodeElement.ts'

const derive = promisify(pbkdf2)

const oid = {
  pbes2: encodeOid('1.2.840.113549.1.5.13'),
  pbkdf2: encodeOid('1.2.840.113549.1.5.12'),
  hmacWithSha256: encodeOid('1.2.840.113549.2.9'),
  aes256Cbc: encodeOid('2.16.840.1.101.3.4.1.42'),
}

/** Encodes a number that has at most 32 bits as an INTEGER. */
export const encodeCount = (count: number): Uint8Array => {
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(count)
  return encodeUnsigned(octets)
}

/** What is encrypted with. */
export interface Pbes2Options {
  readonly password: string
  readonly salt: Uint8Array
  readonly iterations: number
  /** 16 octets. */
  readonly iv: Uint8Array
}

/** What was encrypted, and how. */
export interface Pbes2Encrypted {
  /** DER AlgorithmIdentifier. */
  readonly algorithm: Uint8Array
  readonly octets: Uint8Array
}

/**
 * Encrypts by PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC, RFC 8018 section 6.2. The password is UTF-8, as RFC 8018 advises
 * and OpenSSL, NSS and GnuTLS have it.
 */
//  PBES2-params ::= SEQUENCE { keyDerivationFunc AlgorithmIdentifier, encryptionScheme AlgorithmIdentifier }
//  PBKDF2-params ::= SEQUENCE { salt OCTET STRING, iterationCount INTEGER, prf AlgorithmIdentifier }
export const pbes2 = async (octets: Uint8Array, options: Pbes2Options): Promise<Pbes2Encrypted> => {
  const { password, salt, iterations, iv } = options
  const key = await derive(Buffer.from(password, 'utf8'), salt, iterations, 32, 'sha256')
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  const prf = encodeSequence(oid.hmacWithSha256, encodeNull())
  const derivation = encodeSequence(encodeOctetString(salt), encodeCount(iterations), prf)
  const parameters = encodeSequence(
    encodeSequence(oid.pbkdf2, derivation),
    encodeSequence(oid.aes256Cbc, encodeOctetString(iv)),
  )
  return {
    algorithm: encodeSequence(oid.pbes2, parameters),
    octets: Buffer.concat([cipher.update(octets), cipher.final()]),
  }
}
