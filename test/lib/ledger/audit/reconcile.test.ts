import { randomUUID } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readAuthority } from '../../../../lib/authority/authority.ts'
import {
  type Reconciliation,
  reconcile,
  type ReconcileOptions,
} from '../../../../lib/ledger/audit/reconcile.ts'
import type { AuditedIssuer } from '../../../../lib/ledger/audit/auditedRows.ts'
import type { StoredRow } from '../../../../lib/store/tables.ts'
import { parseTenantId } from '../../../../lib/tenant/tenantId.ts'
import { testTime } from '../../../world.ts'
import { auditedWorld, type AuditedWorld, type AuditRecord, callingApplication } from '../auditedWorld.ts'

const minute = 60_000
const at = (minutes: number) => new Date(testTime.getTime() + minutes * minute)

let world: AuditedWorld
let issuers: readonly AuditedIssuer[]
let otherKeys: readonly string[]
/** What was honestly issued: one certificate at 0, 20, 40, 60 and 80 minutes. */
let honest: readonly AuditRecord[]

beforeAll(async () => {
  world = await auditedWorld()
  const authority = await readAuthority(world.tables, parseTenantId(world.tenant))
  const of = (wanted: string) => (authority?.generations ?? []).filter(({ kind }) => kind === wanted)
  issuers = of('issuer').map(({ tenant, id, keyReference }) => ({ tenant, id, keyReference }))
  otherKeys = of('root').map(({ keyReference }) => keyReference)
  for (const minutes of [0, 20, 40, 60, 80]) {
    world.now = at(minutes)
    await world.enroll()
  }
  honest = [...world.log]
  return () => world[Symbol.asyncDispose]()
})

beforeEach(() => {
  world.log.length = 0
  world.log.push(...honest)
  world.now = at(40)
})

async function* each(records: readonly unknown[]): AsyncGenerator {
  yield* records
}

const reconciled = (
  records: readonly unknown[] = world.log,
  options: Partial<ReconcileOptions> = {},
): Promise<Reconciliation> =>
  reconcile(each(records), {
    tables: world.tables,
    tenant: world.tenant,
    issuers,
    otherKeys,
    explanations: new Map(),
    period: { since: undefined, until: undefined },
    now: at(120),
    ...options,
  })

const rows = async (): Promise<readonly (readonly [table: string, row: StoredRow])[]> => {
  const found: [string, StoredRow][] = []
  for (const table of await world.tables.names('ledger'))
    for await (const row of world.tables.scan(table, {
      partitions: { from: `${world.tenant}~`, before: `${world.tenant}~~` },
    }))
      found.push([table, row])
  return found.toSorted(([, a], [, b]) =>
    String(a.values['issuedAt']) < String(b.values['issuedAt']) ? -1 : 1,
  )
}

/** Writes a row as somebody does who can write tables, and takes it away again. */
const forging = async <T>(
  changes: Readonly<Record<string, string>>,
  act: () => Promise<T>,
  into?: string,
): Promise<T> => {
  const [table, row] = (await rows())[2] ?? []
  if (!table || !row) throw new Error('There is no row.')
  const key = { partition: row.partition, row: `${row.row.slice(0, -4)}dead` }
  await world.tables.insert(into ?? table, { ...key, values: { ...row.values, ...changes } })
  try {
    return await act()
  } finally {
    await world.tables.remove(into ?? table, key)
  }
}

const whysOf = ({ unexplained, unsigned }: Reconciliation) => ({
  unexplained: unexplained.map(({ why }) => why),
  unsigned: unsigned.map(({ why }) => why),
})

const clean = { unexplained: [], unsigned: [] }

