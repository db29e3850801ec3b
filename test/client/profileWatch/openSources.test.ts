import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openSources } from '../../../client/profileWatch/openSources.ts'
import type { RecordType } from '../../../client/vpnProfile/sources/askNames.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { watchWorld } from './watchWorld.ts'

const hosts = ['a.example.net', 'b.example.net', 'c.example.net'] as const
const types: readonly RecordType[] = ['A', 'AAAA']

/** What a resolver says of a kind of addresses of a name: addresses by their last digits, nothing, or a failure. */
type Answer = readonly number[] | 'failed'

const answer: fc.Arbitrary<Answer> = fc.oneof(
  { weight: 2, arbitrary: fc.constant('failed' as const) },
  { weight: 3, arbitrary: fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }) },
)

/** One check: which names the file has as routes, and what the resolver says, A before AAAA, name by name. */
const pass = fc.record({
  file: fc.subarray([0, 1, 2]),
  answers: fc.array(answer, { minLength: 6, maxLength: 6 }),
  restarts: fc.boolean(),
  isDown: fc.boolean(),
})

/** Addresses of no two names are alike. */
const addressOf = (host: number, type: RecordType, digit: number): string =>
  type === 'A' ? `10.1.${host}.${digit}` : `fd00::${host + 1}:${digit}`

const prefixes = (host: number, type: RecordType, digits: readonly number[]): readonly string[] =>
  digits.map((digit) => `${addressOf(host, type, digit)}/${type === 'A' ? 32 : 128}`)

/** A watch with the real sources, whose resolver a test is. */
const resolvedWatch = async () => {
  const world = await watchWorld()
  const resolver = { answers: [] as readonly Answer[], isDown: false }
  const sources = () =>
    openSources(world.folder, {
      now: () => world.time.world.now(),
      clock: () => world.time.world.clock(),
      report: (event) => world.time.world.report(event),
      hasIpv6Gateway: async () => true,
      fetchList: () => Promise.reject(new Error('no list')),
      async lookup(host, type) {
        const number = hosts.findIndex((one) => one === host)
        // The service and the server are always there.
        const usual = number < 0 ? [9] : 'failed'
        const found = resolver.answers[2 * number + types.indexOf(type)] ?? usual
        if (found === 'failed' || resolver.isDown) throw Object.assign(new Error('x'), { code: 'ETIMEOUT' })
        return found.map((digit) => (number < 0 ? '198.51.100.9' : addressOf(number, type, digit)))
      },
    })
  let opened = world.open({}, { sources: sources() })
  return {
    ...world,
    resolver,
    restart: () => (opened = world.open({}, { sources: sources() })),
    check: () => opened.once(new AbortController().signal),
    /** The routes that are installed; undefined where no profile is. */
    installed: () => world.place.routes()?.split(' '),
  }
}

it('no sequence of failures loses a route that once resolved, nor lets one live that the file no longer names (fault 1)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(pass, { minLength: 1, maxLength: 8 }), async (passes) => {
      const { say, check, restart, resolver, installed } = await resolvedWatch()
      /** The last good addresses of a kind of a name, while the file has it. */
      let good = new Map<string, readonly string[]>()
      for (const { file, answers, restarts, isDown } of passes) {
        say('192.0.2.0/24', ...file.map((host) => hosts[host] ?? ''))
        Object.assign(resolver, { answers, isDown })
        if (restarts) restart()
        await check()
        const inFile = file.flatMap((host) => types.map((type) => ({ host, type })))
        const next = inFile.map(({ host, type }) => {
          const now = isDown ? 'failed' : (answers[2 * host + types.indexOf(type)] ?? 'failed')
          const isGood = now !== 'failed' && now.length > 0
          const before = good.get(`${host} ${type}`) ?? []
          return [`${host} ${type}`, isGood ? prefixes(host, type, now) : before] as const
        })
        good = new Map(next)
        const wanted = ['192.0.2.0/24', ...next.flatMap(([, all]) => all)]
        const routes = installed()
        // Nothing is created while a name never had an address.
        if (routes) expect(routes.toSorted()).toEqual(wanted.toSorted())
        else
          expect(
            file.some((host) => types.every((type) => (good.get(`${host} ${type}`) ?? []).length === 0)),
          ).toBe(true)
      }
    }),
    { numRuns: fuzzRuns(60) },
  )
})

describe('openSources()', () => {
  it('changes nothing where nothing is remembered and nothing answers (fault 9)', async () => {
    const { folder, say, check, restart, resolver, installed, place, told } = await resolvedWatch()
    say('192.0.2.0/24', hosts[0])
    resolver.answers = [[1], []]
    await check()
    await writeFile(join(folder, 'sources.json'), '{')
    resolver.isDown = true
    restart()
    await check()
    await check()
    expect(installed()).toEqual(['10.1.0.1/32', '192.0.2.0/24'])
    expect(told().slice(1)).toEqual(['profiles-forgotten', 'source-failed', 'profile-held'])
    Object.assign(resolver, { isDown: false, answers: [[2], []] })
    await check()
    expect(installed()).toEqual(['10.1.0.2/32', '192.0.2.0/24'])
    expect(place.done).toEqual(['create Contoso', 'replace Contoso'])
  })

  it('loses no answer where its file is torn while it lives', async () => {
    const { folder, say, check, resolver, installed, told } = await resolvedWatch()
    say('192.0.2.0/24', hosts[0], hosts[1])
    resolver.answers = [[1], [], [2], []]
    await check()
    await writeFile(join(folder, 'sources.json'), '')
    resolver.answers = [[1], [], 'failed', 'failed']
    await check()
    await check()
    expect(installed()).toEqual(['10.1.0.1/32', '10.1.1.2/32', '192.0.2.0/24'])
    expect(told().slice(1)).toEqual(['profiles-forgotten', 'source-failed'])
  })

  it('tells a name that does not answer once, with the age of its addresses, and when it answers again', async () => {
    const { say, check, resolver, time } = await resolvedWatch()
    say('192.0.2.0/24', hosts[0])
    resolver.answers = [[1], [2]]
    await check()
    resolver.answers = [[1], 'failed']
    await check()
    await check()
    resolver.isDown = true
    await check()
    Object.assign(resolver, { isDown: false, answers: [[1], [2]] })
    await check()
    const told = time.events.flatMap(({ kind, text }) =>
      kind.startsWith('source') ? [`${kind}: ${text}`] : [],
    )
    expect(told).toEqual([
      'source-failed: a.example.net keeps its answer of 2026-03-02T08:00:00.000Z: AAAA: ETIMEOUT',
      'source-failed: none of 3 names had an answer (ETIMEOUT): what was known stays',
      'source-known: a.example.net: nothing is wrong any more.',
      'source-known: the resolver: nothing is wrong any more.',
    ])
  })
})
