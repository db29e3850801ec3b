import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Lookup } from '../../../../client/vpnProfile/sources/askNames.ts'
import type { FetchList } from '../../../../client/vpnProfile/sources/fetchList.ts'
import { followSources, type SourceWorld } from '../../../../client/vpnProfile/sources/followSources.ts'
import {
  type KeptSources,
  noSources,
  parseKeptSources,
} from '../../../../client/vpnProfile/sources/keptSources.ts'
import { printSourceNote } from '../../../../client/vpnProfile/sources/sourceNote.ts'
import { parseProfile } from '../../../../client/vpnProfile/readProfile.ts'
import { printAddress } from '../../../../lib/text/ipAddress.ts'
import { vpnTomlOf } from '../vpnTomlOf.ts'
import { answering, sourceWorld } from './sourceWorld.ts'

const profileOf = (routes: readonly string[]) => {
  const read = parseProfile(vpnTomlOf({ user: { routes } }), '/')
  if (read.kind === 'faults') throw new Error(JSON.stringify(read.faults))
  return read.profile
}

/** Looks once, keeping what is kept as a file would. */
const look = async (routes: readonly string[], kept: KeptSources, own: Partial<SourceWorld>) => {
  const profile = profileOf(routes)
  const followed = await followSources(profile, { tunnels: profile.tunnels, kept }, sourceWorld(own))
  const names = [...followed.resolved.names].filter(([host]) => host !== 'vpn.example.com')
  return {
    kept: parseKeptSources(JSON.parse(JSON.stringify(followed.kept))) ?? noSources,
    names: Object.fromEntries(names.map(([host, all]) => [host, all.map(printAddress).join(' ')])),
    told: followed.told.map(printSourceNote).filter((note) => !note.startsWith('vpn.example.com')),
    hasIpv6Gateway: followed.resolved.hasIpv6Gateway,
  }
}

const two = ['10.0.0.0/8', 'hr.example.net', 'pay.example.net']
const both = answering({
  'hr.example.net': ['203.0.113.5', '2001:db8::5'],
  'pay.example.net': ['203.0.113.9'],
})
const day = (at: number) => ({ now: () => new Date(`2026-11-0${at}T12:00:00Z`) })

