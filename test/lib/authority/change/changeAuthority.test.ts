import { randomUUID, X509Certificate } from 'node:crypto'
import { compactVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import type { Authority } from '../../../../lib/authority/authority.ts'
import { readEvents } from '../../../../lib/authority/authorityEvent.ts'
import {
  type Change,
  changeAuthority,
  nextSequence,
} from '../../../../lib/authority/change/changeAuthority.ts'
import { maxBundleOctets } from '../../../../lib/authority/storedBundle.ts'
import type { Tables, Write } from '../../../../lib/store/tables.ts'
import { ceremonyOf, tester, testTime } from '../../../world.ts'
import { tablesDown } from '../../store/watchTables.ts'
import { generationIn, generationOf } from '../generations.ts'
import { makeAuthority, type MadeAuthority } from '../madeAuthority.ts'

const hour = 3_600_000
const later = new Date(testTime.getTime() + hour)

/** Puts the standby root to work, without asking whether it may be. */
const rollOver = (before: Authority, changes: Partial<Change> = {}): Change => ({
  action: 'activate',
  generations: before.generations.map((one) => {
    if (one.id === 'root~0002') return { ...one, state: 'active', changedAt: later }
    return one.id === 'root~0001' ? { ...one, state: 'retiring', changedAt: later } : one
  }),
  crossCertificates: before.crossCertificates,
  changes: ['root~0002 active', 'root~0001 retiring'],
  forced: ['somebody lags'],
  ...changes,
})

const change = async (made: MadeAuthority, tables: Tables = made.tables) => {
  const before = await made.read()
  return changeAuthority(
    made.tenant,
    { change: rollOver(before), before },
    ceremonyOf(tables, made.keys, later),
  )
}

const eventsOf = ({ tables, tenant }: MadeAuthority) => readEvents(tables, tenant.tenant)

describe('changeAuthority()', () => {
  it('writes generations, bundle and event in one transaction, and reads what it wrote', async () => {
    await using made = await makeAuthority()
    const writes: Write[][] = []
    const watching: Tables = {
      ...made.tables,
      transact: (table, all) => {
        writes.push([...all])
        return made.tables.transact(table, all)
      },
    }
    const before = await made.read()
    const after = await change(made, watching)
    expect(writes.map((all) => all.map(({ kind, row }) => `${kind} ${row.row}`).toSorted())).toEqual([
      ['insert event~00000002', 'replace bundle~current', 'replace root~0001', 'replace root~0002'],
    ])
    const versions = new Map([['bundle~current', before.bundle.etag]])
    for (const { id, etag } of before.generations) versions.set(id, etag)
    for (const write of writes.flat())
      if (write.kind === 'replace') expect(write.etag).toBe(versions.get(write.row.row))
    expect(after).toEqual(await made.read())
    expect(generationIn(after, 'root~0002')).toMatchObject({ state: 'active', changedAt: later })
    expect(generationIn(after, 'root~0001')).toMatchObject({ state: 'retiring', changedAt: later })
  })

  it('makes the bundle that shows the change, its sequence one more, and an event that tells of both', async () => {
    await using made = await makeAuthority()
    const { bundle } = await change(made)
    expect(bundle).toMatchObject({ sequence: 2, issuedAt: later })
    const json = JSON.parse(Buffer.from(bundle.encodings['trust.json']).toString()) as { roots: unknown[] }
    expect(json).toMatchObject({ sequence: 2, issuedAt: '2026-03-02T11:00:00Z' })
    expect(json.roots).toMatchObject([{ state: 'retiring' }, { state: 'active' }])
    const [first, second, ...more] = await eventsOf(made)
    expect(more).toEqual([])
    expect(first).toMatchObject({ sequence: 1, action: 'init', forced: [] })
    expect(second).toMatchObject({
      sequence: 2,
      at: later,
      by: { kind: 'local', name: 'tester' },
      action: 'activate',
      changes: ['root~0002 active', 'root~0001 retiring'],
      forced: ['somebody lags'],
      reason: '',
      digests: bundle.digests,
    })
    expect(first?.changeId).not.toBe(second?.changeId)
  })

  it('signs the octets of trust.json with the root that was published first, whichever is active', async () => {
    await using made = await makeAuthority()
    const after = await change(made)
    const { publicKey } = new X509Certificate(generationIn(after, 'root~0001').certificate)
    const { 'trust.jws': jws, 'trust.json': json } = after.bundle.encodings
    const { payload } = await compactVerify(Buffer.from(jws), publicKey)
    expect(Buffer.from(payload).equals(Buffer.from(json))).toBe(true)
  })

  it('tells the earliest next activation of what is staged, and none where nothing is', async () => {
    await using made = await makeAuthority({ authority: { publicationWindowSeconds: 7200 } })
    const nextActivation = (authority: Authority): unknown =>
      (
        JSON.parse(Buffer.from(authority.bundle.encodings['trust.json']).toString()) as {
          nextActivation: unknown
        }
      ).nextActivation
    expect(nextActivation(await made.read())).toBe('2026-03-02T12:00:00Z')
    expect(nextActivation(await change(made))).toBeNull()
  })

  it('issues each bundle a second after the one before it at least, but for one of the future', async () => {
    await using made = await makeAuthority()
    const issuedAfter = async (now: Date) => {
      const before = await made.read()
      const { bundle } = await made.apply({ before, change: rollOver(before) }, now)
      const json = JSON.parse(Buffer.from(bundle.encodings['trust.json']).toString()) as { issuedAt: string }
      expect(json.issuedAt).toBe(`${bundle.issuedAt.toISOString().slice(0, 19)}Z`)
      return bundle.issuedAt.getTime() - testTime.getTime()
    }
    expect(await issuedAfter(testTime)).toBe(1000)
    expect(await issuedAfter(new Date(testTime.getTime() + 1500))).toBe(2000)
    expect(await issuedAfter(new Date(testTime.getTime() - 60_000))).toBe(3000)
    expect(await issuedAfter(later)).toBe(hour)
    expect(await issuedAfter(testTime)).toBe(0)
    // The history tells the time as it was.
    const events = await eventsOf(made)
    expect(events[3]?.at).toEqual(new Date(testTime.getTime() - 60_000))
  })

  it('counts every change: the sequence grows by one each time', async () => {
    await using made = await makeAuthority()
    expect(nextSequence(undefined)).toBe(1)
    const sequences: number[] = []
    for (let count = 0; count < 3; count++) sequences.push((await change(made)).bundle.sequence)
    expect(sequences).toEqual([2, 3, 4])
    expect((await eventsOf(made)).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4])
  })
})

