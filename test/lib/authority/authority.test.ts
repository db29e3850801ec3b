import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Authority,
  authoritiesOf,
  chainOf,
  eligibleIssuers,
  type Issuer,
  readAuthority,
} from '../../../lib/authority/authority.ts'
import { readEvents } from '../../../lib/authority/authorityEvent.ts'
import { type Generation, type GenerationState, toRow } from '../../../lib/authority/generation.ts'
import { bundleRow } from '../../../lib/authority/storedBundle.ts'
import type { NewRow, Tables } from '../../../lib/store/tables.ts'
import { parseTenantId, type TenantId } from '../../../lib/tenant/tenantId.ts'
import { createWorld, testTime, uniqueTenantId, type World } from '../../world.ts'
import { authorityOf, crossOf, generationOf } from './generations.ts'
import { setState } from './setState.ts'

const hour = 3_600_000
const markerOid = '1.3.6.1.4.1.311.87'

let world: World
let authority: Authority
let issuer: Issuer

beforeAll(async () => {
  world = await createWorld()
  const read = await readAuthority(world.tables, parseTenantId(world.tenant))
  const [first] = read?.issuers ?? []
  if (!read || !first) throw new Error('The world has no issuer.')
  authority = read
  issuer = first
  return () => world[Symbol.asyncDispose]()
})

const endingAt = (id: string, notAfter: Date, changes: Partial<Issuer> = {}): Issuer => ({
  ...issuer,
  ...changes,
  notAfter,
  generation: { ...issuer.generation, id },
})

const eligible = (issuers: readonly Issuer[], notAfter: Date, marker = markerOid) =>
  eligibleIssuers(
    { ...authority, issuers },
    { validity: { notBefore: testTime, notAfter }, markerOid: marker },
  ).map(({ generation }) => generation.id)

describe('eligibleIssuers()', () => {
  const end = new Date(testTime.getTime() + hour)

  it('names every issuer that lasts, in the order it is given: they are of equal standing', () => {
    const issuers = [1, 3, 2].map((hours) =>
      endingAt(`issuer~${hours}`, new Date(end.getTime() + hours * hour)),
    )
    expect(eligible(issuers, end)).toEqual(['issuer~1', 'issuer~3', 'issuer~2'])
  })

  it('names an issuer that ends in the last second of the leaf, and none that ends a second earlier', () => {
    const lasting = endingAt('issuer~1', end)
    const early = endingAt('issuer~2', new Date(end.getTime() - 1_000))
    expect(eligible([early, lasting], end)).toEqual(['issuer~1'])
    expect(() => eligible([early], end)).toRefuse(
      'issuer-unavailable',
      /valid for as long as the certificate/,
    )
  })

  it('passes over an issuer that is not yet valid where the leaf starts', () => {
    const started = endingAt('issuer~1', end, { notBefore: testTime })
    const late = endingAt('issuer~2', end, { notBefore: new Date(testTime.getTime() + 1_000) })
    expect(eligible([late, started], end)).toEqual(['issuer~1'])
    expect(() => eligible([late], end)).toRefuse('issuer-unavailable', /valid for as long/)
  })

  it("passes over an issuer that may not sign for the tenant's marker", () => {
    const later = endingAt('issuer~2', new Date(end.getTime() + 2 * hour), {
      extKeyUsage: ['1.3.6.1.5.5.7.3.2', '2.999.1'],
    })
    expect(eligible([later, endingAt('issuer~1', end)], end)).toEqual(['issuer~1'])
    expect(() => eligible([issuer], end, '2.999.2')).toRefuse('issuer-unavailable', /marker 2\.999\.2/)
  })

  it('refuses when no issuer is active', () => {
    expect(() => eligible([], end)).toRefuse('issuer-unavailable', /is active/)
  })
})

const withState = (id: string, state: GenerationState): Authority => ({
  ...authority,
  generations: authority.generations.map((one) => (one.id === id ? { ...one, state } : one)),
})

