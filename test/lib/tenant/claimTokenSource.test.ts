import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Tables } from '../../../lib/store/tables.ts'
import { parseTenantId } from '../../../lib/tenant/tenantId.ts'
import { releasedHoldMilliseconds } from '../../../lib/tenant/claimTokenSource.ts'
import { currentRevision } from '../../../lib/tenant/revision.ts'
import { genericTrust, type Members, tenantDocument } from '../../tenants.ts'
import { applyDocument, testTime, uniqueTenantId, watchedTestTables } from '../../world.ts'
import type { WatchedTables } from '../store/watchTables.ts'

let tables: WatchedTables

beforeAll(async () => {
  tables = await watchedTestTables()
})

const audience = 'api://mayfly'
/** An issuer that no other test has. */
const uniqueIssuer = () => ({ url: `https://issuer.example/${randomUUID()}`, audience })

/** When what was given up at the time of the tests may be claimed by others. */
const afterHold = new Date(testTime.getTime() + releasedHoldMilliseconds)

interface Circumstances {
  readonly on?: Tables
  readonly now?: Date
}

/** Applies, for a tenant, the trust in an issuer, told apart by a claim. */
const apply = (
  tenant: string,
  issuer: { url: string; audience: string },
  claim?: string,
  { on = tables, now = testTime }: Circumstances = {},
) => {
  const [name = '', value = ''] = claim?.split('=') ?? []
  const changes: Members = claim === undefined ? {} : { tenantClaim: { claim: name, value } }
  return applyDocument(on, tenantDocument(tenant, [genericTrust(issuer, changes)]), now)
}

const [code] = ['token-source-claimed'] as const

describe('a token source belongs to one tenant:', () => {
  it('another tenant is refused the same issuer and audience', async () => {
    const issuer = uniqueIssuer()
    await apply(uniqueTenantId(), issuer)
    const second = uniqueTenantId()
    await expect(apply(second, issuer)).toRefuse(code, /no claim tells the two apart/)
    expect(await currentRevision(tables, parseTenantId(second))).toBeUndefined()
  })

  it('another tenant is refused a share of what one tenant owns whole, and the whole of what one shares', async () => {
    const whole = uniqueIssuer()
    await apply(uniqueTenantId(), whole)
    await expect(apply(uniqueTenantId(), whole, 'org=red')).toRefuse(code)
    const shared = uniqueIssuer()
    await apply(uniqueTenantId(), shared, 'org=red')
    await expect(apply(uniqueTenantId(), shared)).toRefuse(code)
  })

  it('another tenant gets another value of the same claim, and not the same value', async () => {
    const issuer = uniqueIssuer()
    await apply(uniqueTenantId(), issuer, 'org=red')
    await expect(apply(uniqueTenantId(), issuer, 'org=blue')).resolves.toMatchObject({ number: 1 })
    await expect(apply(uniqueTenantId(), issuer, 'org=red')).toRefuse(code, /belong to another tenant/)
  })

  it('another tenant is refused another claim, since one token can carry both', async () => {
    const issuer = uniqueIssuer()
    await apply(uniqueTenantId(), issuer, 'org=red')
    await expect(apply(uniqueTenantId(), issuer, 'group=blue')).toRefuse(code, /by the claim "org"/)
  })

  it('another audience is another source', async () => {
    const issuer = uniqueIssuer()
    await apply(uniqueTenantId(), issuer)
    await expect(apply(uniqueTenantId(), { ...issuer, audience: 'api://other' })).resolves.toMatchObject({
      number: 1,
    })
  })

  it('the tenant itself may apply again and change everything else', async () => {
    const tenant = uniqueTenantId()
    const issuer = uniqueIssuer()
    await apply(tenant, issuer)
    const renamed = tenantDocument(tenant, [genericTrust(issuer)], { displayName: 'Contoso AG' })
    await expect(applyDocument(tables, renamed)).resolves.toMatchObject({ number: 2 })
  })

  it('one of two racing tenants gets it', async () => {
    const issuer = uniqueIssuer()
    const ids = [uniqueTenantId(), uniqueTenantId()]
    const results = await Promise.allSettled(ids.map((tenant) => apply(tenant, issuer)))
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const revisions = await Promise.all(ids.map((tenant) => currentRevision(tables, parseTenantId(tenant))))
    expect(revisions.filter((revision) => revision !== undefined)).toHaveLength(1)
  })

  it('a configuration that is refused for one source claims none of the others', async () => {
    const [taken, free] = [uniqueIssuer(), uniqueIssuer()]
    await apply(uniqueTenantId(), taken)
    const greedy = tenantDocument(uniqueTenantId(), [genericTrust(free), genericTrust(taken)])
    await expect(applyDocument(tables, greedy)).toRefuse(code)
    await expect(apply(uniqueTenantId(), free)).resolves.toMatchObject({ number: 1 })
  })

  it('several sources of one issuer and audience are claimed together', async () => {
    const issuer = uniqueIssuer()
    const trusts = ['red', 'blue'].map((value) =>
      genericTrust(issuer, { tenantClaim: { claim: 'org', value } }),
    )
    await applyDocument(tables, tenantDocument(uniqueTenantId(), trusts))
    for (const claim of ['org=red', 'org=blue'])
      await expect(apply(uniqueTenantId(), issuer, claim)).toRefuse(code)
    await expect(apply(uniqueTenantId(), issuer, 'org=green')).resolves.toBeDefined()
  })
})

