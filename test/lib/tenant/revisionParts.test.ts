import { beforeAll, describe, expect, it } from 'vitest'
import type { StoredRow, Tables } from '../../../lib/store/tables.ts'
import { applyRevision } from '../../../lib/tenant/applyRevision.ts'
import { noPolicies, parsePolicySet } from '../../../lib/tenant/policySet.ts'
import { revisionParts } from '../../../lib/tenant/revisionParts.ts'
import { currentRevision } from '../../../lib/tenant/revision.ts'
import { parseTenantId } from '../../../lib/tenant/tenantId.ts'
import { testDocument } from '../../cli/testDocument.ts'
import { complianceDocument, networks, policyDocument } from '../../policies.ts'
import type { Members } from '../../tenants.ts'
import { applicationOf, contentOf, testTime, watchedTestTables } from '../../world.ts'
import type { WatchedTables } from '../store/watchTables.ts'

let tables: WatchedTables
beforeAll(async () => {
  tables = await watchedTestTables()
})

/** So many policies that they fill two rows; names hold characters of two UTF-16 units, where parts are cut. */
const manyPolicies = (state: string) =>
  Array.from({ length: 60 }, (_, index) => policyDocument(`${index} ${'\u{1f512}'.repeat(60)}`, { state }))

const office = networks('Office', '192.0.2.0/24', '2001:db8::/32')

/** A compliance policy that says by its description which policies it came with. */
const laptops = (state: string) => complianceDocument('Laptops', { description: state })

const newTenant = () => {
  const facts = { firewallEnabled: 'fw', secureBoot: 'sb' }
  const { tenant: name, tokenIssuers, ...others } = testDocument()
  const [trust] = tokenIssuers as readonly Members[]
  const document = {
    ...others,
    tenant: name,
    tokenIssuers: [{ ...trust, signals: { platform: 'os', facts } }],
  }
  const tenant = parseTenantId(name)
  const content = (state: string) =>
    contentOf(document, {
      policies: manyPolicies(state),
      locations: [office],
      compliancePolicies: [laptops(state)],
    })
  const apply = (state: string, to: Tables = tables) =>
    applyRevision(to, content(state), applicationOf(testTime))
  const partRows = async () =>
    (await tables.list('tenants', tenant)).filter(({ row }) => row.startsWith('part~'))
  return { tenant, document, apply, partRows, current: () => currentRevision(tables, tenant) }
}

/** The state of all policies in force, compliance policies too. */
const stateOf = async (tenant: ReturnType<typeof newTenant>) => {
  const current = await tenant.current()
  const compliance = current?.policySet.compliancePolicies.map(({ description }) => description)
  return [...new Set([...(current?.policies.map(({ state }) => state) ?? []), ...(compliance ?? [])])]
}