describe('chainOf()', () => {
  const cross = () => authority.crossCertificates.map(({ certificate }) => certificate)

  it('is the issuer alone beneath a root that no other root certified', () => {
    expect(chainOf(authority, issuer.generation)).toEqual([issuer.generation.certificate])
  })

  it('adds the root certified by the root before it, NewWithOld, while both are in the bundle', () => {
    const beneath: Generation = { ...issuer.generation, id: 'issuer~0002', signedBy: 'root~0002' }
    expect(cross()).toHaveLength(1)
    expect(chainOf(authority, beneath)).toEqual([beneath.certificate, ...cross()])
    for (const state of ['staged', 'active', 'retiring'] as const)
      expect(chainOf(withState('root~0001', state), beneath)).toHaveLength(2)
    for (const state of ['retired', 'tainted'] as const) {
      expect(chainOf(withState('root~0001', state), beneath)).toEqual([beneath.certificate])
      expect(chainOf(withState('root~0002', state), beneath)).toEqual([beneath.certificate])
    }
  })
})

describe('chainOf() beneath a root that several roots certified', () => {
  const states = {
    'root~0001': 'retiring',
    'root~0002': 'active',
    'root~0003': 'staged',
    'root~0004': 'active',
  }
  const beneath = generationOf('issuer~0004', 'active', { signedBy: 'root~0004' })
  const signers = (changes: Readonly<Record<string, GenerationState>> = {}) => {
    const roots = Object.entries({ ...states, ...changes }).map(([id, state]) =>
      generationOf(id, state as GenerationState),
    )
    const by = ['root~0001', 'root~0002', 'root~0003'].map((root) => ({
      ...crossOf('root~0004', root),
      certificate: Buffer.from(root),
    }))
    const [, ...cross] = chainOf(authorityOf(roots, by), beneath)
    return cross.map((certificate) => Buffer.from(certificate).toString())
  }

  it('puts the latest that was put to work first, and standby roots last', () => {
    expect(signers()).toEqual(['root~0002', 'root~0001', 'root~0003'])
    expect(signers({ 'root~0003': 'retiring' })).toEqual(['root~0003', 'root~0002', 'root~0001'])
    expect(signers({ 'root~0002': 'staged' })).toEqual(['root~0001', 'root~0003', 'root~0002'])
  })
})

/** The row of the world's issuer with other values. */
const issuerRow = (changes: NewRow['values']): NewRow => {
  const row = toRow(issuer.generation)
  return { ...row, values: { ...row.values, ...changes } }
}

/** Puts a row, and a bundle beside it, into the partition of a new tenant. */
const copyOf = async (row: NewRow): Promise<TenantId> => {
  const partition = parseTenantId(uniqueTenantId())
  await world.tables.insert('authorities', { ...bundleRow(partition, authority.bundle), partition })
  await world.tables.insert('authorities', { ...row, partition })
  return partition
}

describe('readAuthority()', () => {
  it('tells nothing for a tenant without one', async () => {
    expect(await readAuthority(world.tables, parseTenantId(uniqueTenantId()))).toBeUndefined()
  })

  it('takes what a leaf needs from the certificate of the issuer', () => {
    expect(issuer).toMatchObject({ algorithm: 'ES256', extKeyUsage: ['1.3.6.1.5.5.7.3.2', markerOid] })
    expect(issuer.subject).toBe(issuer.generation.tbs.subject)
    expect(issuer.subjectKeyIdentifier).toHaveLength(20)
    expect(issuer.publicKey.asymmetricKeyType).toBe('ec')
  })

  it.each<GenerationState>(['staged', 'retiring', 'retired', 'tainted'])(
    'lets no issuer that is %s sign',
    async (state) => {
      await using own = await createWorld()
      await setState(own.tables, own.tenant, 'issuer~0001', state)
      const read = await readAuthority(own.tables, parseTenantId(own.tenant))
      expect(read?.generations).toHaveLength(3)
      expect(read?.issuers).toEqual([])
    },
  )

  it('reads no history', async () => {
    await using own = await createWorld()
    const read: string[] = []
    const tables: Tables = {
      ...own.tables,
      async list(...args) {
        const rows = await own.tables.list(...args)
        read.push(...rows.map(({ row }) => row))
        return rows
      },
    }
    expect(await readEvents(own.tables, parseTenantId(own.tenant))).toHaveLength(1)
    await readAuthority(tables, parseTenantId(own.tenant))
    expect(read.toSorted()).toEqual([
      'bundle~current',
      'cross~0002-0001',
      'issuer~0001',
      'root~0001',
      'root~0002',
    ])
  })

  it('looks past other rows of the partition', async () => {
    await using own = await createWorld()
    for (const row of ['bundle~json', 'event~0001', 'issuer~x', 'cross~0001']) {
      await own.tables.insert('authorities', {
        partition: own.tenant,
        row,
        values: { certificate: Uint8Array.of(1) },
      })
    }
    const read = await readAuthority(own.tables, parseTenantId(own.tenant))
    expect(read?.generations).toHaveLength(3)
    expect(read?.crossCertificates).toHaveLength(1)
  })

  it.each([Uint8Array.of(1), 'text'])(
    'passes a row whose certificate is broken on as a defect',
    async (certificate) => {
      const partition = await copyOf(issuerRow({ certificate }))
      await expect(readAuthority(world.tables, partition)).rejects.toThrow('cannot be read')
    },
  )

  it.each(['kind', 'state', 'algorithm'])(
    'passes a row of an unknown %s on as a defect',
    async (property) => {
      const partition = await copyOf(issuerRow({ [property]: 'new' }))
      await expect(readAuthority(world.tables, partition)).rejects.toThrow(
        `has a ${property} that Mayfly does not know`,
      )
    },
  )
})