describe('a token source that a tenant gave up', () => {
  it('is free for another tenant once no instance can go on with the configuration that named it', async () => {
    const [first, second] = [uniqueTenantId(), uniqueTenantId()]
    const issuer = uniqueIssuer()
    await apply(first, issuer)
    await apply(first, uniqueIssuer())
    const justBefore = new Date(afterHold.getTime() - 1)
    await expect(apply(second, issuer, undefined, { now: justBefore })).toRefuse(code)
    await expect(apply(second, issuer, undefined, { now: afterHold })).resolves.toMatchObject({ number: 1 })
    await expect(apply(first, issuer, undefined, { now: afterHold })).toRefuse(code)
  })

  it('stays closed for as long as an instance may serve what it read just before: 10 minutes and 30 seconds', () => {
    expect(releasedHoldMilliseconds).toBe(630_000)
  })

  it('is free under any claim once nobody uses the issuer and audience', async () => {
    const first = uniqueTenantId()
    const issuer = uniqueIssuer()
    await apply(first, issuer, 'org=red')
    await apply(first, uniqueIssuer())
    await expect(apply(uniqueTenantId(), issuer, 'group=blue', { now: afterHold })).resolves.toBeDefined()
  })

  it('can be claimed by the same tenant again', async () => {
    const tenant = uniqueTenantId()
    const issuer = uniqueIssuer()
    for (const trusted of [issuer, uniqueIssuer(), issuer]) await apply(tenant, trusted)
    await expect(apply(uniqueTenantId(), issuer)).toRefuse(code)
  })

  it('is not free before the configuration without it is in force', async () => {
    const [first, second] = [uniqueTenantId(), uniqueTenantId()]
    const issuer = uniqueIssuer()
    await apply(first, issuer)
    const watched = await watchedTestTables()
    let transactions = 0
    watched.fault = ({ method }) => (method === 'transact' && ++transactions === 2 ? 'failed' : undefined)
    await expect(apply(first, uniqueIssuer(), undefined, { on: watched })).toRefuse('tables-unavailable')
    await expect(apply(second, issuer)).toRefuse(code)
  })

  it('is not given up by applying anew what was in force until a moment ago', async () => {
    const [tenant, other] = [uniqueTenantId(), uniqueTenantId()]
    const [kept, added] = [uniqueIssuer(), uniqueIssuer()]
    const documentOf = (...issuers: { url: string; audience: string }[]) =>
      tenantDocument(
        tenant,
        issuers.map((issuer) => genericTrust(issuer)),
      )
    await applyDocument(tables, documentOf(kept))
    // Between the pointer that this command reads and the revisions it lists, another administrator adds a source.
    let isFirst = true
    const overtaken: Tables = {
      ...tables,
      list: async (table, partition, part) => {
        if (isFirst && partition === tenant) {
          isFirst = false
          await applyDocument(tables, documentOf(kept, added))
        }
        return tables.list(table, partition, part)
      },
    }
    await expect(applyDocument(overtaken, documentOf(kept))).toRefuse('configuration-conflict')
    await expect(apply(other, added, undefined, { now: afterHold })).toRefuse(code)
  })

  it('is freed by applying again after a crash between the flip and the release', async () => {
    const [first, second] = [uniqueTenantId(), uniqueTenantId()]
    const [issuer, next] = [uniqueIssuer(), uniqueIssuer()]
    await apply(first, issuer)
    const watched = await watchedTestTables()
    let transactions = 0
    watched.fault = ({ method }) => (method === 'transact' && ++transactions === 3 ? 'failed' : undefined)
    await expect(apply(first, next, undefined, { on: watched })).toRefuse('tables-unavailable')
    expect((await currentRevision(tables, parseTenantId(first)))?.number).toBe(2)
    await expect(apply(second, issuer)).toRefuse(code)
    await expect(apply(second, issuer, undefined, { now: afterHold })).toRefuse(code)
    await expect(apply(first, next)).resolves.toMatchObject({ number: 2, changed: false })
    await expect(apply(second, issuer, undefined, { now: afterHold })).resolves.toMatchObject({ number: 1 })
  })

  it('is not taken from the tenant that claimed it since, by applying again later', async () => {
    const [first, second, third] = [uniqueTenantId(), uniqueTenantId(), uniqueTenantId()]
    const [issuer, next] = [uniqueIssuer(), uniqueIssuer()]
    await apply(first, issuer)
    await apply(first, next)
    await apply(second, issuer, undefined, { now: afterHold })
    await apply(first, next, undefined, { now: afterHold })
    const later = new Date(afterHold.getTime() + releasedHoldMilliseconds)
    await expect(apply(third, issuer, undefined, { now: later })).toRefuse(code)
  })
})

