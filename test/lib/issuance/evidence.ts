import type { Issuer } from '../../../lib/authority/authority.ts'
import { type Evidence, issuersFor } from '../../../lib/issuance/prepare.ts'
import { decideToken, type Permit } from '../../../lib/policy/decideToken.ts'
import { policiesOf } from '../../../lib/policy/openPolicies.ts'
import type { Tenant } from '../../../lib/tenant/tenants.ts'
import { type VerifiedToken, verifyToken } from '../../../lib/token/verifyToken.ts'
import { verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import type { TokenChanges } from '../../tokens.ts'
import { makeDeviceKey, type World } from '../../world.ts'

/** The permit of a token that has one. */
export const permitOf = (token: VerifiedToken, tenant: Tenant, now: Date): Permit => {
  const at = Math.floor(now.getTime() / 1000)
  const decision = decideToken(token, policiesOf(tenant), {
    at,
    clientIp: undefined,
    countryOf: undefined,
    evidence: undefined,
  })
  if (decision.kind === 'deny') throw new Error('The token was denied.')
  return decision
}

/** All the evidence of a leaf, gathered as enroll() gathers it. */
export const evidenceOf = async (world: World, changes: TokenChanges = {}): Promise<Evidence> => {
  const { tenants, authorities, keys } = world.services
  const tenant = await tenants.resolve(world.tenant)
  const token = await verifyToken(await world.issuer.token(changes), tenant, { keys, now: world.now })
  const authority = await authorities.resolve(tenant.tenant)
  return {
    tenant,
    authority,
    csr: verifyCsr(makeDeviceKey().csr()),
    permit: permitOf(token, tenant, world.now),
  }
}

/** The first issuer that may sign the leaf of this evidence. */
export const issuerOf = (evidence: Evidence, now: Date): Issuer => {
  const [issuer] = issuersFor(evidence, now)
  if (!issuer) throw new Error('issuersFor() returned none.')
  return issuer
}
