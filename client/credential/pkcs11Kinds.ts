import { createHash } from 'node:crypto'
import { derEcdsaSignature } from '../../lib/x509/derEcdsaSignature.ts'
import { DerReader } from '../../lib/x509/derReader.ts'
import { derTag } from '../../lib/x509/derTag.ts'
import { encodeBitString, encodeOid, encodeSequence } from '../../lib/x509/encodeElement.ts'
import type { SignatureAlgorithm } from '../../lib/x509/signatureAlgorithm.ts'
import type { KeyAlgorithm } from './keySettings.ts'
import type { ListedKey } from './listedKey.ts'
import type { Pkcs11Token } from './pkcs11Token.ts'

/** How a token is asked for a kind of key, and to sign by it. */
export interface Pkcs11Kind {
  readonly keyType: string
  readonly signature: SignatureAlgorithm
  readonly sign: (token: Pkcs11Token, id: string, octets: Uint8Array) => Promise<Uint8Array>
  /** DER SubjectPublicKeyInfo of a key that was listed. */
  readonly spkiOf: (token: Pkcs11Token, listed: ListedKey) => Promise<Uint8Array>
}

const idEcPublicKey = encodeOid('1.2.840.10045.2.1')

/** SubjectPublicKeyInfo of RFC 5480 section 2, of a point on a named curve. */
const ecSpki = (curve: Uint8Array, ecPoint: string): Uint8Array => {
  const point = new DerReader(Buffer.from(ecPoint, 'hex')).read(derTag.octetString).contents
  return encodeSequence(encodeSequence(idEcPublicKey, curve), encodeBitString(point))
}

const signWith = (token: Pkcs11Token, mechanism: string, id: string, octets: Uint8Array) =>
  token(['--sign', '--mechanism', mechanism, '--id', id], octets)

/** By CKM_ECDSA, which every token with such keys has: of a digest, and with a signature that is r and s. */
const ecKind = (
  signature: SignatureAlgorithm,
  { name, oid, digest }: { readonly name: string; readonly oid: string; readonly digest: string },
): Pkcs11Kind => ({
  keyType: `EC:${name}`,
  signature,
  // As it is listed: OpenSC 0.23 writes no SubjectPublicKeyInfo of P-384.
  spkiOf: async (_, { ecPoint }) => ecSpki(encodeOid(oid), ecPoint),
  sign: async (token, id, octets) =>
    derEcdsaSignature(await signWith(token, 'ECDSA', id, createHash(digest).update(octets).digest())),
})

const rsaKind = (bits: number): Pkcs11Kind => ({
  keyType: `rsa:${bits}`,
  signature: 'RS256',
  spkiOf: (token, { id }) => token(['--read-object', '--type', 'pubkey', '--id', id]),
  sign: (token, id, octets) => signWith(token, 'SHA256-RSA-PKCS', id, octets),
})

/** The kinds of keys that tokens are asked for. */
export const pkcs11Kinds: Readonly<Partial<Record<KeyAlgorithm, Pkcs11Kind>>> = {
  'P-256': ecKind('ES256', { name: 'prime256v1', oid: '1.2.840.10045.3.1.7', digest: 'sha256' }),
  'P-384': ecKind('ES384', { name: 'secp384r1', oid: '1.3.132.0.34', digest: 'sha384' }),
  'RSA-2048': rsaKind(2048),
  'RSA-3072': rsaKind(3072),
  'RSA-4096': rsaKind(4096),
}
