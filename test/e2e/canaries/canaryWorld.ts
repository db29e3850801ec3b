import { randomUUID } from 'node:crypto'
import { addRelyingParty } from '../../../lib/authority/adopt/relyingParty.ts'
import { changeDenyList } from '../../../lib/tenant/changeDenyList.ts'
import { parseTenantId } from '../../../lib/tenant/tenantId.ts'
import type { Fault } from '../../faultyVault.ts'
import { policyDocument } from '../../policies.ts'
import { entraTrust, genericTrust, type Members, tenantDocument } from '../../tenants.ts'
import { entraTestIssuer, genericTestIssuer, type TestIssuer } from '../../tokens.ts'
import { canaryText } from './canarySearch.ts'
import { examinedEvidence, examinedPolicies, type Examiners, openExaminers } from './examiners.ts'
import { type ServedTenant, serveTenant } from '../servedTenant.ts'
import { tester, partyTester } from '../../world.ts'

/** The tenant that most requests are for. */
export const canaryTenant = 'canaries'

/** Tenants beside it, each with an issuer of its own, by what is wrong with them; two have policies. */
const others = [
  'unborn',
  'slow',
  'governed',
  'examined',
  'vault-down',
  'vault-refuses',
  'vault-lies',
] as const

/** One of those tenants. */
export type OtherTenant = (typeof others)[number]

/** Tenants of every kind, for one functions host. */
export interface CanaryWorld extends ServedTenant {
  /** A directory of Entra's that the tenant trusts too. */
  readonly directory: TestIssuer
  /** Who tells the tenant `examined` of devices. */
  readonly examiners: Examiners
  /** The issuer of each of the other tenants. */
  readonly issuers: Readonly<Record<OtherTenant, TestIssuer>>
}

/** A secret that administrators know: the UPN of a user who is stopped, or what a relying party proves itself by. */
export const knownCanary = (run: string, what: 'stopped user' | 'party secret'): string =>
  canaryText(`${run} ${what}`)

/** What the vault does, by the tenant whose key it is asked for. */
const fault: Fault = async ({ url: { pathname } }, answer) => {
  if (pathname.includes('/vault-down-'))
    return { status: 503, body: { error: { code: 'Down', message: 'down' } } }
  if (pathname.includes('/vault-refuses-'))
    return { status: 403, body: { error: { code: 'Forbidden', message: 'no' } } }
  if (pathname.includes('/slow-')) await new Promise((resolve) => setTimeout(resolve, 300))
  const answered = await answer()
  const isLie = pathname.includes('/vault-lies-') && pathname.endsWith('/sign')
  const body = answered.body as Members
  return isLie
    ? { ...answered, body: { ...body, value: Buffer.alloc(64, 1).toString('base64url') } }
    : answered
}

const now = () => new Date()

/** A directory whose keys are on loopback. */
const localDirectory = async (origin: string): Promise<{ issuer: TestIssuer; trust: Members }> => {
  const id = randomUUID()
  const entra = await entraTestIssuer(id, { now })
  const issuer: TestIssuer = {
    ...entra,
    url: `${origin}/${id}/v2.0`,
    documents: () => ({ [`${origin}/${id}/discovery/v2.0/keys`]: { keys: entra.published } }),
    token: (changes = {}) =>
      entra.token({ ...changes, claims: { iss: `${origin}/${id}/v2.0`, ...changes.claims } }),
  }
  return { issuer, trust: entraTrust(id, entra, { signInOrigin: origin }) }
}

const sid = { mode: 'whenPresent', domains: ['S-1-5-21-1111111111-2222222222-3333333333'] }

const applyMain = async (world: ServedTenant): Promise<TestIssuer> => {
  const { site, issuer } = world
  const directory = await localDirectory(site.url)
  site.issuers.push(directory.issuer)
  const dead = genericTrust({ url: 'http://127.0.0.1:9/dead', audience: issuer.audience })
  const trust = genericTrust(issuer, { tenantClaim: { claim: 'org', value: 'red' } })
  const changes = { certificate: { sid } }
  await world.apply(tenantDocument(canaryTenant, [trust, directory.trust, dead], changes))
  return directory.issuer
}

const proofs = [{ control: 'mfa', by: 'acr', values: ['urn:strong'] }]

/** Asks everybody for several factors, and lets nobody in who is in a group that is blocked. */
const policies = [
  policyDocument('devices'),
  policyDocument('factors', { grantControls: { operator: 'OR', builtInControls: ['mfa'] } }),
  policyDocument('blocked', {
    grantControls: { operator: 'OR', builtInControls: ['block'] },
    conditions: { users: { includeGroups: ['blocked'] } },
  }),
]

/** What is different about a tenant: changes of its trust, of its document, and its policies. */
const traitsOf = (tenant: OtherTenant, examiners: Examiners) => {
  if (tenant === 'governed')
    return { trust: { signals: { groups: 'groups' }, proofs }, document: {}, policySet: { policies } }
  if (tenant === 'examined')
    return { trust: {}, document: { evidence: examinedEvidence(examiners) }, policySet: examinedPolicies }
  return { trust: {}, document: {}, policySet: {} }
}

const addTenant = async (
  world: ServedTenant,
  tenant: OtherTenant,
  examiners: Examiners,
): Promise<TestIssuer> => {
  const issuer = await genericTestIssuer(`${world.site.url}/${tenant}`, { now })
  world.site.issuers.push(issuer)
  const { trust, document, policySet } = traitsOf(tenant, examiners)
  const applied = await world.apply(
    tenantDocument(tenant, [genericTrust(issuer, trust)], document),
    policySet,
  )
  if (tenant !== 'unborn') await world.makeAuthority(applied)
  return issuer
}

const addKnown = async ({ tables }: ServedTenant, runs: readonly string[]): Promise<void> => {
  const tenant = parseTenantId(canaryTenant)
  for (const run of runs) {
    const value = `${knownCanary(run, 'stopped user')}@contoso.example`
    const wish = {
      action: 'deny',
      subject: { kind: 'user', value },
      reason: 'lost',
      until: undefined,
    } as const
    await changeDenyList(tables, { tenant, wish }, { ...tester(now()), changeId: randomUUID() })
    const secret = knownCanary(run, 'party secret')
    await addRelyingParty(tables, { tenant, name: `vpn-${run}`, secret }, partyTester(now()))
  }
}

/** Makes tenants, a stopped user and a relying party for each run, and a vault that fails for some of them. */
export const createCanaryWorld = async (
  connectionString: string,
  runs: readonly string[],
): Promise<CanaryWorld> => {
  const world = await serveTenant({ tenant: canaryTenant, connectionString })
  const directory = await applyMain(world)
  const examiners = await openExaminers(world.site.url, now)
  world.site.issuers.push(examiners.posture, examiners.attestation)
  const issuers = {} as Record<OtherTenant, TestIssuer>
  for (const tenant of others) issuers[tenant] = await addTenant(world, tenant, examiners)
  await addKnown(world, runs)
  world.vault.fault = fault
  return { ...world, directory, examiners, issuers }
}
