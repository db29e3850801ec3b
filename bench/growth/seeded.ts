import { generationId } from '../../lib/authority/generation.ts'
import { ledgerKey } from '../../lib/ledger/record/ledgerKey.ts'
import { denyHeadRow, entryRowOf } from '../../lib/tenant/denyEntry.ts'
import { newRevisionRow, revisionRow } from '../../lib/tenant/storedRevision.ts'
import { pointerRow } from '../../lib/tenant/revision.ts'
import { parseTenantId } from '../../lib/tenant/tenantId.ts'
import type { FloodTenant } from '../../test/e2e/floodWorld.ts'
import { type Entity, isFailure, type StoredEntity, type TableRows } from '../tables/tableRows.ts'

/** Rows that are there before anybody asks: written without a request each, and without the work that made the first of them. */
export interface Seeded {
  readonly rows: TableRows
  readonly tenant: FloodTenant
}

interface Place {
  readonly table: string
  readonly partition: string
  readonly row: string
}

const put = (rows: TableRows, { table, partition, row }: Place, values: Entity): void => {
  const entity = { ...values, PartitionKey: partition, RowKey: row }
  const written = rows.write(table, [{ kind: 'insert', key: { partition, row }, entity }])
  if (isFailure(written)) throw new Error(`Cannot seed ${table} ${partition} ${row}: ${written.code}.`)
}

const rowsOf = (rows: TableRows, table: string, partition: string): readonly StoredEntity[] => {
  const found = rows.select(table, { matches: () => true, partition })
  if (isFailure(found)) throw new Error(`Cannot read ${table} ${partition}: ${found.code}.`)
  return found
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

const author = { kind: 'local', name: 'bench' } as const

/** Fills the ledger of today with rows of other tokens of the tenant, in all its partitions. */
export const seedLedger = ({ rows, tenant: { tenant, issuer } }: Seeded, count: number): void => {
  const expiresAt = Math.floor(Date.now() / 1000) + 3600
  for (const number of numbered(count)) {
    const token = {
      tenant,
      issuer: issuer.url,
      subject: `user-${number}`,
      tokenId: `token-${number}`,
      expiresAt,
    }
    put(rows, ledgerKey(token), {})
  }
}

/** Stops so many other users. */
export const seedDenials = ({ rows, tenant: { tenant } }: Seeded, count: number): void => {
  const id = parseTenantId(tenant)
  const entry = { kind: 'user', reason: 'bench', until: undefined, at: new Date(), by: author } as const
  for (const number of numbered(count)) {
    const { partition, row, values } = entryRowOf(id, {
      ...entry,
      number,
      users: [],
      value: `stopped-${number}@contoso.example`,
    })
    put(rows, { table: 'tenants', partition, row }, values)
  }
  put(rows, { table: 'tenants', partition: tenant, row: denyHeadRow }, { number: count, changeId: 'bench' })
}

/** Adds retired issuers until there are so many generations of the kind: copies of the first under other numbers. */
export const seedGenerations = ({ rows, tenant: { tenant } }: Seeded, total: number): void => {
  const first = rowsOf(rows, 'authorities', tenant).find(({ row }) => row === generationId('issuer', 1))
  if (!first) throw new Error('The tenant has no issuer.')
  for (const number of numbered(total).slice(1)) {
    const place = { table: 'authorities', partition: tenant, row: generationId('issuer', number) }
    put(rows, place, { ...first.entity, state: 'retired' })
  }
}

/** Makes tenants that differ from the first in their name alone: the same rules, token issuer and authority. @returns their ids. */
export const seedTenants = ({ rows, tenant: { tenant } }: Seeded, count: number): readonly string[] => {
  const authority = rowsOf(rows, 'authorities', tenant)
  const revision = rowsOf(rows, 'tenants', tenant).find(({ row }) => row.startsWith('revision~'))
  if (!revision) throw new Error('The tenant has no revision.')
  const document = JSON.parse(String(revision.entity['document'])) as object
  const how = { action: 'apply', appliedAt: new Date(), appliedBy: author, reason: '', forced: [] }
  const record = { number: 1, ...how }
  return numbered(count).map((number) => {
    const id = `${tenant}-${number}`
    const content = { document: JSON.stringify({ ...document, tenant: id }), parts: [] }
    const named = { row: revisionRow(record.number, content), tenant: parseTenantId(id) }
    const { row: name, values } = newRevisionRow({ ...record, ...content, ...named }, {})
    put(rows, { table: 'tenants', partition: id, row: name }, values)
    put(rows, { table: 'tenants', partition: id, row: pointerRow }, { revision: name })
    for (const { row, entity } of authority) put(rows, { table: 'authorities', partition: id, row }, entity)
    return id
  })
}
