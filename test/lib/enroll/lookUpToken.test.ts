import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enroll } from '../../../lib/enroll/enroll.ts'
import type { Services, ServicesOptions } from '../../../lib/enroll/services.ts'
import { requestTimes } from '../../../lib/deadline/requestTimes.ts'
import type { WatchedTables } from '../store/watchTables.ts'
import { entraTrust, genericTrust, tenantDocument } from '../../tenants.ts'
import { entraTestIssuer } from '../../tokens.ts'
import {
  applyDocument,
  createWorld,
  enrollmentOf,
  makeDeviceKey,
  servicesOf,
  testTime,
  type World,
} from '../../world.ts'

/** A whole second, as tokens tell times. */
const issued = new Date(Math.floor(testTime.getTime() / 1000) * 1000)

let world: World
let tokenOf: Readonly<Record<'generic' | 'entra', () => Promise<string>>>

beforeAll(async () => {
  const directoryId = randomUUID()
  const entra = await entraTestIssuer(directoryId, { now: () => world.now })
  world = await createWorld({ issuers: [entra], now: issued })
  const trusts = [genericTrust(world.issuer), entraTrust(directoryId, entra)]
  await applyDocument(world.tables, tenantDocument(world.tenant, trusts), issued)
  tokenOf = { generic: () => world.issuer.token(), entra: () => entra.token() }
})

afterAll(() => world[Symbol.asyncDispose]())

/** An instance that has seen nothing. */
const instanceOf = (parts: Partial<ServicesOptions> = {}): Services => {
  const { tables, network, keys: source } = world
  return servicesOf(tables, { network, source, now: () => world.now, ...parts })
}

const ledgerCalls = ({ calls }: WatchedTables) =>
  calls.flatMap(({ method, table }) => (table.startsWith('ledger') ? [method] : []))

/** Asks for a certificate. @returns whether it is new, and the calls of the ledger that it cost. */
const ask = async (instance: Services, token: string, key = makeDeviceKey()) => {
  const { tables, tenant } = world
  tables.calls.splice(0)
  const { created } = await enroll(enrollmentOf({ tenant, token, csr: key.csr() }), instance)
  return { created, calls: ledgerCalls(tables) }
}

/** The calls of the ledger that a token costs so long after it was issued, at an instance that has not seen it. */
const callsAfter = async (milliseconds: number, kind: keyof typeof tokenOf, requestSeconds = 10) => {
  world.now = issued
  const token = await tokenOf[kind]()
  world.now = new Date(issued.getTime() + milliseconds)
  const { created, calls } = await ask(instanceOf({ times: requestTimes(requestSeconds) }), token)
  expect(created).toBe(true)
  return calls
}

const inserted = ['insert']
const lookedUp = ['get', 'insert']

describe('the ledger is asked whether a token is spent', () => {
  it.each([
    ['of the moment', 0, inserted],
    ['for which a request can still be under way', 9_999, inserted],
    ['for which a request can have been made in vain', 10_000, lookedUp],
    ['of a clock that is a little ahead', -9_999, inserted],
    ['of a clock that is ahead', -10_000, lookedUp],
    ['of a clock as far ahead as is tolerated', -60_000, lookedUp],
  ])('before a signature, unless it is young: one %s, aged %i ms, costs %j', async (_, age, calls) => {
    expect(await callsAfter(age, 'generic')).toEqual(calls)
    // Entra says 300 s less than it is.
    expect(await callsAfter(age, 'entra')).toEqual(calls)
  })

  it('by the time that a request has', async () => {
    expect(await callsAfter(29_999, 'generic', 30)).toEqual(inserted)
    expect(await callsAfter(30_000, 'generic', 30)).toEqual(lookedUp)
  })

  it('also of one that grew old while its request came in', async () => {
    world.now = issued
    const { tables, tenant } = world
    const readBody = () => {
      world.now = new Date(issued.getTime() + 10_000)
      return Promise.resolve({ csr: makeDeviceKey().csr(), posture: undefined, attestation: undefined })
    }
    tables.calls.splice(0)
    await enroll({ tenant, token: await tokenOf.generic(), readBody }, instanceOf())
    expect(ledgerCalls(tables)).toEqual(lookedUp)
  })

  it('never again by an instance that knows what it bought, for as long as it is young', async () => {
    world.now = issued
    const [token, key] = [await tokenOf.generic(), makeDeviceKey()]
    let time = 0
    const instance = instanceOf({ clock: () => time })
    const askAfter = (milliseconds: number) => {
      time = milliseconds
      world.now = new Date(issued.getTime() - 9_999 + milliseconds)
      return ask(instance, token, key)
    }
    expect(await askAfter(0)).toEqual({ created: true, calls: inserted })
    expect(await askAfter(19_998)).toEqual({ created: false, calls: [] })
    expect(await askAfter(20_000)).toEqual({ created: false, calls: ['get'] })
  })

  it.each([
    ['generic', -9_999],
    ['generic', 9_999],
    ['entra', -9_999],
    ['entra', 9_999],
  ] as const)(
    'also where a token, here %s, was used so early that it is young once it is forgotten: at %i ms',
    async (kind, milliseconds) => {
      world.now = issued
      const [token, key] = [await tokenOf[kind](), makeDeviceKey()]
      const instance = instanceOf({ clock: () => world.now.getTime() })
      /** Asks with that token, or with one of the moment. */
      const askAt = async (time: number, old?: string) => {
        world.now = new Date(issued.getTime() + time)
        return (await ask(instance, old ?? (await tokenOf[kind]()), key)).calls
      }
      expect(await askAt(-60_000, token)).toEqual(lookedUp)
      expect(await askAt(milliseconds, token)).toEqual(['get'])
      expect(await askAt(milliseconds)).toEqual(lookedUp)
      expect(await askAt(10_000)).toEqual(inserted)
    },
  )

  it('also where it was used so early while all tokens were looked up', async () => {
    world.now = issued
    const [token, key] = [await tokenOf.generic(), makeDeviceKey()]
    const instance = instanceOf({ clock: () => world.now.getTime() })
    world.now = new Date(issued.getTime() - 60_000)
    const fails = () => Promise.reject(new Error('A defect of ours.'))
    await instance.flights.once('another token', fails, (outcome) => outcome).catch(() => undefined)
    expect((await ask(instance, token, key)).calls).toEqual(lookedUp)
    world.now = issued
    expect((await ask(instance, token, key)).calls).toEqual(['get'])
  })
})
