import { generateKeyPairSync } from 'node:crypto'
import type { JWSHeaderParameters } from 'jose'
import { beforeEach, describe, expect, it } from 'vitest'
import { openDeadline, type Wait } from '../../../lib/deadline/deadline.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { type KeySets, keySets } from '../../../lib/token/keySets.ts'
import { type KeySource, keySourceOf } from '../../../lib/token/keySource.ts'
import { entraTrust, genericTrust, type Members, tenantDocument, tenantOf } from '../../tenants.ts'
import {
  entraTestIssuer,
  genericTestIssuer,
  makeTokenKey,
  type TestIssuer,
  testNetwork,
  type TestNetwork,
} from '../../tokens.ts'
import { entra, directoryId } from './verifying.ts'

const url = 'https://issuer.example'
const discovery = `${url}/.well-known/openid-configuration`
const jwksUri = `${url}/keys`
const second = 1_000
const hour = 3_600 * second

const key = await makeTokenKey('ES256', 'first')
/** Published under the kid of the good key; too short for RFC 7518 section 3.3. */
const weakKey = {
  ...generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' }),
  kid: key.kid,
  alg: 'RS256',
}
const nextKey = await makeTokenKey('ES256', 'second')

let time: number
let issuer: TestIssuer
let network: TestNetwork
let sets: KeySets

const now = () => new Date(time)

beforeEach(async () => {
  time = Date.UTC(2026, 2, 2, 10)
  issuer = await genericTestIssuer(url, { now, key })
  network = testNetwork([issuer])
  sets = keySets({ fetchJson: network.fetchJson, now })
})

const trusted = (trust: Members): KeySource => {
  const [tokenIssuer] = tenantOf(tenantDocument('contoso', [trust])).configuration.tokenIssuers
  if (!tokenIssuer) throw new Error('The document has no token issuer.')
  return keySourceOf(tokenIssuer)
}

const header = (kid: string, alg = 'ES256'): JWSHeaderParameters => ({ alg, kid })
const resolve = (kid = key.kid) => sets.resolve(trusted(genericTrust(issuer)), header(kid))
/** Lets fetches behind the callers' backs end. */
const settled = () => new Promise((done) => setImmediate(done))
const many = <T>(perform: () => Promise<T>) => Promise.all(Array.from({ length: 50 }, perform))

describe('keySets() finds keys', () => {
  it('by OpenID Connect discovery', async () => {
    await expect(resolve()).resolves.toMatchObject([{ type: 'public' }])
    expect(network.fetched).toEqual([discovery, jwksUri])
  })

  it('at the configured jwksUri, without discovery', async () => {
    const elsewhere = 'https://keys.example/jwks'
    network.overrides.set(elsewhere, { keys: [key.jwk] })
    await expect(
      sets.resolve(trusted(genericTrust(issuer, { jwksUri: elsewhere })), header(key.kid)),
    ).resolves.toBeDefined()
    expect(network.fetched).toEqual([elsewhere])
  })

  it('of an Entra directory at its v2.0 keys', async () => {
    network = testNetwork([entra])
    sets = keySets({ fetchJson: network.fetchJson, now })
    await sets.resolve(trusted(entraTrust(directoryId, entra)), header(entra.key.kid, 'RS256'))
    expect(network.fetched).toEqual([`https://login.microsoftonline.com/${directoryId}/discovery/v2.0/keys`])
  })

  it('of a directory of a sovereign cloud beneath its sign-in origin', async () => {
    const { fetchJson, fetched } = testNetwork([await entraTestIssuer(directoryId, { now, key: entra.key })])
    const cloud = trusted(entraTrust(directoryId, entra, { signInOrigin: 'https://login.cloud.example/' }))
    const refused = keySets({ fetchJson, now }).resolve(cloud, header(entra.key.kid, 'RS256'))
    await expect(refused).toRefuse('token-keys-unavailable')
    expect(fetched).toEqual([`https://login.cloud.example/${directoryId}/discovery/v2.0/keys`])
  })

  it('for a token without kid where only one key fits', async () => {
    const withoutKid = () => sets.resolve(trusted(genericTrust(issuer)), { alg: 'ES256' })
    await expect(withoutKid()).resolves.toBeDefined()
    issuer.published.push(nextKey.jwk)
    time += 10 * 60 * second
    await withoutKid()
    await settled()
    time += 30 * second
    await expect(withoutKid()).toRefuse('token-key-unknown')
  })

  it('of each issuer apart, whatever their kids', async () => {
    const other = await genericTestIssuer('https://other.example', {
      now,
      key: { ...nextKey, jwk: { ...nextKey.jwk, kid: 'first' } },
    })
    network = testNetwork([issuer, other])
    sets = keySets({ fetchJson: network.fetchJson, now })
    const ours = await resolve('first')
    expect((await sets.resolve(trusted(genericTrust(other)), header('first')))[0]).not.toBe(ours[0])
  })
})