describe('a tenant that changes the claim by which its tokens are told', () => {
  it('keeps its source', async () => {
    const tenant = uniqueTenantId()
    const issuer = uniqueIssuer()
    await apply(tenant, issuer, 'org=red')
    await apply(tenant, issuer, 'group=red')
    await expect(apply(uniqueTenantId(), issuer, 'group=red', { now: afterHold })).toRefuse(code)
    await expect(apply(uniqueTenantId(), issuer, 'group=blue')).toRefuse(code)
    await expect(apply(uniqueTenantId(), issuer, 'group=blue', { now: afterHold })).resolves.toBeDefined()
  })

  it('keeps others out that would share a token with what is still in force, when it crashed in between', async () => {
    const tenant = uniqueTenantId()
    const issuer = uniqueIssuer()
    await apply(tenant, issuer, 'org=red')
    const watched = await watchedTestTables()
    let transactions = 0
    watched.fault = ({ method }) => (method === 'transact' && ++transactions === 2 ? 'failed' : undefined)
    await expect(apply(tenant, issuer, 'group=red', { on: watched })).toRefuse('tables-unavailable')
    for (const claim of ['group=blue', 'org=blue'])
      await expect(apply(uniqueTenantId(), issuer, claim, { now: afterHold })).toRefuse(code)
    await apply(tenant, issuer, 'group=red')
    await expect(apply(uniqueTenantId(), issuer, 'group=blue', { now: afterHold })).resolves.toBeDefined()
  })
})
