import type { TokenFacts } from '../../../lib/policy/signalsOf.ts'
import { at } from './policySet.ts'
import { entraTrust, genericTrust, type Members, tenantDocument, tenantOf } from '../../tenants.ts'

const factsOf = (issuer: Members, claims: Members): TokenFacts => {
  const [tokenIssuer] = tenantOf(tenantDocument('contoso', [issuer])).configuration.tokenIssuers
  if (!tokenIssuer) throw new Error('The tenant has no token issuer.')
  return { tokenIssuer, claims, subject: 'ada', deviceId: undefined, issuedAt: at }
}

/** What a token of a generic issuer says, under what the tenant says of the issuer beside the usual. */
export const genericFacts = (trust: Members, claims: Members): TokenFacts =>
  factsOf(genericTrust({ url: 'https://issuer.example', audience: 'api://mayfly' }, trust), claims)

/** The same of an Entra directory. */
export const entraFacts = (trust: Members, claims: Members): TokenFacts =>
  factsOf(
    entraTrust(
      'c2a1b0d9-0000-4000-8000-00000000aa01',
      { audience: '5a0c7a5e-9a4d-4d0e-8a55-1f6f0f0e2d33' },
      trust,
    ),
    claims,
  )