describe('keySets() caches:', () => {
  it('many concurrent verifications share one fetch', async () => {
    await many(() => resolve())
    expect(network.fetched).toEqual([discovery, jwksUri])
    await many(() => resolve())
    expect(network.fetched).toHaveLength(2)
  })

  it('keys are fetched anew after 5 minutes, behind the backs of those who ask', async () => {
    await resolve()
    time += 5 * 60 * second - 1
    await resolve()
    expect(network.fetched).toHaveLength(2)
    time += 1
    await many(() => resolve())
    await settled()
    expect(network.fetched).toHaveLength(4)
  })

  it('an unknown kid refetches once, then rests for 30 s', async () => {
    await resolve()
    time += 30 * second
    await Promise.all(
      Array.from({ length: 20 }, () => expect(resolve('unknown')).toRefuse('token-key-unknown')),
    )
    expect(network.fetched).toHaveLength(4)
    time += 30 * second - 1
    const moment = await resolve('unknown').catch((error: unknown) => error)
    expect(moment).toMatchObject({ code: 'token-keys-unavailable', options: { retryAfterSeconds: 5 } })
    expect(network.fetched).toHaveLength(4)
    time += 1
    await expect(resolve('another unknown')).toRefuse('token-key-unknown')
    expect(network.fetched).toHaveLength(6)
  })

  it('an unknown kid does not refetch what was fetched for it just now', async () => {
    await many(() => expect(resolve('unknown')).toRefuse('token-key-unknown'))
    expect(network.fetched).toHaveLength(2)
  })

  it('a rotated key is found by every token that carries it', async () => {
    await resolve()
    issuer.published.push(nextKey.jwk)
    time += 30 * second
    const found = await many(() => resolve('second'))
    expect(found).toHaveLength(50)
    expect(network.fetched).toHaveLength(4)
  })

  it('a rotated key is asked to come again when a forged token was faster: nobody can tell', async () => {
    await resolve()
    time += 30 * second
    await expect(resolve('forged')).toRefuse('token-key-unknown')
    issuer.published.push(nextKey.jwk)
    time += 10 * second
    const refused = await resolve('second').catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'token-keys-unavailable', options: { retryAfterSeconds: 20 } })
    time += 20 * second
    await expect(resolve('second')).resolves.toHaveLength(1)
  })

  /** Sets that are kept fresh, and what makes time go on. */
  const keptFresh = () => {
    const due: (readonly [at: number, callback: () => void])[] = []
    sets = keySets({
      fetchJson: network.fetchJson,
      now,
      later: (ms, call) => due.push([time + ms, call]),
    })
    return async (milliseconds: number) => {
      const end = time + milliseconds
      for (let next = due.shift(); next && next[0] <= end; next = due.shift()) {
        time = next[0]
        next[1]()
        await settled()
      }
      time = end
    }
  }

  it('a key that is no longer published is refused within 10 minutes, though nobody asked for any', async () => {
    const goOn = keptFresh()
    await resolve()
    issuer.published.splice(0, 1, nextKey.jwk)
    await expect(resolve()).resolves.toBeDefined()
    await goOn(10 * 60 * second)
    expect(network.fetched).toHaveLength(6)
    await expect(resolve()).toRefuse('token-keys-unavailable', /asked for new ones a moment ago/)
    time += 30 * second
    await expect(resolve()).toRefuse('token-key-unknown')
  })

  it('a set that nobody uses for a day is forgotten', async () => {
    const goOn = keptFresh()
    await resolve()
    await goOn(24 * hour)
    expect(sets.known()).toEqual([])
    const { length } = network.fetched
    await goOn(hour)
    expect(network.fetched).toHaveLength(length)
    await expect(resolve()).resolves.toBeDefined()
  })

  it('nobody waits for a fetch whose key is known, however slow the issuer is', async () => {
    let isSlow = false
    const fetchJson = (address: string) =>
      isSlow ? new Promise<never>(() => undefined) : network.fetchJson(address)
    sets = keySets({ fetchJson, now })
    await resolve()
    isSlow = true
    for (const minutes of [5, 6, 60, 600]) {
      time += minutes * 60 * second
      expect(sets.cached(trusted(genericTrust(issuer)), header(key.kid))).toHaveLength(1)
      await expect(resolve()).resolves.toHaveLength(1)
    }
  })
})