describe('followSources()', () => {
  it.each<[string, Lookup]>([
    ['fails', answering({})],
    ['has an empty answer', answering({ 'hr.example.net': [], 'pay.example.net': ['203.0.113.9'] })],
    [
      'leads to this machine',
      answering({ 'hr.example.net': ['127.0.0.1', '::'], 'pay.example.net': ['203.0.113.9'] }),
    ],
  ])('keeps the last good addresses of a name that %s, with their age (fault 1)', async (_, lookup) => {
    const first = await look(two, noSources, { lookup: both, ...day(1) })
    const next = await look(two, first.kept, { lookup, ...day(2) })
    expect(next.names).toEqual(first.names)
    expect(next.kept.names['hr.example.net']).toEqual(first.kept.names['hr.example.net'])
  })

  it('tells since when it keeps them, kind by kind, and what never had an answer', async () => {
    const { kept } = await look(two, noSources, { lookup: both, ...day(1) })
    const lookup = answering({ 'hr.example.net': ['203.0.113.6'] })
    const next = await look([...two, 'new.example.net'], kept, { lookup, ...day(2) })
    expect(next.names['hr.example.net']).toBe('203.0.113.6 2001:db8::5')
    expect(next.told).toEqual([
      'hr.example.net keeps its answer of 2026-11-01T12:00:00.000Z: AAAA: an empty answer',
      'pay.example.net keeps its answer of 2026-11-01T12:00:00.000Z: A: ENOTFOUND',
      'new.example.net never had an answer: A: ENOTFOUND, AAAA: ENOTFOUND',
    ])
  })

  it('overwrites nothing where nothing resolved, and tells that once: the network is not up yet (fault 9)', async () => {
    const first = await look(two, noSources, { lookup: both, ...day(1) })
    const next = await look(two, first.kept, { hasIpv6Gateway: undefined, ...day(2) })
    expect(next).toMatchObject({ kept: first.kept, names: first.names, hasIpv6Gateway: true })
    expect(next.told).toEqual(['none of 3 names had an answer (ENOTFOUND): what was known stays'])
  })

  it('forgets a name that the file no longer has, even while nothing resolves', async () => {
    const { kept } = await look(two, noSources, { lookup: both })
    const without = await look(two.slice(0, 2), kept, {})
    expect(Object.keys(without.kept.names)).toEqual(['hr.example.net'])
    expect((await look(two, without.kept, {})).names).toEqual({ 'hr.example.net': '203.0.113.5 2001:db8::5' })
  })

  it('loses no route that once resolved, whatever a resolver does, nor keeps one that the file dropped (fault 1)', async () => {
    const hosts = ['a.example', 'b.example', 'c.example']
    const answer = fc.oneof(
      fc.constant('down'),
      fc.array(fc.constantFrom('203.0.113.1', '203.0.113.2', '127.0.0.1', '2001:db8::1', 'junk'), {
        maxLength: 3,
      }),
    )
    const pass = fc.record({
      named: fc.subarray(hosts),
      answers: fc.record({ 'a.example': answer, 'b.example': answer, 'c.example': answer }),
    })
    const model = async (
      passes: readonly { named: string[]; answers: Record<string, string | string[]> }[],
    ) => {
      let kept = noSources
      const good = new Map<string, { readonly A?: readonly string[]; readonly AAAA?: readonly string[] }>()
      for (const { named, answers } of passes) {
        const lists = Object.entries(answers).flatMap(([host, one]) =>
          typeof one === 'string' ? [] : [[host, one]],
        )
        const seen = await look(['10.0.0.0/8', ...named], kept, {
          lookup: answering(Object.fromEntries(lists)),
        })
        kept = seen.kept
        for (const host of hosts) {
          if (!named.includes(host)) good.delete(host)
          const given = named.includes(host) ? [answers[host] ?? []].flat() : []
          const A = [...new Set(given.filter((one) => one.startsWith('203.')))].toSorted()
          const AAAA = given.includes('2001:db8::1') ? ['2001:db8::1'] : []
          const now = { ...(A.length > 0 && { A }), ...(AAAA.length > 0 && { AAAA }) }
          if (A.length + AAAA.length > 0) good.set(host, { ...good.get(host), ...now })
        }
        const wanted = [...good].map(([host, { A = [], AAAA = [] }]) => [host, [...A, ...AAAA].join(' ')])
        expect(seen.names).toEqual(Object.fromEntries(wanted))
      }
    }
    await fc.assert(fc.asyncProperty(fc.array(pass, { maxLength: 8 }), model), { numRuns: 60 })
  })

  it('follows the lists of tunnels as well, across restarts', async () => {
    const read = parseProfile(
      vpnTomlOf({ user: { routes: ['10.0.0.0/8'], 'exclusion-lists': ['a.txt'] } }),
      '/',
    )
    if (read.kind === 'faults') throw new Error(JSON.stringify(read.faults))
    const follow = async (kept: KeptSources, fetchList?: FetchList) =>
      followSources(
        read.profile,
        { tunnels: read.profile.tunnels, kept },
        sourceWorld(fetchList && { fetchList }),
      )
    const prefixes = [{ address: [0xc6_33_64_00], bits: 24 }]
    const first = await follow(noSources, () => Promise.resolve({ kind: 'list', prefixes, tag: '7' }))
    const kept = parseKeptSources(JSON.parse(JSON.stringify(first.kept)))
    const next = await follow(kept ?? noSources)
    expect(next.resolved.lists).toEqual(new Map([['a.txt', prefixes]]))
    expect(next.kept).toEqual(first.kept)
    expect(next.told).toEqual([
      { kind: 'kept', source: 'a.txt', since: '2026-11-29T12:00:00.000Z', why: 'there is no list' },
    ])
  })

  it('ends at once when it is told to (fault 3)', async () => {
    const signal = AbortSignal.timeout(10)
    const silent: Lookup = () => new Promise(() => {})
    await expect(look(two, noSources, { lookup: silent, signal })).rejects.toThrow('aborted due to timeout')
  })

  it('has no gateway of IPv6 before one was seen', async () => {
    expect(await look(two, noSources, { hasIpv6Gateway: undefined })).toMatchObject({ hasIpv6Gateway: false })
  })
})

describe('parseKeptSources()', () => {
  const answer = { addresses: ['203.0.113.5'], at: '2026-11-01T12:00:00.000Z' }
  const kept = (A: object) => ({ version: 1, names: { 'hr.example.net': { A } }, lists: {} })

  it('reads what a look kept', () => expect(parseKeptSources(kept(answer))).toEqual(kept(answer)))

  it.each<[string, readonly string[]]>([
    [
      'more networks than any has',
      Array.from({ length: 2_001 }, (_, at) => `198.18.${at >> 8}.${at & 255}/32`),
    ],
    ['half of IPv4', ['0.0.0.0/1', '128.0.0.0/3']],
    ['a large part of IPv6', ['2000::/8']],
    ['no network', []],
  ])('drops a list of %s alone', (_, prefixes) => {
    const { at } = answer
    const right = { prefixes: ['198.51.100.0/24'], at }
    const value = { ...kept(answer), lists: { 'a.txt': { prefixes, at, tag: '"1"' }, 'b.txt': right } }
    expect(parseKeptSources(value)).toEqual({ ...kept(answer), lists: { 'b.txt': right } })
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['another version', { ...kept(answer), version: 2 }],
    ['what it does not know', { ...kept(answer), more: 1 }],
    ['a local address', kept({ ...answer, addresses: ['127.0.0.1'] })],
    ['an address in another spelling', kept({ ...answer, addresses: ['2001:DB8::1'] })],
    ['no address', kept({ ...answer, addresses: [] })],
    ['a time that is none', kept({ ...answer, at: 'yesterday' })],
    ['a default route', { ...kept(answer), lists: { 'a.txt': { prefixes: ['0.0.0.0/0'], at: answer.at } } }],
  ])('takes %s for nothing', (_, value) => expect(parseKeptSources(value)).toBeUndefined())
})