describe('changeAuthority() of two administrators', () => {
  it('lets one win and tells the other, of whom nothing is left', async () => {
    await using made = await makeAuthority()
    const before = await made.read()
    const attempt = (by: string) =>
      changeAuthority(
        made.tenant,
        { change: rollOver(before), before },
        { ...made.ceremony(later), ...tester(later, by) },
      )
    const results = await Promise.allSettled(['a', 'b', 'c'].map(attempt))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of results.filter((one) => one.status === 'rejected'))
      expect(result.reason).toMatchObject({ code: 'configuration-conflict' })
    const events = await eventsOf(made)
    expect(events).toHaveLength(2)
    const winner = results.findIndex(({ status }) => status === 'fulfilled')
    expect(events[1]?.by.name).toBe(['a', 'b', 'c'][winner])
    expect((await made.read()).bundle.digests).toEqual(events[1]?.digests)
  })

  it('tells also whoever read before the other wrote', async () => {
    await using made = await makeAuthority()
    const before = await made.read()
    await change(made)
    const late = changeAuthority(made.tenant, { change: rollOver(before), before }, made.ceremony())
    await expect(late).toRefuse(
      'configuration-conflict',
      /^Cannot activate: somebody else changed the authority of t/,
    )
    expect((await made.read()).bundle.sequence).toBe(2)
  })
})