describe('keySets() in an outage', () => {
  it('refuses with token-keys-unavailable when nothing was fetched before, and recovers after 2 s', async () => {
    network.isDown = true
    await many(() => expect(resolve()).toRefuse('token-keys-unavailable'))
    expect(network.fetched).toHaveLength(1)
    network.isDown = false
    time += 2 * second - 1
    await expect(resolve()).toRefuse('token-keys-unavailable')
    time += 1
    await expect(resolve()).resolves.toBeDefined()
  })

  it('uses a stale set after a failed fetch, and fetches at most every 2 s', async () => {
    await resolve()
    network.isDown = true
    time += 10 * 60 * second
    await many(() => resolve())
    await settled()
    expect(network.fetched).toHaveLength(3)
    time += 2 * second
    await resolve()
    expect(network.fetched).toHaveLength(4)
  })

  it('keeps nobody waiting for an issuer that hangs, once a fetch has failed', async () => {
    let isHanging = false
    const hanging = (address: string) =>
      isHanging ? new Promise<never>(() => undefined) : network.fetchJson(address)
    sets = keySets({ fetchJson: hanging, now })
    await resolve()
    network.isDown = true
    time += 10 * 60 * second
    await resolve()
    isHanging = true
    time += 2 * second
    for (let i = 0; i < 5; i++) await expect(resolve()).resolves.toBeDefined()
  })

  it('uses a stale set for less than 24 hours', async () => {
    await resolve()
    network.isDown = true
    time += 24 * hour - 1
    await expect(resolve()).resolves.toBeDefined()
    time += 2 * second
    await expect(resolve()).toRefuse('token-keys-unavailable')
    network.isDown = false
    time += 2 * second
    await expect(resolve()).resolves.toBeDefined()
  })

  it('finds no rotated key, and does not say that the token is at fault: nobody can tell', async () => {
    await resolve()
    issuer.published.push(nextKey.jwk)
    network.isDown = true
    time += 30 * second
    await expect(resolve('second')).toRefuse('token-keys-unavailable', /its key is not known/)
    time += 2 * second - 1
    await expect(resolve('second')).toRefuse('token-keys-unavailable')
    expect(network.fetched).toHaveLength(3)
    network.isDown = false
    time += 1
    await expect(resolve('second')).resolves.toBeDefined()
    expect(network.fetched).toHaveLength(5)
  })

  it('drops the keys of an old set once the issuer answers with fewer', async () => {
    issuer.published.push(nextKey.jwk)
    await Promise.all([resolve(), resolve('second')])
    network.isDown = true
    time += hour
    await Promise.all([resolve(), resolve('second')])
    await settled()
    network.isDown = false
    issuer.published.splice(0, 1)
    time += 2 * second
    await resolve('second')
    await settled()
    await expect(resolve()).toRefuse('token-keys-unavailable')
    await expect(resolve('second')).resolves.toBeDefined()
  })

  it.each([
    ['an hour, where the tenant says so', 3_600, hour],
    ['10 minutes, as in good times, where the tenant allows nothing more', 0, 10 * 60 * second],
    ['7 days, the most there is', 7 * 86_400, 7 * 24 * hour],
  ])('uses a stale set for less than %s', async (_, maxStaleKeysSeconds, limit) => {
    const tokenIssuer = trusted(genericTrust(issuer, { maxStaleKeysSeconds }))
    await sets.resolve(tokenIssuer, header(key.kid))
    network.isDown = true
    time += limit - 1
    await expect(sets.resolve(tokenIssuer, header(key.kid))).resolves.toBeDefined()
    time += 1
    await expect(sets.resolve(tokenIssuer, header(key.kid))).toRefuse('token-keys-unavailable')
  })

  it('holds each of two tenants that share an issuer to its own limit', async () => {
    await resolve()
    network.isDown = true
    time += 2 * hour
    const strict = trusted(genericTrust(issuer, { maxStaleKeysSeconds: 3_600 }))
    await expect(sets.resolve(strict, header(key.kid))).toRefuse('token-keys-unavailable')
    await expect(resolve()).resolves.toBeDefined()
    await expect(sets.resolve(strict, header(key.kid))).toRefuse('token-keys-unavailable')
  })

  it('tells of a set how old it is, and whether it is used although it should have been fetched', async () => {
    expect(sets.known()).toEqual([])
    await resolve()
    expect(sets.known()).toEqual([{ issuer: url, ageSeconds: 0, isStale: false }])
    network.isDown = true
    time += 9 * 60 * second
    await resolve()
    await settled()
    expect(sets.known()).toEqual([{ issuer: url, ageSeconds: 540, isStale: false }])
    time += 60 * second
    await resolve()
    await settled()
    expect(sets.known()).toEqual([{ issuer: url, ageSeconds: 600, isStale: true }])
    network.isDown = false
    time += 2 * second
    await resolve()
    await settled()
    expect(sets.known()).toEqual([{ issuer: url, ageSeconds: 0, isStale: false }])
  })
})

