import { afterAll, expect, it } from 'vitest'
import { seedDenials, seedGenerations, seedLedger, seedTenants } from '../../../bench/growth/seeded.ts'
import { openMayflyWorld } from '../../../bench/http/mayflyWorld.ts'
import { serveTablesStub } from '../../../bench/tables/tablesStub.ts'
import { readAuthority } from '../../../lib/authority/authority.ts'
import { tenantPartitions } from '../../../lib/ledger/record/ledgerKey.ts'
import { openTables } from '../../../lib/store/openTables.ts'
import { readDenyList } from '../../../lib/tenant/denyEntry.ts'
import { currentRevision } from '../../../lib/tenant/revision.ts'
import { parseTenantId } from '../../../lib/tenant/tenantId.ts'

await using opening = new AsyncDisposableStack()
const stub = opening.use(await serveTablesStub())
const world = opening.use(await openMayflyWorld(stub.connectionString))
const stack = opening.move()
afterAll(() => stack.disposeAsync())

const tables = openTables({ kind: 'connectionString', connectionString: stub.connectionString })
const seeded = { rows: stub.rows, tenant: world.tenant }
const tenant = parseTenantId(world.tenant.tenant)

it('seedTenants() makes tenants that the service reads, with the rules and the authority of the first', async () => {
  const [, clone = ''] = seedTenants(seeded, 2)
  const id = parseTenantId(clone)
  const [first, second] = [await currentRevision(tables, tenant), await currentRevision(tables, id)]
  expect(second?.configuration).toEqual({ ...first?.configuration, tenant: clone })
  const [own, cloned] = [await readAuthority(tables, tenant), await readAuthority(tables, id)]
  expect(cloned?.issuers[0]?.publicKeyInfo).toEqual(own?.issuers[0]?.publicKeyInfo)
})

it('seedGenerations() adds retired issuers, and leaves one that signs', async () => {
  seedGenerations(seeded, 5)
  const authority = await readAuthority(tables, tenant)
  const issuers = authority?.generations.filter(({ kind }) => kind === 'issuer') ?? []
  expect(issuers.map(({ state }) => state)).toEqual(['active', 'retired', 'retired', 'retired', 'retired'])
  expect(authority?.issuers).toHaveLength(1)
})

it('seedDenials() stops users of whom the service knows', async () => {
  seedDenials(seeded, 1_200)
  const { head, entries } = await readDenyList(tables, tenant)
  expect([head?.number, entries.length]).toEqual([1_200, 1_200])
})

it('seedLedger() puts rows of other tokens beside those of the tenant', async () => {
  seedLedger(seeded, 50)
  const found: string[] = []
  for (const name of await tables.names('ledger'))
    for await (const { row } of tables.scan(name, { partitions: tenantPartitions(tenant) })) found.push(row)
  expect(new Set(found).size).toBe(50)
})
