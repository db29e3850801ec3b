import { chooseIssuer, type Authority, type Issuer } from '../authority/authority.ts'
import type { Permit } from '../policy/decide.ts'
import { leafLimits, leafTbs, leafValidity, type Validity } from '../profile/leafProfile.ts'
import { lintLeaf } from '../profile/leafRules.ts'
import type { Tenant } from '../tenant/tenants.ts'
import type { VerifiedCsr } from '../x509/csr.ts'
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

/** What is signed, by whom, and for how long. */
export interface Preparation {
  readonly issuer: Issuer
  /** DER TBSCertificate that passed every lint rule. */
  readonly tbs: Uint8Array
  /** Contents of the serialNumber INTEGER. */
  readonly serialNumber: Uint8Array
  readonly validity: Validity
}

/** Evidence: one linted TBSCertificate for one issuer, good for one signature. Only prepare() makes one. */
class Prepared {
  #preparation: Preparation | undefined

  constructor(preparation: Preparation) {
    this.#preparation = preparation
  }

  /** Gives out what is to be signed; the second time it throws. */
  spend(): Preparation {
    const preparation = this.#preparation
    if (!preparation) throw new Error('A prepared certificate can be signed only once.')
    this.#preparation = undefined
    return preparation
  }
}
export type { Prepared }

/** Evidence of two tenants never meets: the story resolves all of it for one. */
const checkSameTenant = ({ tenant, authority, permit }: Evidence): void => {
  if (permit.token.facts.tenant === tenant.tenant && authority.tenant === tenant.tenant) return
  throw new Error('Token, configuration and authority belong to different tenants.')
}

/**
 * Prepares the leaf that token, key and decision amount to: chooses an issuer that outlives it, writes its
 * TBSCertificate and lints it. The CSR contributes its public key and nothing else.
 * @throws {Refusal} `upn-refused`, `sid-refused`, `issuer-unavailable` or `lint-failed`
 */
export const prepare = (evidence: Evidence, { now, random }: Circumstances): Prepared => {
  checkSameTenant(evidence)
  const { tenant, authority, csr, permit } = evidence
  const profile = tenant.configuration.certificate
  const identity = leafIdentity(permit.token, profile)
  const { lifetimeSeconds, backdateSeconds, markerOid } = profile
  const validity = leafValidity(now, lifetimeSeconds, backdateSeconds)
  const issuer = chooseIssuer(authority, { validity, markerOid })
  const serialNumber = serialNumberFrom(random(leafLimits.serialNumberOctets))
  const { publicKey } = csr
  const tbs = encodeTbsCertificate(leafTbs({ profile, identity, issuer, publicKey, serialNumber, validity }))
  lintLeaf(tbs, { profile, identity, issuer, publicKey, lifetimeSeconds, now })
  return new Prepared({ issuer, tbs, serialNumber, validity })
}
