import { describe, expect, it } from 'vitest'
import { resolverAt } from '../../../../client/vpnProfile/sources/askResolver.ts'
import { type DnsAnswer, serveDns } from './dnsServer.ts'

const answers: Readonly<Record<string, Readonly<Record<'A' | 'AAAA', DnsAnswer>>>> = {
  'both.example': { A: ['198.51.100.7', '198.51.100.7'], AAAA: ['2001:db8:0:0:0:0:0:7'] },
  'filtered.example': { A: ['198.51.100.7'], AAAA: [] },
  'half.example': { A: { code: 2 }, AAAA: ['2001:db8:0:0:0:0:0:7'] },
  'gone.example': { A: { code: 3 }, AAAA: { code: 3 } },
}

const start = async () => resolverAt([await serveDns((name, type) => answers[name]?.[type] ?? 'silence')])

describe('resolverAt()', () => {
  it.each<[string, readonly unknown[]]>([
    ['both.example', [['198.51.100.7', '198.51.100.7'], ['2001:db8::7']]],
    ['filtered.example', [['198.51.100.7'], []]],
    ['half.example', ['ESERVFAIL', ['2001:db8::7']]],
    ['gone.example', ['ENOTFOUND', 'ENOTFOUND']],
  ])('tells an empty answer from a failure, kind by kind: %s', async (host, both) => {
    const lookup = await start()
    const { signal } = new AbortController()
    const got = await Promise.allSettled((['A', 'AAAA'] as const).map((type) => lookup(host, type, signal)))
    const told = got.map((one) =>
      one.status === 'fulfilled' ? one.value : (one.reason as NodeJS.ErrnoException).code,
    )
    expect(told).toEqual(both)
  })

  it('ends while a server is silent (fault 3)', async () => {
    const lookup = await start()
    await expect(lookup('silent.example', 'A', AbortSignal.timeout(20))).rejects.toThrow(/ECANCELLED/)
  })
})