describe('keySets() under a flood of unknown keys while the issuer is slow', () => {
  /** Holds every fetch back until `go` is called. */
  let go: () => void
  let isSlow: boolean

  beforeEach(() => {
    isSlow = false
    const slow = async (address: string) => {
      if (isSlow) await new Promise<void>((done) => (go = done))
      return network.fetchJson(address)
    }
    sets = keySets({ fetchJson: slow, now })
  })

  /** A set whose fetch on behalf of an unknown key does not end. */
  const slowed = async (): Promise<void> => {
    await resolve()
    time += 30 * second
    isSlow = true
  }

  const flood = (count: number) => {
    const all = Array.from({ length: count }, (_, index) => resolve(`unknown ${index}`))
    // Each is looked at in its time, and some were refused before.
    for (const one of all) one.catch(() => undefined)
    return all
  }

  it('waits as its caller does, who asks for nothing where there is no place to wait in', async () => {
    await slowed()
    const full: Wait = () => Promise.reject(new Refusal('overloaded', 'Cannot answer now: a test says so.'))
    const tokenIssuer = trusted(genericTrust(issuer))
    await expect(sets.resolve(tokenIssuer, header('unknown'), full)).toRefuse('overloaded')
    expect(network.fetched).toHaveLength(2)
    await expect(sets.resolve(tokenIssuer, header(key.kid), full)).resolves.toHaveLength(1)
  })

  it('goes on with a fetch for which a caller stopped waiting', async () => {
    await slowed()
    issuer.published.push(nextKey.jwk)
    const briefly: Wait = (answer, late) => openDeadline(1, () => 0).within(answer(), late)
    await expect(sets.resolve(trusted(genericTrust(issuer)), header('second'), briefly)).toRefuse(
      'token-keys-unavailable',
      /did not answer in time/,
    )
    const patient = resolve('second')
    isSlow = false
    go()
    await expect(patient).resolves.toHaveLength(1)
    expect(network.fetched).toHaveLength(4)
  })

  it('keeps nobody waiting whose key is known', async () => {
    await slowed()
    const all = flood(500)
    await expect(many(() => resolve())).resolves.toHaveLength(50)
    time += 9 * 60 * second
    await expect(many(() => resolve())).resolves.toHaveLength(50)
    isSlow = false
    go()
    await Promise.allSettled(all)
  })
})

describe('keySets() does not trust a discovery document that', () => {
  const good = { issuer: url, jwks_uri: jwksUri }
  it.each([
    ['names another issuer', { ...good, issuer: 'https://other.example' }],
    ['names the issuer with a slash', { ...good, issuer: `${url}/` }],
    ['names no issuer', { jwks_uri: jwksUri }],
    ['names no jwks_uri', { issuer: url }],
    ['names a jwks_uri that is no URL', { ...good, jwks_uri: 'keys' }],
    [
      'names a jwks_uri on another host',
      { ...good, jwks_uri: 'https://issuer.example.attacker.example/keys' },
    ],
    ['names a jwks_uri on another port', { ...good, jwks_uri: 'https://issuer.example:444/keys' }],
    ['is a list', [good]],
    ['is null', null],
  ])('%s', async (_, document) => {
    network.overrides.set(discovery, document)
    await expect(resolve()).toRefuse('token-keys-unavailable')
    expect(network.fetched).toEqual([discovery])
  })
})

describe('keySets() survives a key set that', () => {
  it.each([
    ['is not an object', 'keys'],
    ['has no keys member', {}],
  ])('%s: the keys are unavailable', async (_, document) => {
    network.overrides.set(jwksUri, document)
    await expect(resolve()).toRefuse('token-keys-unavailable')
  })

  it.each([
    ['is empty', []],
    ['has a key that is no object', [5]],
    ['has an RSA key of 1024 bits', [weakKey]],
    ['has a key that is not on its curve', [{ ...key.jwk, y: key.jwk.x }]],
    ['has a key whose members have wrong types', [{ ...key.jwk, x: 5 }]],
    ['has a key of another algorithm', [{ ...key.jwk, alg: 'ES384' }]],
    ['has a key for encryption', [{ ...key.jwk, use: 'enc' }]],
  ])('%s: the key is unknown', async (_, published) => {
    network.overrides.set(jwksUri, { keys: published })
    for (const alg of ['ES256', 'RS256']) {
      time += 30 * second
      await expect(sets.resolve(trusted(genericTrust(issuer)), header(key.kid, alg))).toRefuse(
        'token-key-unknown',
      )
    }
  })

  it('has a broken key beside a good one: the good one works', async () => {
    network.overrides.set(jwksUri, { keys: [{ ...nextKey.jwk, x: '' }, key.jwk] })
    await expect(resolve()).resolves.toBeDefined()
  })
})
