import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type AskedName, askNames, type Lookup } from '../../../../client/vpnProfile/sources/askNames.ts'
import { printAddress } from '../../../../lib/text/ipAddress.ts'
import { answering } from './sourceWorld.ts'

const ask = (names: readonly string[], lookup: Lookup, milliseconds = 30_000) =>
  askNames(names, { lookup, milliseconds, signal: new AbortController().signal })

const told = (asked: AskedName | undefined) =>
  [asked?.A, asked?.AAAA].map((one) =>
    one?.kind === 'addresses' ? one.addresses.map(printAddress).join(' ') : one?.why,
  )

const silent: Lookup = () => new Promise(() => {})

const answers = answering({
  'both.example': ['2001:DB8::7', '198.51.100.7', '198.51.100.7', '198.51.100.6'],
  'local.example': ['127.0.0.1', '0.0.0.0', 'fe80::1', '::1', '224.0.0.1', '169.254.1.1'],
  'mapped.example': ['::ffff:10.0.0.1', '::ffff:127.0.0.1', '::10.0.0.1', '::a00:1', 'fe80::1%eth0'],
  'odd.example': ['not an address', '010.0.0.1', '198.51.100.8'],
  'none.example': [],
})

describe('askNames()', () => {
  it.each([
    ['both.example', '198.51.100.6 198.51.100.7', '2001:db8::7'],
    ['local.example', 'no address that a route can lead to', 'no address that a route can lead to'],
    ['mapped.example', 'an empty answer', 'no address that a route can lead to'],
    ['odd.example', '198.51.100.8', 'an empty answer'],
    ['none.example', 'an empty answer', 'an empty answer'],
    ['gone.example', 'ENOTFOUND', 'ENOTFOUND'],
  ])(
    'takes of %s each address once and in order, and no local one: %s, %s (fault 10)',
    async (host, ...all) => {
      expect(told((await ask([host], answers)).get(host))).toEqual(all)
    },
  )

  it('takes 32 addresses of a name at the most: the same, in whichever order they come', async () => {
    const many = Array.from({ length: 3_000 }, (_, at) => `198.18.${at >> 8}.${at & 255}`)
    const taken = await ask(['many.example'], answering({ 'many.example': many }))
    const turned = await ask(['many.example'], answering({ 'many.example': many.toReversed() }))
    expect(taken.get('many.example')?.A).toMatchObject({ kind: 'addresses', found: 3_000 })
    expect(told(taken.get('many.example'))[0]?.split(' ')).toEqual(many.slice(0, 32))
    expect(turned).toEqual(taken)
  })

  it('asks 50 names side by side, and lets one that is silent take nothing from others', async () => {
    let [open, most, left] = [0, 0, 199]
    const others = Promise.withResolvers<readonly string[]>()
    const slow: Lookup = async (host, type) => {
      if (host === 'n7.example') return others.promise
      most = Math.max(most, ++open)
      await sleep(1)
      open--
      if (type === 'A' && --left === 0) others.reject(Object.assign(new Error('x'), { code: 'ESERVFAIL' }))
      return type === 'A' ? ['198.51.100.7'] : []
    }
    const names = Array.from({ length: 200 }, (_, at) => `n${at}.example`)
    const asked = await ask(names, slow)
    expect(told(asked.get('n7.example'))).toEqual(['ESERVFAIL', 'ESERVFAIL'])
    expect([...asked.values()].filter(({ A }) => A.kind === 'addresses')).toHaveLength(199)
    expect(most).toBeGreaterThan(50)
    expect(most).toBeLessThanOrEqual(100)
  })

  it('waits for a name no longer than its time', async () => {
    const asked = await ask(['silent.example'], silent, 20)
    expect(told(asked.get('silent.example'))).toEqual(['no answer within 20 ms', 'no answer within 20 ms'])
  })

  it('ends at once when it is told to, whatever is waited for (fault 3)', async () => {
    const signal = AbortSignal.timeout(10)
    const begun = performance.now()
    await expect(
      askNames(['silent.example'], { lookup: silent, milliseconds: 600_000, signal }),
    ).rejects.toThrow('aborted due to timeout')
    expect(performance.now() - begun).toBeLessThan(5_000)
  })
})