describe('the parts of a revision', () => {
  it('are rows of their own, and come back as they were', async () => {
    const tenant = newTenant()
    const applied = await tenant.apply('enabled')
    expect((await tenant.partRows()).map(({ row }) => row.replace(/[\da-f]{16}/, '<hash>'))).toEqual([
      'part~00000001~<hash>~0001',
      'part~00000001~<hash>~0002',
    ])
    const { changed: _, ...revision } = applied
    expect(await tenant.current()).toEqual(revision)
    expect(revision.policySet.policies).toEqual(manyPolicies('enabled'))
    expect(revision.locations).toMatchObject([
      { kind: 'networks', ranges: ['192.0.2.0/24', '2001:db8::/32'] },
    ])
    expect(revision.compliancePolicies).toMatchObject([{ id: 'Laptops', platform: 'windows' }])
    const policies = manyPolicies('enabled').toReversed()
    const reversed = { policies, locations: [office], compliancePolicies: [laptops('enabled')] }
    const again = await applyRevision(tables, contentOf(tenant.document, reversed), applicationOf(testTime))
    expect(again).toMatchObject({ number: 1, changed: false })
  })

  it('are cut between characters', () => {
    for (const lead of ['', 'a', 'ab']) {
      const set = { ...noPolicies, locations: [{ displayName: lead + '\u{1f512}'.repeat(20_000) }] }
      const parts = revisionParts(set)
      expect(parts.length).toBeGreaterThan(1)
      expect(parts.every((part) => part.isWellFormed() && part.length <= 32_000)).toBe(true)
      expect(parsePolicySet(JSON.parse(parts.join('')))).toEqual(set)
    }
  })

  it('are what they were before there were compliance policies, where there are none', () => {
    expect(revisionParts(noPolicies)).toEqual([])
    const parts = revisionParts({ ...noPolicies, locations: [{ displayName: 'L' }] })
    expect(parts).toEqual(['{"policies":[],"locations":[{"displayName":"L"}],"neverSatisfied":[]}'])
    const compliance = revisionParts({ ...noPolicies, compliancePolicies: [{ displayName: 'C' }] })
    expect(parsePolicySet(JSON.parse(compliance.join('')))).toEqual({
      ...noPolicies,
      compliancePolicies: [{ displayName: 'C' }],
    })
  })

  it('hold as much as Entra does', async () => {
    const tenant = newTenant()
    const rule = `device.model -eq "${'x'.repeat(3_000)}"`.padEnd(3_072)
    const conditions = { devices: { deviceFilter: { mode: 'exclude', rule } } }
    const policies = Array.from({ length: 250 }, (_, index) => policyDocument(`P${index}`, { conditions }))
    const ranges = Array.from({ length: 2_000 }, (_, index) => `2001:db8:${index.toString(16)}::/48`)
    const locations = Array.from({ length: 195 }, (_, index) =>
      networks(`L${index}`, ...ranges.slice(0, index === 0 ? 2_000 : 40)),
    )
    const trusts = tenant.document['tokenIssuers'] as readonly object[]
    const signals = { device: { attributes: { model: 'model' } } }
    const document = { ...tenant.document, tokenIssuers: trusts.map((trust) => ({ ...trust, signals })) }
    const content = contentOf(document, { policies, locations })
    let most = 0
    const counted: Tables = {
      ...tables,
      async list(...asked) {
        const rows = await tables.list(...asked)
        most = Math.max(most, rows.length)
        return rows
      },
    }
    await applyRevision(counted, content, applicationOf(testTime))
    const current = await currentRevision(counted, tenant.tenant)
    expect((await tenant.partRows()).length).toBeGreaterThan(64)
    expect(most).toBe(64)
    expect(current?.policySet).toEqual(content.policySet)
    expect([current?.policies.length, current?.locations.length]).toEqual([250, 195])
  })

  const alterations: readonly (readonly [
    what: string,
    alter: (rows: readonly StoredRow[]) => Promise<unknown>,
  ])[] = [
    ['altered', ([, row]) => replace(row, String(row?.values['json']).replace('enabled', 'disabled'))],
    ['removed', ([, row]) => tables.remove('tenants', keyOf(row))],
    ['all removed', (rows) => Promise.all(rows.map((row) => tables.remove('tenants', keyOf(row))))],
    [
      'added',
      ([row]) => tables.insert('tenants', { ...keyOf(row), row: `${keyOf(row).row}x`, values: { json: '' } }),
    ],
    [
      'cut elsewhere',
      async ([one, two]) => {
        const [first, second] = [one, two].map((row) => String(row?.values['json']))
        await replace(one, first?.slice(0, -1) ?? '')
        await replace(two, `${first?.at(-1)}${second}`)
      },
    ],
  ]
  const keyOf = (row: StoredRow | undefined) => ({ partition: row?.partition ?? '', row: row?.row ?? '' })
  const replace = async (row: StoredRow | undefined, json: string) => {
    const write = {
      kind: 'replace',
      row: { ...keyOf(row), values: { json } },
      etag: row?.etag ?? '',
    } as const
    expect(await tables.transact('tenants', [write])).toBe(true)
  }

  it.each(alterations)('are not served when one is %s', async (_, alter) => {
    const tenant = newTenant()
    await tenant.apply('enabled')
    await alter(await tenant.partRows())
    await expect(tenant.current()).rejects.toThrow(/is not the one that was applied/)
  })

  it.each(['failed', 'failed but persisted'] as const)(
    'are in force with their revision or not at all when any call of the tables %s',
    async (fault) => {
      const probe = newTenant()
      const steps = await watchedTestTables()
      await probe.apply('enabled')
      await probe.apply('disabled', steps)
      expect(steps.calls.length).toBeGreaterThan(10)
      for (let step = 1; step <= steps.calls.length; step++) {
        const tenant = newTenant()
        await tenant.apply('enabled')
        const watched = await watchedTestTables()
        watched.fault = () => (watched.calls.length === step ? fault : undefined)
        await expect(tenant.apply('disabled', watched)).toRefuse('tables-unavailable')
        expect(['enabled', 'disabled']).toContain((await stateOf(tenant)).join())
        await tenant.apply('disabled')
        expect(await stateOf(tenant)).toEqual(['disabled'])
        expect((await tenant.current())?.number).toBe(2)
      }
    },
  )

  it('that an attempt left behind are put right', async () => {
    const tenant = newTenant()
    await tenant.apply('enabled')
    const watched = await watchedTestTables()
    watched.fault = ({ method }) =>
      method === 'transact' && watched.calls.filter((call) => call.method === 'transact').length === 3
        ? 'failed'
        : undefined
    await expect(tenant.apply('disabled', watched)).toRefuse('tables-unavailable')
    const left = (await tenant.partRows()).filter(({ row }) => row.startsWith('part~00000002'))
    expect(left.length).toBe(2)
    await replace(left[0], 'not what was written')
    await tenant.apply('disabled')
    expect(await stateOf(tenant)).toEqual(['disabled'])
  })
})
