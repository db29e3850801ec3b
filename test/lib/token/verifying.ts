import { entraTrust, genericTrust, type Members, tenantDocument, tenantOf } from '../../tenants.ts'
import {
  entraTestIssuer,
  genericTestIssuer,
  makeTokenKey,
  testNetwork,
  testUser,
  type TokenChanges,
} from '../../tokens.ts'
import type { Tenant } from '../../../lib/tenant/tenants.ts'
import { keySets } from '../../../lib/token/keySets.ts'
import { authenticateToken } from '../../../lib/token/authenticateToken.ts'
import { verifyToken } from '../../../lib/token/verifyToken.ts'

/** When the tokens of these tests are verified. */
export const now = new Date('2026-03-02T10:00:00Z')

/** The directory of the Entra issuer. */
export const directoryId = 'c2a1b0d9-0000-4000-8000-00000000aa01'

/** An issuer of each kind, and a key that neither publishes. */
export const generic = await genericTestIssuer('https://issuer.example', { now: () => now })
export const entra = await entraTestIssuer(directoryId, { now: () => now })
export const otherKey = await makeTokenKey('ES256')

/** What the issuers serve. */
export const network = testNetwork([generic, entra])

/** Keys that nobody asked for before: a key that is unknown then is so for good. */
const newKeys = () => keySets({ fetchJson: network.fetchJson, now: () => now })

/** What a tenant says that has a use for security identifiers. */
export const usesSid: Members = {
  certificate: { sid: { mode: 'whenPresent', domains: [testUser.sid.replace(/-\d+$/, '')] } },
}

/** A tenant that trusts the generic issuer. */
export const genericTenant = (trust: Members = {}, changes: Members = {}): Tenant =>
  tenantOf(tenantDocument('contoso', [genericTrust(generic, trust)], changes))

/** A tenant that trusts the Entra directory. */
export const entraTenant = (trust: Members = {}): Tenant =>
  tenantOf(tenantDocument('contoso', [entraTrust(directoryId, entra, trust)]))

/** Verifies a token at `now` with the keys that the two issuers publish. */
export const verify = (token: string, tenant: Tenant, at = now) =>
  verifyToken(token, tenant, { keys: newKeys(), now: at })

/** Authenticates a token with the keys that the two issuers publish. */
export const authenticate = (token: string, tenant: Tenant) =>
  authenticateToken(token, tenant, { keys: newKeys() })

/** Verifies a token of the generic issuer. */
export const verifyGeneric = async (changes: TokenChanges = {}, tenant = genericTenant()) =>
  verify(await generic.token(changes), tenant)

/** Verifies a token of the Entra directory. */
export const verifyEntra = async (changes: TokenChanges = {}, tenant = entraTenant()) =>
  verify(await entra.token(changes), tenant)
