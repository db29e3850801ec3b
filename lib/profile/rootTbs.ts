import {
  anyPolicyOid,
  authorityKeyIdentifier,
  basicConstraintsCa,
  certificatePolicies,
  clientAuthOid,
  type Extension,
  extKeyUsage,
  keyUsage,
  subjectKeyIdentifier,
} from '../x509/extension.ts'
import { encodeName, type NameAttribute } from '../x509/encodeName.ts'
import { keyIdentifier, type PublicKey } from '../x509/publicKey.ts'
import type { SignatureAlgorithm } from '../x509/signatureAlgorithm.ts'
import type { TbsCertificate } from '../x509/tbsCertificate.ts'
import type { Validity } from './leafProfile.ts'

const hour = 3_600_000
const day = 24 * hour

/** The times of authority certificates. */
export const authorityLimits = {
  backdateMilliseconds: hour,
  rootLifetimeMilliseconds: 3 * 365 * day,
  issuerLifetimeMilliseconds: 90 * day,
} as const

/** All that determines a root, byte for byte. */
export interface RootRequest {
  readonly name: readonly NameAttribute[]
  readonly publicKey: PublicKey
  readonly algorithm: SignatureAlgorithm
  readonly serialNumber: Uint8Array
  readonly validity: Validity
}

/** All that determines an issuer, byte for byte. */
export interface IssuerRequest extends RootRequest {
  /** The root that signs: its certificate. */
  readonly root: TbsCertificate
  readonly rootKeyIdentifier: Uint8Array
  /** The tenant's key purpose: the only one beside clientAuth that leaves beneath may have. */
  readonly markerOid: string
}

/** The validity of an authority certificate that starts an hour ago and ends no later than `latest`. */
export const authorityValidity = (now: Date, lifetimeMilliseconds: number, latest?: Date): Validity => {
  const second = Math.floor(now.getTime() / 1000) * 1000
  const notAfter = second + lifetimeMilliseconds - 1000
  return {
    notBefore: new Date(second - authorityLimits.backdateMilliseconds),
    notAfter: new Date(Math.min(notAfter, latest?.getTime() ?? notAfter)),
  }
}

/**
 * Every CA carries anyPolicy from its first day, because a server that starts to require a policy requires it of
 * the whole path (RFC 5280 section 6.1.3 d).
 */
const policies = (): Extension => certificatePolicies([anyPolicyOid])

/** A trust anchor: self-signed, without a path length; it signs certificates, and the bundle (digitalSignature). */
export const rootTbs = ({
  name,
  publicKey,
  algorithm,
  serialNumber,
  validity,
}: RootRequest): TbsCertificate => ({
  serialNumber,
  signature: algorithm,
  issuer: encodeName(name),
  ...validity,
  subject: encodeName(name),
  subjectPublicKeyInfo: publicKey.spki,
  extensions: [
    subjectKeyIdentifier(keyIdentifier(publicKey.bits)),
    basicConstraintsCa(),
    keyUsage(['digitalSignature', 'keyCertSign']),
    policies(),
  ],
})

/** Writes what an issuer's certificate says of the issuer itself, as opposed to its root. */
export const issuerExtensions = (publicKey: PublicKey, markerOid: string): readonly Extension[] => [
  subjectKeyIdentifier(keyIdentifier(publicKey.bits)),
  basicConstraintsCa(0),
  keyUsage(['keyCertSign']),
  extKeyUsage([clientAuthOid, markerOid]),
  policies(),
]

/** A CA that signs leaves and nothing else: path length 0, constrained to the key purposes of leaves. */
export const issuerTbs = (request: IssuerRequest): TbsCertificate => ({
  serialNumber: request.serialNumber,
  signature: request.root.signature,
  issuer: request.root.subject,
  ...request.validity,
  subject: encodeName(request.name),
  subjectPublicKeyInfo: request.publicKey.spki,
  extensions: [
    authorityKeyIdentifier(request.rootKeyIdentifier),
    ...issuerExtensions(request.publicKey, request.markerOid),
  ],
})

/** All that determines a cross certificate, byte for byte. */
export interface CrossRequest {
  /** The root whose key is certified: its certificate. */
  readonly subject: TbsCertificate
  /** That of the subject's own certificate, by which what it issued names it. */
  readonly subjectKeyIdentifier: Uint8Array
  /** The root that signs: its certificate. */
  readonly root: TbsCertificate
  readonly rootKeyIdentifier: Uint8Array
  readonly algorithm: SignatureAlgorithm
  readonly serialNumber: Uint8Array
  readonly validity: Validity
}

/**
 * One root's key certified by another root, RFC 9810 section 4.4: name, key and key identifier of the subject, so that
 * what it issued chains to both; path length 1, for one issuer beneath.
 */
export const crossTbs = (request: CrossRequest): TbsCertificate => ({
  serialNumber: request.serialNumber,
  signature: request.algorithm,
  issuer: request.root.subject,
  ...request.validity,
  subject: request.subject.subject,
  subjectPublicKeyInfo: request.subject.subjectPublicKeyInfo,
  extensions: [
    authorityKeyIdentifier(request.rootKeyIdentifier),
    subjectKeyIdentifier(request.subjectKeyIdentifier),
    basicConstraintsCa(1),
    keyUsage(['keyCertSign']),
    policies(),
  ],
})
