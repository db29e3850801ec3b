import {
  authorityKeyIdentifier,
  certificatePolicies,
  clientAuthOid,
  type Extension,
  extKeyUsage,
  type GeneralName,
  keyUsage,
  noRevAvail,
  securityIdentifier,
  subjectAltName,
  subjectKeyIdentifier,
} from '../x509/extension.ts'
import { encodeName } from '../x509/encodeName.ts'
import { keyIdentifier, type PublicKey } from '../x509/publicKey.ts'
import type { SignatureAlgorithm } from '../x509/signatureAlgorithm.ts'
import type { TbsCertificate } from '../x509/tbsCertificate.ts'

/** Bounds every leaf, whatever its tenant chose. */
export const leafLimits = {
  maxLifetimeSeconds: 24 * 60 * 60,
  serialNumberOctets: 16,
  maxCommonNameCharacters: 64,
} as const

/** Holds what a tenant chose for its leaf certificates. */
export interface LeafProfile {
  /** From issuance to the end of validity; 300 to 86,400. */
  readonly lifetimeSeconds: number
  /** How far notBefore lies before issuance, for clocks that are behind. */
  readonly backdateSeconds: number
  /** The tenant's own key purpose, dotted: what VPN servers tell Mayfly's certificates from others by. */
  readonly markerOid: string
  /** The tenant's certificate policy, dotted. */
  readonly policyOid?: string | undefined
  /** RFC 9608 noRevAvail. */
  readonly noRevAvail: boolean
}

/** Names the user and device of a leaf. Every member comes from the verified token, none from the CSR. */
export interface LeafIdentity {
  readonly commonName: string
  readonly upn: string
  readonly rfc822Name?: string | undefined
  /** A UUID; becomes the URI `urn:uuid:<device id>`. */
  readonly deviceId?: string | undefined
  /** An Active Directory security identifier, `S-1-5-21-...`. */
  readonly sid?: string | undefined
}

/** Holds what a leaf takes over from its issuer. */
export interface LeafIssuer {
  /** DER Name, byte-equal to the issuer certificate's subject. */
  readonly subject: Uint8Array
  readonly subjectKeyIdentifier: Uint8Array
  /** DER SubjectPublicKeyInfo. */
  readonly publicKeyInfo: Uint8Array
  /** The algorithm of the issuer's key: the one that signs the leaf. */
  readonly algorithm: SignatureAlgorithm
  readonly notBefore: Date
  readonly notAfter: Date
  /** Dotted key purposes the issuer is constrained to. */
  readonly extKeyUsage: readonly string[]
}

/** All that determines a leaf, byte for byte. */
export interface LeafRequest {
  readonly profile: LeafProfile
  readonly identity: LeafIdentity
  readonly issuer: LeafIssuer
  readonly publicKey: PublicKey
  readonly serialNumber: Uint8Array
  readonly validity: Validity
}

/** Validity of a certificate, both ends inclusive and in whole seconds (RFC 5280 section 4.1.2.5). */
export interface Validity {
  readonly notBefore: Date
  readonly notAfter: Date
}

/** The validity of a leaf that is issued now and ends `lifetimeSeconds` later: its last second is the one before. */
export const leafValidity = (now: Date, lifetimeSeconds: number, backdateSeconds: number): Validity => {
  const nowSeconds = Math.floor(now.getTime() / 1000)
  return {
    notBefore: new Date((nowSeconds - backdateSeconds) * 1000),
    notAfter: new Date((nowSeconds + lifetimeSeconds - 1) * 1000),
  }
}

/** The names of a leaf's subjectAltName, in their order. */
const leafNames = ({ upn, rfc822Name, deviceId }: LeafIdentity): readonly GeneralName[] => [
  { kind: 'upn', value: upn },
  ...(rfc822Name === undefined ? [] : [{ kind: 'rfc822Name', value: rfc822Name } as const]),
  ...(deviceId === undefined
    ? []
    : [{ kind: 'uniformResourceIdentifier', value: `urn:uuid:${deviceId}` } as const]),
]

const leafExtensions = ({ profile, identity, issuer, publicKey }: LeafRequest): readonly Extension[] => [
  authorityKeyIdentifier(issuer.subjectKeyIdentifier),
  subjectKeyIdentifier(keyIdentifier(publicKey.bits)),
  keyUsage(['digitalSignature']),
  extKeyUsage([clientAuthOid, profile.markerOid]),
  subjectAltName(leafNames(identity)),
  ...(profile.policyOid === undefined ? [] : [certificatePolicies([profile.policyOid])]),
  ...(identity.sid === undefined ? [] : [securityIdentifier(identity.sid)]),
  ...(profile.noRevAvail ? [noRevAvail()] : []),
]

/** The leaf certificate of the profile: what `encodeTbsCertificate` writes and `lintLeaf` expects. */
export const leafTbs = (request: LeafRequest): TbsCertificate => ({
  serialNumber: request.serialNumber,
  signature: request.issuer.algorithm,
  issuer: request.issuer.subject,
  notBefore: request.validity.notBefore,
  notAfter: request.validity.notAfter,
  subject: encodeName([['CN', request.identity.commonName]]),
  subjectPublicKeyInfo: request.publicKey.spki,
  extensions: leafExtensions(request),
})