describe('changeAuthority() when the tables fail', () => {
  it('writes nothing when the transaction failed', async () => {
    await using made = await makeAuthority()
    const before = await made.read()
    made.tables.fault = ({ method }) => (method === 'transact' ? 'failed' : undefined)
    await expect(change(made)).toRefuse('tables-unavailable')
    expect(await made.read()).toEqual(before)
  })

  it('knows its own rows when a retry of the SDK met them: by the id of the change', async () => {
    await using made = await makeAuthority()
    const retrying: Tables = {
      ...made.tables,
      transact: async (table, writes) =>
        (await made.tables.transact(table, writes)) && (await made.tables.transact(table, writes)),
    }
    expect((await change(made, retrying)).bundle.sequence).toBe(2)
    expect(await eventsOf(made)).toHaveLength(2)
  })

  it('does not take the rows of another run for its own', async () => {
    await using made = await makeAuthority()
    const racing: Tables = {
      ...made.tables,
      transact: async (table, writes) => {
        await change(made)
        return made.tables.transact(table, writes)
      },
    }
    await expect(change(made, racing)).toRefuse('configuration-conflict')
  })

  it('tells of an outage where it cannot tell whose the rows are', async () => {
    await using made = await makeAuthority()
    const tables: Tables = {
      ...made.tables,
      transact: () => Promise.resolve(false),
      get: () => Promise.reject(tablesDown()),
    }
    await expect(change(made, tables)).toRefuse('tables-unavailable')
  })
})

describe('changeAuthority() publishes nothing', () => {
  it('that is larger than one property of a row', async () => {
    await using made = await makeAuthority()
    const before = await made.read()
    const issuer = generationIn(before, 'issuer~0001')
    const many = Array.from({ length: 60 }, (_, index) => ({
      ...issuer,
      id: `issuer~${String(index + 2).padStart(4, '0')}`,
      etag: '',
    }))
    const large = rollOver(before, { generations: [...before.generations, ...many] })
    await expect(changeAuthority(made.tenant, { change: large, before }, made.ceremony())).toRefuse(
      'transition-refused',
      new RegExp(
        `trust\\.j\\w+ would have \\d+ octets, the limit is ${maxBundleOctets}. Retire generations first`,
      ),
    )
    expect(made.tables.calls.filter(({ method }) => method === 'transact')).toEqual([])
    expect(await made.read()).toEqual(before)
  })

  it('that is written with more rows than one transaction takes', async () => {
    await using made = await makeAuthority()
    const before = await made.read()
    // With the bundle and the event, and the two roots that roll over.
    const changed = async (count: number) => {
      const many = Array.from({ length: count }, (_, index) =>
        generationOf(`issuer~${String(index + 2).padStart(4, '0')}`, 'retired', {
          etag: '',
          tenant: made.tenant.tenant,
        }),
      )
      const rolled = rollOver(before)
      const wide = { ...rolled, generations: [...rolled.generations, ...many] }
      return changeAuthority(made.tenant, { change: wide, before }, made.ceremony())
    }
    await expect(changed(97)).toRefuse(
      'transition-refused',
      /^Cannot activate: 101 rows would change at once, the limit is 100\./,
    )
    expect(await made.read()).toEqual(before)
    expect((await changed(96)).generations).toHaveLength(3 + 96)
  })

  it('that no root can sign', async () => {
    await using made = await makeAuthority()
    const before = await made.read()
    const generations = before.generations.map((one) => ({ ...one, keyReference: 'offline:' }))
    const unsigned = changeAuthority(
      made.tenant,
      { change: rollOver(before, { generations }), before },
      made.ceremony(),
    )
    await expect(unsigned).toRefuse(
      'transition-refused',
      /no root is left that is valid now and whose key is online/,
    )
  })

  it('when the key of the root does not answer, or lies', async () => {
    await using made = await makeAuthority()
    const before = await made.read()
    made.keys.signInstead = (signer) => signer.probe(randomUUID())
    await expect(change(made)).toRefuse('signature-unverified')
    made.keys.signInstead = () => Promise.reject(new Error('down'))
    await expect(change(made)).rejects.toThrow('down')
    expect(await made.read()).toEqual(before)
  })
})
