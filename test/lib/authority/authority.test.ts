import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Authority,
  authoritiesOf,
  chooseIssuer,
  type Issuer,
  readAuthority,
} from '../../../lib/authority/authority.ts'
import { type GenerationState, toRow } from '../../../lib/authority/generation.ts'
import type { NewRow } from '../../../lib/store/tables.ts'
import { parseTenantId, type TenantId } from '../../../lib/tenant/tenantId.ts'
import { createWorld, testTime, uniqueTenantId, type World } from '../../world.ts'
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

const choose = (issuers: readonly Issuer[], notAfter: Date, marker = markerOid) =>
  chooseIssuer({ ...authority, issuers }, { validity: { notBefore: testTime, notAfter }, markerOid: marker })
    .generation.id

describe('chooseIssuer()', () => {
  const end = new Date(testTime.getTime() + hour)

  it('chooses the issuer that ends last', () => {
    const issuers = [1, 3, 2].map((hours) =>
      endingAt(`issuer~${hours}`, new Date(end.getTime() + hours * hour)),
    )
    expect(choose(issuers, end)).toBe('issuer~3')
  })

  it('chooses an issuer that ends in the last second of the leaf, and none that ends a second earlier', () => {
    expect(choose([endingAt('issuer~1', end)], end)).toBe('issuer~1')
    const early = endingAt('issuer~1', new Date(end.getTime() - 1_000))
    expect(() => choose([early], end)).toRefuse('issuer-unavailable', /valid for as long as the certificate/)
  })

  it('passes over an issuer that is not yet valid where the leaf starts', () => {
    const second = 1_000
    const started = endingAt('issuer~1', end, { notBefore: testTime })
    expect(choose([started], end)).toBe('issuer~1')
    const late = endingAt('issuer~1', end, { notBefore: new Date(testTime.getTime() + second) })
    expect(() => choose([late], end)).toRefuse('issuer-unavailable', /valid for as long/)
  })

  it("passes over an issuer that may not sign for the tenant's marker", () => {
    const later = endingAt('issuer~2', new Date(end.getTime() + 2 * hour), {
      extKeyUsage: ['1.3.6.1.5.5.7.3.2', '2.999.1'],
    })
    expect(choose([later, endingAt('issuer~1', end)], end)).toBe('issuer~1')
    expect(() => choose([issuer], end, '2.999.2')).toRefuse('issuer-unavailable', /marker 2\.999\.2/)
  })

  it('refuses when no issuer is active', () => {
    expect(() => choose([], end)).toRefuse('issuer-unavailable', /is active/)
  })

  it('does not reorder the issuers it is given', () => {
    const issuers = [1, 2].map((hours) => endingAt(`issuer~${hours}`, new Date(end.getTime() + hours * hour)))
    choose(issuers, end)
    expect(issuers.map(({ generation }) => generation.id)).toEqual(['issuer~1', 'issuer~2'])
  })
})

/** The row of the world's issuer with other values. */
const issuerRow = (changes: NewRow['values']): NewRow => {
  const row = toRow(issuer.generation)
  return { ...row, values: { ...row.values, ...changes } }
}

/** Puts a row into the partition of a new tenant. */
const copyOf = async (row: NewRow): Promise<TenantId> => {
  const partition = parseTenantId(uniqueTenantId())
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
      expect(read?.generations).toHaveLength(2)
      expect(read?.issuers).toEqual([])
    },
  )

  it('looks past other rows of the partition', async () => {
    await using own = await createWorld()
    for (const row of ['bundle~json', 'event~0001', 'issuer~x']) {
      await own.tables.insert('authorities', {
        partition: own.tenant,
        row,
        values: { certificate: Uint8Array.of(1) },
      })
    }
    expect((await readAuthority(own.tables, parseTenantId(own.tenant)))?.generations).toHaveLength(2)
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
