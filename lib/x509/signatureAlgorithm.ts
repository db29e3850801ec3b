import { type KeyObject, verify } from 'node:crypto'
import { encodeNull, encodeOid, encodeSequence } from './encodeElement.ts'

/** Names one signature algorithm as X.509 and node:crypto do. */
export interface SignatureAlgorithmEntry {
  /** Dotted decimal object identifier, RFC 5758 or RFC 8017. */
  readonly oid: string
  /** DER AlgorithmIdentifier. */
  readonly identifier: Uint8Array
  /** The digest, as node:crypto names it; null where the algorithm has its own (RFC 8410). */
  readonly digest: string | null
  /** The type of key that makes such signatures, as `KeyObject.asymmetricKeyType` names it. */
  readonly keyType: 'ec' | 'rsa' | 'ed25519'
}

const entry = (oid: string, digest: string | null, keyType: SignatureAlgorithmEntry['keyType']) => ({
  oid,
  // RFC 5758 section 3.2: ECDSA has no parameters; RFC 4055 section 5: RSA has NULL; RFC 8410 section 3: none.
  identifier:
    keyType === 'rsa' ? encodeSequence(encodeOid(oid), encodeNull()) : encodeSequence(encodeOid(oid)),
  digest,
  keyType,
})

/** The signature algorithms Mayfly reads and writes, by their JOSE names (RFC 7518, RFC 8037). */
export const signatureAlgorithms = {
  ES256: entry('1.2.840.10045.4.3.2', 'sha256', 'ec'),
  ES384: entry('1.2.840.10045.4.3.3', 'sha384', 'ec'),
  ES512: entry('1.2.840.10045.4.3.4', 'sha512', 'ec'),
  RS256: entry('1.2.840.113549.1.1.11', 'sha256', 'rsa'),
  RS384: entry('1.2.840.113549.1.1.12', 'sha384', 'rsa'),
  RS512: entry('1.2.840.113549.1.1.13', 'sha512', 'rsa'),
  EdDSA: entry('1.3.101.112', null, 'ed25519'),
} as const satisfies Record<string, SignatureAlgorithmEntry>

/** The JOSE name of a signature algorithm. */
export type SignatureAlgorithm = keyof typeof signatureAlgorithms

const isName = (name: string): name is SignatureAlgorithm => Object.hasOwn(signatureAlgorithms, name)

/** The names of all of them. */
export const signatureAlgorithmNames = Object.keys(signatureAlgorithms).filter(isName)

/** Finds the algorithm that a DER AlgorithmIdentifier names, parameters included; undefined for any other. */
export const signatureAlgorithmOf = (identifier: Uint8Array): SignatureAlgorithm | undefined =>
  signatureAlgorithmNames.find(
    (name) => Buffer.compare(signatureAlgorithms[name].identifier, identifier) === 0,
  )

export interface SignatureCheck {
  readonly algorithm: SignatureAlgorithm
  readonly publicKey: KeyObject
  /** The octets that were signed, not hashed. */
  readonly signed: Uint8Array
  /** The value of the X.509 `signature` BIT STRING: DER Ecdsa-Sig-Value for ECDSA. */
  readonly signature: Uint8Array
}

/** Tells whether a signature verifies; false as well when the key is of another type than the algorithm's. */
export const verifiesSignature = ({ algorithm, publicKey, signed, signature }: SignatureCheck): boolean => {
  const { digest, keyType } = signatureAlgorithms[algorithm]
  return publicKey.asymmetricKeyType === keyType && verify(digest, signed, publicKey, signature)
}
