import type { Prepared } from '../prepared/prepared.ts'
import type { SignatureAlgorithm } from '../x509/signatureAlgorithm.ts'

/** The algorithms an authority's key may have, by their JOSE names. */
export const authorityAlgorithms = [
  'ES256',
  'ES384',
  'RS256',
] as const satisfies readonly SignatureAlgorithm[]

/** The algorithm of an authority's key. */
export type AuthorityAlgorithm = (typeof authorityAlgorithms)[number]

/** Names one use of a key, and bounds it. */
export interface SigningOptions {
  /** Ends the call; the key may have signed all the same. A remote key has a time of its own when left out. */
  readonly signal?: AbortSignal
  /**
   * Told, before the signature is returned or refused, under which id the key's own log shows the operation: the service
   * that keeps the key chooses it. Not told by local keys, nor where no answer arrived.
   */
  readonly onLogged?: (vaultRequestId: string) => void
}

/** Octets that are neither DER nor a JWS, so that the signature over them is never part of a certificate or a bundle. */
export const probeOctets = Buffer.from('mayfly probe: not a certificate')

/**
 * One authority key as the service uses it. Safe to call concurrently; retries transient faults itself, within seconds;
 * never logs its input.
 */
export interface SigningKey {
  /**
   * Signs what is prepared, and so spends it. Called by signPrepared() alone, which verifies.
   * @param requestId UUID that a remote key is given with the operation; the ledger stores it beside the certificate.
   * @returns the value of the X.509 signature BIT STRING: DER Ecdsa-Sig-Value (RFC 3279 section 2.2.3) for ECDSA.
   * @throws {Refusal} `signer-unavailable` when the last retry fails, `signer-refused` when only an administrator can
   *   mend it.
   */
  sign(prepared: Prepared, requestId: string, options?: SigningOptions): Promise<Uint8Array>
  /** Signs `probeOctets`, as it would sign what is prepared: tells that the key answers. */
  probe(requestId: string, options?: SigningOptions): Promise<Uint8Array>
}

/** One authority key as an administrator uses it: what it is was read from where it is kept. */
export interface Signer extends SigningKey {
  readonly algorithm: AuthorityAlgorithm
  /** DER SubjectPublicKeyInfo of the key, RFC 5280 section 4.1.2.7. */
  readonly publicKey: Uint8Array
}

/** Gives the service the keys that its issuers name. */
export interface SignerSource {
  /**
   * Opens a key without reading it where it is remote: who signs knows it from the certificate, and verifies.
   * @param keyReference what the generation stores.
   * @param algorithm that of the key.
   * @throws {Refusal} `signer-refused` or `key-file-refused`
   */
  open(keyReference: string, algorithm: AuthorityAlgorithm): Promise<SigningKey>
}

/** Makes authority keys for an administrator, and finds them again. */
export interface KeyProvider extends SignerSource {
  /**
   * Creates the key of this name unless it exists: a command that crashed finds the key it made.
   * @param name lower-case letters, digits and hyphens; one dot between the tenant and the rest.
   * @returns the key reference.
   * @throws {Refusal} `key-file-refused`, `signer-refused` or `signer-unavailable`
   */
  create(name: string, algorithm: AuthorityAlgorithm): Promise<string>
  /** Tells whether a key is in the place where this provider makes keys. */
  holds(keyReference: string): boolean
  /**
   * Opens a key that exists, and reads what it is.
   * @throws {Refusal} `key-file-refused`, `signer-refused` or `signer-unavailable`
   */
  open(keyReference: string): Promise<Signer>
}
