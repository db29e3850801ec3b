import { type Authority, readAuthority } from '../../../lib/authority/authority.ts'
import { type CrossCertificate, crossId } from '../../../lib/authority/crossCertificate.ts'
import { type Generation, type GenerationState, newGeneration } from '../../../lib/authority/generation.ts'
import { newBundle } from '../../../lib/authority/storedBundle.ts'
import type { Circumstances, Plan } from '../../../lib/authority/change/plan.ts'
import type { Tables } from '../../../lib/store/tables.ts'
import { parseTenantId, type TenantId } from '../../../lib/tenant/tenantId.ts'
import type { Tenant } from '../../../lib/tenant/tenants.ts'
import { genericTrust, type Members, tenantDocument, tenantOf } from '../../tenants.ts'
import { testTime, uniqueTenantId } from '../../world.ts'
import { leafIssuerOf, makeHierarchy } from '../profile/fixtures/hierarchy.ts'
import { defaultMarkerOid } from '../profile/fixtures/markerOid.ts'

/** The root and the issuer whose certificates all generations of tests without tables share. */
export const hierarchy = makeHierarchy('ES256')

const contoso = parseTenantId('contoso')
const day = 86_400_000

/** How many days before `testTime`, or after it. */
export const daysAway = (days: number): Date => new Date(testTime.getTime() + days * day)

/** A generation in this state, published and changed 30 days ago unless a test says otherwise. */
export const generationOf = (
  id: string,
  state: GenerationState,
  changes: Partial<Generation> = {},
): Generation => {
  const kind = id.startsWith('root') ? 'root' : 'issuer'
  const made = newGeneration({
    tenant: contoso,
    kind,
    id,
    state,
    certificate: kind === 'root' ? hierarchy.rootDer : hierarchy.issuerDer,
    algorithm: 'ES256',
    keyReference: `local:contoso.${id.replace('~', '-')}`,
    signedBy: kind === 'root' ? id : 'root~0001',
    publishedSequence: 1,
    publishedAt: daysAway(-30),
    changedAt: daysAway(-30),
  })
  return { ...made, etag: 'W/"1"', ...changes }
}

/** A generation whose certificate ends then. */
export const endingAt = (generation: Generation, notAfter: Date): Generation => ({
  ...generation,
  tbs: { ...generation.tbs, notAfter },
})

/** The cross certificate of one root by another; its octets are those of a root. */
export const crossOf = (subject: string, signedBy: string): CrossCertificate => {
  const { tenant, certificate, tbs, digest } = generationOf(subject, 'staged')
  return { tenant, id: crossId(subject, signedBy), subject, signedBy, certificate, tbs, digest }
}

/** An authority of these generations, without any table. */
export const authorityOf = (
  generations: readonly Generation[],
  crossCertificates: readonly CrossCertificate[] = [],
): Authority => {
  const none = Buffer.from('none')
  const encodings = { 'trust.json': none, 'trust.jws': none, 'trust.pem': none, 'trust.p7b': none }
  const signing = generations.filter(({ kind, state }) => kind === 'issuer' && state === 'active')
  const { keyObject: publicKey } = hierarchy.issuerKey.publicKey
  return {
    tenant: contoso,
    generations,
    crossCertificates,
    bundle: newBundle(7, daysAway(-1), { encodings, cosigned: [] }),
    issuers: signing.map((generation) => ({ ...leafIssuerOf(hierarchy), generation, publicKey })),
  }
}

/** The authority after a plan, as its rows will say it. */
export const applyPlan = (authority: Authority, { changes }: Plan, now = testTime): Authority => {
  const generations = authority.generations.map((one) => {
    const to = changes.find(({ id }) => id === one.id)?.to
    return to ? { ...one, state: to, changedAt: now } : one
  })
  return authorityOf(generations, authority.crossCertificates)
}

/** The generation of this id. */
export const generationIn = ({ generations }: Pick<Authority, 'generations'>, id: string): Generation => {
  const found = generations.find((one) => one.id === id)
  if (!found) throw new Error(`There is no ${id}.`)
  return found
}

/** A week's window, leaves of an hour, and no relying parties unless a test lists some. */
export const circumstancesOf = (
  now = testTime,
  parties: Readonly<Record<string, number>> = {},
): Circumstances => ({
  now,
  publicationWindowSeconds: 7 * 86_400,
  leafLifetimeSeconds: 3600,
  backdateSeconds: 300,
  markerOid: defaultMarkerOid,
  relyingParties: Object.entries(parties).map(([name, installedSequence]) => ({
    name,
    installedSequence,
    doubt: '',
  })),
})

/** A tenant of its own, without a row of its configuration. */
export const newTenant = (changes: Members = {}): Tenant => {
  const id = uniqueTenantId()
  const trust = genericTrust({ url: 'https://issuer.example', audience: id })
  return tenantOf(tenantDocument(id, [trust], changes))
}

/** The authority that the tables hold. */
export const authorityIn = async (tables: Tables, tenant: TenantId): Promise<Authority> => {
  const authority = await readAuthority(tables, tenant)
  if (authority) return authority
  throw new Error(`There is no authority of ${tenant}.`)
}
