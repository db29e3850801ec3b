import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type AuthorityEvent,
  eventRow,
  eventRowKey,
  readEvents,
  sequenceOfFile,
} from '../../../lib/authority/authorityEvent.ts'
import { bundleFiles } from '../../../lib/authority/storedBundle.ts'
import { parseTenantId } from '../../../lib/tenant/tenantId.ts'
import { testTime, uniqueTenantId, watchedTestTables } from '../../world.ts'
import type { WatchedTables } from '../store/watchTables.ts'

const digest = (sequence: number, file: string) => `${file} of ${sequence}`

const eventOf = (sequence: number): AuthorityEvent => ({
  sequence,
  at: new Date(testTime.getTime() + sequence),
  by: { kind: 'local', name: 'tester@bench' },
  action: 'activate',
  changes: ['root~0002 active', 'root~0001 retiring'],
  forced: ['vpn-1 has not installed bundle 2, the first with "root~0002"'],
  reason: 'issuer 1 compromised',
  publicationWindowSeconds: 604_800,
  digests: {
    'trust.json': digest(sequence, 'json'),
    'trust.jws': digest(sequence, 'jws'),
    'trust.pem': digest(sequence, 'pem'),
    'trust.p7b': digest(sequence, 'p7b'),
  },
  changeId: randomUUID(),
})

const tenant = parseTenantId(uniqueTenantId())
const events = [9, 10, 11, 100].map(eventOf)
let tables: WatchedTables

beforeAll(async () => {
  tables = await watchedTestTables()
  for (const event of events.toReversed()) await tables.insert('authorities', eventRow(tenant, event))
  const values = { at: 'no time' }
  await tables.insert('authorities', { partition: tenant, row: 'bundle~current', values })
})

describe('eventRow() and readEvents()', () => {
  it('keep every property, oldest first, past the other rows', async () => {
    expect(await readEvents(tables, tenant)).toEqual(events)
  })

  it('know none of another tenant', async () => {
    expect(await readEvents(tables, parseTenantId(uniqueTenantId()))).toEqual([])
  })
})

describe('eventRowKey()', () => {
  it('sorts by age up to a hundred million changes', () => {
    expect([1, 9, 10, 99_999_999].map(eventRowKey)).toEqual([
      'event~00000001',
      'event~00000009',
      'event~00000010',
      'event~99999999',
    ])
  })
})

describe('sequenceOfFile()', () => {
  it.each(['json', 'jws', 'pem', 'p7b'])('finds the bundle by the digest of its %s', async (file) => {
    for (const { sequence } of events)
      expect(await sequenceOfFile(tables, tenant, digest(sequence, file))).toBe(sequence)
  })

  it('knows a file for each encoding there is', () => {
    expect(Object.keys(eventOf(1).digests)).toEqual(bundleFiles)
  })

  it('finds nothing by another digest', async () => {
    for (const sha256 of ['', 'undefined', digest(12, 'json')])
      expect(await sequenceOfFile(tables, tenant, sha256)).toBeUndefined()
  })

  it('names the newest of bundles with the same file', async () => {
    const own = parseTenantId(uniqueTenantId())
    const { digests } = eventOf(1)
    for (const sequence of [1, 2])
      await tables.insert('authorities', eventRow(own, { ...eventOf(sequence), digests }))
    expect(await sequenceOfFile(tables, own, digest(1, 'p7b'))).toBe(2)
  })
})