describe('authoritiesOf()', () => {
  it('refuses a tenant without an authority, and finds it 2 s after it was made', async () => {
    await using own = await createWorld()
    let time = testTime.getTime()
    const authorities = authoritiesOf(own.tables, () => new Date(time))
    const other = parseTenantId(uniqueTenantId())
    await expect(authorities.resolve(other)).toRefuse('issuer-unavailable', /no authority yet/)
    const rows = await own.tables.list('authorities', own.tenant)
    for (const row of rows) await own.tables.insert('authorities', { ...row, partition: other })
    await expect(authorities.resolve(other)).toRefuse('issuer-unavailable')
    time += 2_000
    expect((await authorities.resolve(other)).issuers).toHaveLength(1)
  })

  it('reads once for many callers and answers stale while the tables are down', async () => {
    await using own = await createWorld()
    let time = testTime.getTime()
    const authorities = authoritiesOf(own.tables, () => new Date(time))
    const tenant = parseTenantId(own.tenant)
    await Promise.all(Array.from({ length: 20 }, () => authorities.resolve(tenant)))
    expect(own.tables.calls).toHaveLength(1)
    own.tables.fault = () => 'failed'
    time += 9 * 60_000
    expect((await authorities.resolve(tenant)).issuers).toHaveLength(1)
    time += 60_000
    await expect(authorities.resolve(tenant)).toRefuse('tables-unavailable')
  })

  it('answers for issuing from what was read less than 60 s ago, whatever is down, and again when it is up', async () => {
    await using own = await createWorld()
    let time = testTime.getTime()
    const authorities = authoritiesOf(own.tables, () => new Date(time))
    const tenant = parseTenantId(own.tenant)
    await authorities.resolveForIssuing(tenant)
    own.tables.fault = ({ method }) => (method === 'list' ? 'failed' : undefined)
    await setState(own.tables, own.tenant, 'issuer~0001', 'tainted')
    time += 59_999
    expect((await authorities.resolveForIssuing(tenant)).issuers).toHaveLength(1)
    time += 1
    await expect(authorities.resolveForIssuing(tenant)).toRefuse(
      'tables-unavailable',
      /^Cannot enroll: the authority was read 60 s ago, the limit is 60 s\.$/,
    )
    expect((await authorities.resolve(tenant)).issuers).toHaveLength(1)
    own.tables.fault = () => undefined
    time += 2_000
    expect((await authorities.resolveForIssuing(tenant)).issuers).toEqual([])
  })

  it('stops using an issuer within 30 s of its leaving the active state', async () => {
    await using own = await createWorld()
    let time = testTime.getTime()
    const authorities = authoritiesOf(own.tables, () => new Date(time))
    const tenant = parseTenantId(own.tenant)
    await authorities.resolve(tenant)
    await setState(own.tables, own.tenant, 'issuer~0001', 'tainted')
    time += 30_000
    expect((await authorities.resolve(tenant)).issuers).toEqual([])
  })
})