describe('reconcile()', () => {
  it('finds one row for each signature, and one signature for each row', async () => {
    const result = await reconciled()
    expect(result).toMatchObject({ ...clean, matched: 5, explained: {}, withoutLog: 0 })
    expect(result.log).toMatchObject({ notUnderstood: 0, covers: { from: at(0), until: at(80) } })
    // Making the authority was logged, too: keys made, and the root's signatures.
    expect(Object.keys(result.log.ignored)).toContain('other operation')
    expect(Object.keys(result.log.otherKeys).every((key) => key.includes('--root-'))).toBe(true)
    expect(Object.keys(result.log.otherKeys).length).toBeGreaterThan(0)
  })

  it('finds a row by our id as well, where a log shows that one, and rows of older versions have no other', async () => {
    const ours = new Map(world.vault.log.map(({ id, requestId }) => [id, requestId ?? '']))
    const records = honest.map((record) => ({
      ...record,
      correlationId: ours.get(record.correlationId) ?? '',
    }))
    expect(await reconciled(records)).toMatchObject({ ...clean, matched: 5 })
    const [, third] = (await rows())[2] ?? []
    const old = { requestId: String(third?.values['requestId']), vaultRequestId: '' }
    const forged = await forging(old, () => reconciled(records))
    expect(forged.unsigned.map(({ why }) => why)).toEqual(['another row has its signature'])
  })

  it('tells of a key that signed and that no generation has', async () => {
    const known = await reconciled(world.log)
    expect([known.log.unknownKeys, Object.keys(known.log.otherKeys)]).toEqual([
      {},
      [expect.stringContaining('--root-'), expect.stringContaining('--root-')],
    ])
    const { unknownKeys } = (await reconciled(world.log, { otherKeys: otherKeys.slice(1) })).log
    expect(Object.keys(unknownKeys)).toEqual([expect.stringContaining('--root-')])
  })

  it('tells of a signature that no row holds: when, which, by whom', async () => {
    await world.steal()
    const requestId = world.log.at(-1)?.correlationId
    const { unexplained, unsigned, matched } = await reconciled()
    expect([matched, unsigned]).toEqual([5, []])
    expect(unexplained).toMatchObject([
      {
        why: 'no row',
        signature: {
          at: at(40),
          correlationId: requestId,
          caller: `application ${callingApplication} from 203.0.113.7`,
        },
      },
    ])
  })

  it('is not misled by a thief who signs under the id of an honest request', async () => {
    const [, row] = (await rows())[2] ?? []
    world.now = at(41)
    await world.steal(String(row?.values['requestId']))
    expect(whysOf(await reconciled())).toEqual({ ...clean, unexplained: ['no row'] })
    // In a log that shows what clients send, he has that id; in none he has the vault's.
    const ids = ['requestId', 'vaultRequestId'].map((name) => String(row?.values[name]))
    for (const id of ids) {
      const stolen = { ...world.log.at(-1), correlationId: id.toUpperCase() }
      const result = await reconciled([...honest, stolen])
      expect([result.matched, result.unsigned, result.unexplained.length]).toEqual([5, [], 1])
    }
  })

  it('tells of a signature without an id, and of each', async () => {
    await world.steal()
    await world.steal()
    const nameless = world.log.map((record, index) =>
      index < honest.length
        ? record
        : { ...record, correlationId: '', time: record.time.replace('1234Z', `123${index}Z`) },
    )
    expect(whysOf(await reconciled(nameless)).unexplained).toEqual(['no id', 'no id'])
  })

  it('tells of a signature by another version of the key, named or not', async () => {
    await world.steal()
    const stolen = world.log.at(-1)
    if (!stolen) throw new Error('Nothing was stolen.')
    const rotated = stolen.properties.requestUri.replace(/\/[0-9a-f]{32}\//, `/${'f'.repeat(32)}/`)
    for (const requestUri of [rotated, rotated.replace(/\/f+\//, '//'), rotated.replace(/\/f+\//, '/')]) {
      const record = { ...stolen, properties: { requestUri, httpStatusCode: 200 } }
      expect(whysOf(await reconciled([...honest, record])).unexplained).toEqual(['no row'])
    }
  })

  it('takes a record that was delivered twice for one', async () => {
    const result = await reconciled([...honest, ...honest])
    expect(result).toMatchObject({ ...clean, matched: 5 })
    expect(result.log.ignored).toMatchObject({ 'logged twice': 5 })
  })

  it('does not count what failed', async () => {
    await world.steal()
    const stolen = world.log.at(-1)
    const failed = { ...stolen, properties: { ...stolen?.properties, httpStatusCode: 429 } }
    const result = await reconciled([...honest, failed])
    expect([whysOf(result), result.log.ignored['failed']]).toEqual([clean, 1])
  })

  it('explains what the app tells, once for each id', async () => {
    for (let times = 0; times < 3; times++) await world.steal()
    const [probe = '', wasted = '', stolen = ''] = world.log.slice(-3).map((one) => one.correlationId)
    const [first, second] = [
      { ids: [randomUUID(), probe], reason: 'readiness probe' },
      { ids: [wasted, stolen], reason: 'race lost' },
    ]
    const explanations = new Map([first, second].flatMap((one) => one.ids.map((id) => [id, one] as const)))
    const result = await reconciled(world.log, { explanations })
    expect(result.explained).toEqual({ 'readiness probe': 1, 'race lost': 1 })
    expect(result.unexplained.map(({ signature }) => signature.correlationId)).toEqual([stolen])
  })

  it('tells of a row without a signature', async () => {
    const [, second] = honest.filter(({ properties }) => /issuer.*sign/.test(properties.requestUri)).slice(1)
    const result = await reconciled(honest.filter((record) => record !== second))
    expect(result.unsigned).toMatchObject([
      { why: 'no signature', row: { issuedAt: at(40), vaultRequestId: second?.correlationId } },
    ])
    expect(result.unsigned[0]?.row.serialNumber).toMatch(/^[0-9a-f]{32}$/)
  })

  it('expects signatures only when the log covers the time, but for its edges', async () => {
    const signed = honest.filter(({ properties }) => /issuer.*sign/.test(properties.requestUri))
    const edges = await reconciled(signed.slice(1, -1))
    expect([edges.matched, edges.unsigned, edges.unexplained]).toEqual([3, [], []])
    expect(edges.compared).toEqual({ since: at(30), until: at(50) })
    const lone = await reconciled(signed.slice(2, 3))
    expect([lone.matched, lone.unsigned, lone.compared]).toEqual([1, [], undefined])
  })

  it('takes a period that is asked for as covered', async () => {
    const period = { since: at(-30), until: at(110) }
    const nothing = await reconciled([], { period })
    expect(nothing.unsigned).toHaveLength(5)
    expect(nothing.compared).toEqual({ since: at(-20), until: at(100) })
    const result = await reconciled(honest, { period: { since: at(10), until: at(70) } })
    expect([result.matched, whysOf(result)]).toEqual([3, clean])
    expect(result.log.ignored['outside the period']).toBeGreaterThanOrEqual(2)
    const ahead = await reconciled(honest, { period: { since: at(-30), until: at(9_999) }, now: at(60) })
    expect(ahead.compared?.until).toEqual(at(50))
  })

  it.each<[string, Readonly<Record<string, string>>]>([
    ['no signature', { requestId: randomUUID(), vaultRequestId: randomUUID() }],
    ['no signature', { requestId: '', vaultRequestId: '' }],
    ['another row has its signature', { requestId: randomUUID() }],
    ['another row has its signature', {}],
    ['its signature is of another time', { issuedAt: at(25).toISOString() }],
    ['its issuer is unknown', { issuerId: 'issuer~0009' }],
    ['it is in the table of another day', { issuedAt: at(-3 * 24 * 60).toISOString() }],
    ['it is in the table of another day', { issuedAt: 'yesterday' }],
  ])('tells of a forged row: %s', async (why, changes) => {
    const result = await forging(changes, () => reconciled())
    expect(result.unsigned.map((one) => one.why)).toEqual([why])
    expect(result.unexplained).toEqual([])
  })

  it('tells of a row in the table of a day that no search would look at', async () => {
    // The audit of the first day does not look there; that of the days around the table does.
    const period = { since: at(1_440), until: at(1_500) }
    const audit = () => reconciled([], { period, now: at(1_500) })
    const { unsigned } = await forging({}, audit, 'ledger20260304')
    expect(unsigned.map(({ why, row }) => [why, row.table])).toEqual([
      ['it is in the table of another day', 'ledger20260304'],
    ])
  })

  it('tells when the signature of a row is by the key of another issuer', async () => {
    const [issuer] = issuers
    if (!issuer) throw new Error('There is no issuer.')
    const other = {
      ...issuer,
      id: 'issuer~0002',
      keyReference: issuer.keyReference.replace('issuer-1', 'issuer-2'),
    }
    const result = await forging({ issuerId: 'issuer~0002' }, () =>
      reconciled(world.log, { issuers: [issuer, other] }),
    )
    expect(result.unsigned.map(({ why }) => why)).toEqual(['its signature is by another key'])
  })

  it('cannot tell of rows whose issuer has a local key, and says how many', async () => {
    const local = issuers.map((issuer) => ({ ...issuer, keyReference: 'local:contoso.issuer-1' }))
    const result = await reconciled(world.log, { issuers: local })
    expect([result.matched, result.withoutLog, whysOf(result)]).toEqual([0, 3, clean])
    expect(Object.keys(result.log.unknownKeys).some((key) => key.includes('--issuer-1'))).toBe(true)
  })

  it('goes through all tenants when none is named', async () => {
    const result = await reconciled(world.log, { tenant: undefined })
    expect([result.matched, result.unexplained]).toEqual([5, []])
    expect(result.unsigned.filter(({ row }) => row.tenant === world.tenant)).toEqual([])
  })

  it('counts what it does not understand, and goes on', async () => {
    const strange = [undefined, {}, { time: 'now' }, 7, null, [], { ...honest.at(-1), time: '' }]
    const result = await reconciled([...strange, ...honest])
    expect([result.log.notUnderstood, result.log.records]).toEqual([7, honest.length + 7])
    expect(result).toMatchObject({ ...clean, matched: 5 })
  })

  it('refuses when the tables do not answer: rows it cannot read are not absent', async () => {
    world.tables.fault = ({ method }) => (method === 'scan' ? 'failed' : undefined)
    try {
      await expect(reconciled()).toRefuse('tables-unavailable')
    } finally {
      world.tables.fault = () => undefined
    }
  })

  it('matches whatever the case of keys and ids', async () => {
    const loud = honest.map((record) => ({
      ...record,
      correlationId: record.correlationId.toUpperCase(),
      properties: { httpStatusCode: 200, requestUri: record.properties.requestUri.toUpperCase() },
    }))
    expect(await reconciled(loud)).toMatchObject({ ...clean, matched: 5 })
  })
})
