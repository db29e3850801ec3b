import { eligibleIssuers, type Authority, type Issuer } from '../authority/authority.ts'
import type { Permit } from '../policy/decideToken.ts'
import { leafLimits, leafTbs, leafValidity, type Validity } from '../profile/leafProfile.ts'
import { type Prepared, prepareLeaf } from '../prepared/prepared.ts'
import type { Tenant } from '../tenant/tenants.ts'
import type { VerifiedCsr } from '../x509/verifyCsr.ts'
import { encodeTbsCertificate, serialNumberFrom } from '../x509/tbsCertificate.ts'
import { leafIdentity } from './leafIdentity.ts'

/** All the evidence a leaf rests on. */
export interface Evidence {
  readonly tenant: Tenant
  readonly authority: Authority
  readonly csr: VerifiedCsr
  /** The decision, with the token it was made for. */
  readonly permit: Permit
}

/** Time and chance, given from outside. */
export interface Circumstances {
  readonly now: Date
  /** Cryptographically random octets. */
  readonly random: (octets: number) => Uint8Array
}

/** Goes with what is signed: by whom, and for how long. */
export interface PreparedLeaf {
  readonly issuer: Issuer
  readonly prepared: Prepared
  /** Contents of the serialNumber INTEGER. */
  readonly serialNumber: Uint8Array
  readonly validity: Validity
}

/** Evidence of two tenants never meets: the story resolves all of it for one. */
const checkSameTenant = ({ tenant, authority, permit }: Evidence): void => {
  if (permit.token.facts.tenant === tenant.tenant && authority.tenant === tenant.tenant) return
  throw new Error('Token, configuration and authority belong to different tenants.')
}

/** The life that the tenant gives, or less where a policy that applied wants it to end before. */
const lifetimeOf = ({ tenant, permit }: Evidence, now: Date): number => {
  const { lifetimeSeconds } = tenant.configuration.certificate
  const { endsAt = Infinity } = permit.decision.cap ?? {}
  return Math.min(lifetimeSeconds, endsAt - Math.floor(now.getTime() / 1000))
}

const validityOf = (evidence: Evidence, now: Date): Validity =>
  leafValidity(now, lifetimeOf(evidence, now), evidence.tenant.configuration.certificate.backdateSeconds)

/** The issuers that the leaf of this evidence may be prepared for. @throws {Refusal} `issuer-unavailable` */
export const issuersFor = (evidence: Evidence, now: Date): readonly Issuer[] => {
  const { markerOid } = evidence.tenant.configuration.certificate
  return eligibleIssuers(evidence.authority, { validity: validityOf(evidence, now), markerOid })
}

/**
 * Prepares the leaf that token, key and decision amount to, for one issuer: writes its TBSCertificate and lints it. The
 * CSR contributes its public key and nothing else.
 * @param issuer one of issuersFor() the same evidence at the same time.
 * @throws {Refusal} `upn-refused`, `sid-refused` or `lint-failed`
 */
export const prepare = (evidence: Evidence, issuer: Issuer, { now, random }: Circumstances): PreparedLeaf => {
  checkSameTenant(evidence)
  const { tenant, csr, permit } = evidence
  const profile = tenant.configuration.certificate
  const identity = leafIdentity(permit.token, profile)
  const validity = validityOf(evidence, now)
  const serialNumber = serialNumberFrom(random(leafLimits.serialNumberOctets))
  const { publicKey } = csr
  const tbs = encodeTbsCertificate(leafTbs({ profile, identity, issuer, publicKey, serialNumber, validity }))
  const lifetimeSeconds = lifetimeOf(evidence, now)
  const expected = { profile, identity, issuer, publicKey, lifetimeSeconds, now }
  return { issuer, prepared: prepareLeaf(tbs, expected), serialNumber, validity }
}
