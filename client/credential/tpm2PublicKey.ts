import { createPublicKey, type KeyObject } from 'node:crypto'
import { DerReader } from '../../lib/x509/derReader.ts'
import { derTag } from '../../lib/x509/derTag.ts'

const label = 'TSS2 PRIVATE KEY'
const block = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`)

/** TPM_ALG_ID and TPM_ECC_CURVE of TPM 2.0 Library, part 2, 6.3 and 6.4. */
const algorithms = { rsa: 0x0001, none: 0x0010, ecc: 0x0023 } as const
const curves: Readonly<Record<number, string>> = { 0x0003: 'P-256', 0x0004: 'P-384' }

/** Reads big-endian structures of a TPM in order. */
const tpmReader = (octets: Buffer) => {
  let at = 0
  const take = (length: number): Buffer => {
    if (at + length > octets.length) throw new RangeError('The structure ends too early.')
    at += length
    return octets.subarray(at - length, at)
  }
  const number16 = () => take(2).readUInt16BE()
  return { number16, number32: () => take(4).readUInt32BE(), sized: () => take(number16()), skip: take }
}

type TpmReader = ReturnType<typeof tpmReader>

/** Skips an algorithm with what belongs to it, which TPM_ALG_NULL has nothing of. */
const skipAlgorithm = ({ number16, skip }: TpmReader, detailOctets: number): void => {
  if (number16() !== algorithms.none) skip(detailOctets)
}

/** TPMS_RSA_PARMS and TPM2B_PUBLIC_KEY_RSA: part 2, 12.2.3.5. */
const rsaJwk = (reader: TpmReader) => {
  reader.number16()
  // An exponent of 0 is 65537.
  const exponent = Buffer.alloc(4)
  exponent.writeUInt32BE(reader.number32() || 65_537)
  const e = exponent.subarray(exponent.findIndex((octet) => octet !== 0)).toString('base64url')
  return { kty: 'RSA', n: reader.sized().toString('base64url'), e }
}

/** TPMS_ECC_PARMS and TPMS_ECC_POINT: part 2, 12.2.3.6. */
const eccJwk = (reader: TpmReader) => {
  const crv = curves[reader.number16()]
  if (crv === undefined) throw new RangeError('The curve is another one.')
  skipAlgorithm(reader, 2)
  const octets = crv === 'P-256' ? 32 : 48
  const coordinate = () =>
    Buffer.concat([Buffer.alloc(octets), reader.sized()])
      .subarray(-octets)
      .toString('base64url')
  return { kty: 'EC', crv, x: coordinate(), y: coordinate() }
}

/** TPMT_PUBLIC: part 2, 12.2.4. */
const jwkOf = (reader: TpmReader) => {
  const type = reader.number16()
  reader.skip(2 + 4)
  reader.sized()
  // Symmetric: bits and mode; scheme: its hash.
  skipAlgorithm(reader, 4)
  skipAlgorithm(reader, 2)
  if (type === algorithms.rsa) return rsaJwk(reader)
  if (type === algorithms.ecc) return eccJwk(reader)
  throw new RangeError('The key is of another kind.')
}

/** TPMKey of the TSS2 PEM: type, emptyAuth, parent, public and private area. */
const publicArea = (der: Uint8Array): Buffer => {
  const key = new DerReader(der).enter(derTag.sequence)
  key.readOid()
  for (let element = key.readAny(); ; element = key.readAny())
    if (element.encoding[0] === derTag.octetString) return Buffer.from(element.contents)
}

/**
 * Tells the public key of a key that a TPM keeps, without asking the TPM; undefined for a PEM text that is none.
 * @throws {Error} for one that cannot be read
 */
export const tpm2PublicKey = (pem: string): KeyObject | undefined => {
  const [, base64] = block.exec(pem) ?? []
  if (base64 === undefined) return undefined
  const area = tpmReader(publicArea(Buffer.from(base64, 'base64'))).sized()
  return createPublicKey({ key: jwkOf(tpmReader(area)), format: 'jwk' })
}
