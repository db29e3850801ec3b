import type { SignatureAlgorithm } from '../x509/signatureAlgorithm.ts'

/** The algorithms an authority's key may have, by their JOSE names. */
export const authorityAlgorithms = [
  'ES256',
  'ES384',
  'RS256',
] as const satisfies readonly SignatureAlgorithm[]

/** The algorithm of an authority's key. */
export type AuthorityAlgorithm = (typeof authorityAlgorithms)[number]

/** One authority key. Safe to call concurrently; retries transient faults itself; never logs its input. */
export interface Signer {
  readonly algorithm: AuthorityAlgorithm
  /** DER SubjectPublicKeyInfo of the key, RFC 5280 section 4.1.2.7. */
  readonly publicKey: Uint8Array
  /**
   * Signs a TBSCertificate.
   * @param tbs DER TBSCertificate, not yet hashed.
   * @param requestId UUID under which a remote key logs the operation; the ledger stores it beside the certificate.
   * @returns the value of the X.509 signature BIT STRING: DER Ecdsa-Sig-Value (RFC 3279 section 2.2.3) for ECDSA.
   * @throws {Refusal} `signer-unavailable` when the last retry fails.
   */
  sign(tbs: Uint8Array, requestId: string): Promise<Uint8Array>
}

/** Opens the signer of a key that exists, by the reference its generation stores. */
export interface SignerSource {
  /** @throws {Refusal} `key-file-refused` or `signer-unavailable` */
  open(keyReference: string): Promise<Signer>
}

/** Where an administrator makes authority keys. */
export interface KeyProvider extends SignerSource {
  /**
   * Creates the key of this name unless it exists: a command that crashed finds the key it made.
   * @param name lower-case letters, digits, dots and hyphens.
   * @returns the key reference.
   * @throws {Refusal} `key-file-refused`
   */
  create(name: string, algorithm: AuthorityAlgorithm): Promise<string>
}
