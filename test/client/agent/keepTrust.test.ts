import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keepTrust } from '../../../client/agent/keepTrust.ts'
import { keptTrust, lookAtTrust } from '../../../client/agent/keptTrust.ts'
import { runAgent } from '../../../client/agent/runAgent.ts'
import type { TrustHook } from '../../../client/agent/trustSpec.ts'
import { readTrustState } from '../../../client/agent/trustState.ts'
import type { RefusalCode } from '../../../lib/errors/catalogue.ts'
import { runProgram } from '../../../client/runProgram.ts'
import { trustFolder } from '../../../client/trustFolder.ts'
import { type BundleWorld, createBundleWorld } from '../bundleWorld.ts'
import { simulatedTime } from './simulatedTime.ts'
import { bundlePlace, reportingService, trustWorld } from './trustWorld.ts'

let bench: BundleWorld
let stranger: BundleWorld
/** Two roll-overs, of the root and of the issuer; root 1 is tainted at the end. */
let bundles: readonly [first: string, second: string, third: string, fourth: string, tainted: string]

beforeAll(async () => {
  ;[bench, stranger] = [await createBundleWorld(), await createBundleWorld()]
  bundles = [
    bench.jws,
    await bench.stageIssuer('root 2'),
    await bench.activate('root 2'),
    await bench.activate('issuer 2'),
    await bench.taint('root 1'),
  ]
})

afterAll(async () => {
  await bench[Symbol.asyncDispose]()
  await stranger[Symbol.asyncDispose]()
})

/** Which bundle trust.jws is, and which one servers read. */
const inPlace = async (folder: string) => {
  const { installed, served, loaded } = await trustFolder(folder, bench.tenant).read()
  const json = JSON.parse(await readFile(join(folder, 'trust.json'), 'utf8')) as { readonly sequence: number }
  expect(json.sequence).toBe(served?.sequence)
  expect(await readFile(join(folder, 'trust.pem'), 'utf8')).toContain(`Trust bundle ${served?.sequence} of`)
  return { installed: installed?.sequence, served: served?.sequence, loaded: loaded?.sequence }
}

const lies: readonly (readonly [what: string, jws: () => string | undefined, code: RefusalCode])[] = [
  ["another tenant's bundle", () => stranger.jws, 'trust-bundle-refused'],
  ['garbage', () => 'garbage', 'trust-bundle-refused'],
  ['an older bundle', () => bundles[0], 'trust-bundle-refused'],
  ['what nobody signed', () => bundles[2].replace(/\.[^.]*$/, '.AAAA'), 'trust-bundle-refused'],
  ['nothing', () => undefined, 'service-unavailable'],
]

describe('keepTrust()', () => {
  it('follows two roll-overs: each bundle is loaded once, and reported after that', async () => {
    const service = await reportingService(bench, bundles)
    const { look, hook, folder } = await trustWorld(bench, [service])
    for (const sequence of [1, 2, 3, 4, 5]) {
      service.current = sequence
      for (const time of ['first', 'second'] as const) {
        const { events, isNew } = await look(1, { relyingParty: service.relyingParty })
        expect(isNew).toBe(time === 'first')
        expect(events).toEqual(
          time === 'first'
            ? ['trust-changed info', 'trust-loaded info', 'trust-adopted info']
            : ['trust-current info', 'trust-adopted info'],
        )
      }
      expect(await inPlace(folder)).toEqual({ installed: sequence, served: sequence, loaded: sequence })
    }
    expect(hook.runs.map((facts) => facts['MAYFLY_TRUST_SEQUENCE'])).toEqual(['1', '2', '3', '4', '5'])
    expect(hook.runs[1]).toEqual({
      MAYFLY_EVENT: 'trust-changed',
      MAYFLY_TENANT: bench.tenant,
      MAYFLY_TRUST_FOLDER: folder,
      MAYFLY_TRUST_PEM: join(folder, 'trust.pem'),
      MAYFLY_TRUST_CERTIFICATES: join(folder, 'certificates'),
      MAYFLY_TRUST_SEQUENCE: '2',
      MAYFLY_TRUST_PREVIOUS_SEQUENCE: '1',
      MAYFLY_TRUST_PUT_BACK: '0',
    })
    expect(service.reports).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
  })

  it('names a mirror that is behind the word of the service for an hour, and asks the service', async () => {
    const service = await reportingService(bench, bundles)
    const mirror = await bundlePlace(bundles[0])
    const { look, folder } = await trustWorld(bench, [mirror, service])
    const party = { relyingParty: service.relyingParty }
    await look(0, party)
    service.current = 2
    expect((await look(1, party)).state.places[0]).toMatchObject({ name: mirror.url, sequence: 1 })
    // Half an hour is what copying takes: nobody else is asked, and nobody blamed.
    const early = await look(0.5, party)
    expect(early.events).toEqual(['trust-current info', 'trust-adopted info'])
    expect(early.nextAt.getTime() - Date.parse(early.state.places[0]?.behindSince ?? '')).toBe(3_600_000)
    expect(service.received.filter(({ method }) => method === 'GET')).toEqual([])

    const late = await look(0.5, party)
    expect(late.events).toEqual([
      'trust-changed info',
      'trust-loaded info',
      'trust-adopted info',
      'trust-frozen warning',
    ])
    expect(late.told.at(-1)?.text).toMatch(/has been behind since .*: it has bundle 1, and 2 is in force\.$/)
    expect((await inPlace(folder)).installed).toBe(2)
    mirror.jws = bundles[1]
    expect((await look(1, party)).state.places[0]).not.toHaveProperty('behindSince', expect.any(String))
  })

  it.each(lies)('asks the next one when a mirror serves %s', async (_, jws, code) => {
    const [mirror, service] = [await bundlePlace(bundles[1]), await bundlePlace(bundles[2])]
    const { look, folder } = await trustWorld(bench, [mirror, service])
    await look()
    mirror.jws = jws()
    const { events, state, error } = await look(1)
    expect(error).toBeUndefined()
    expect(events).toEqual(['trust-failed warning', 'trust-changed info', 'trust-loaded info'])
    expect(state.places[0]).toMatchObject({ name: mirror.url, lastError: { code } })
    expect((await inPlace(folder)).installed).toBe(3)
  })

  it('keeps what it has when nobody answers, waits longer each time, and still has it loaded', async () => {
    const place = await bundlePlace(bundles[0])
    const { look, hook, folder } = await trustWorld(bench, [place])
    hook.answers = ['ended with 1']
    await look()
    place.reply = () => ({ status: 404, body: '' })
    const waits: number[] = []
    for (const time of [1, 2, 3]) {
      const { nextAt, error, events } = await look(1)
      expect(error).toBeDefined()
      expect(events[0]).toBe('trust-failed error')
      expect(events.includes('trust-loaded info')).toBe(time === 1)
      const { lastError } = await readTrustState(folder, bench.tenant)
      waits.push((nextAt.getTime() - Date.parse(lastError?.at ?? '')) / 1000)
    }
    expect(waits).toEqual([120, 240, 480])
    expect((await inPlace(folder)).loaded).toBe(1)
  })
})

describe('keepTrust(), when the hook fails,', () => {
  it('puts the files back, has them loaded again, reports no adoption, and tries again', async () => {
    const service = await reportingService(bench, bundles)
    const { look, hook, folder } = await trustWorld(bench, [service])
    const party = { relyingParty: service.relyingParty }
    await look(0, party)
    service.current = 2
    hook.answers = ['ended with 1']
    const failed = await look(1, party)
    expect(failed.events).toEqual(['trust-changed info', 'trust-not-loaded error', 'trust-adopted info'])
    expect(failed.error).toMatchObject({ code: 'trust-not-loaded' })
    expect(failed.state.hook).toMatchObject({ isLoaded: false, sequence: 2, failures: 1, isPutBack: true })
    expect(await inPlace(folder)).toEqual({ installed: 2, served: 1, loaded: 1 })
    expect(await readFile(join(folder, 'trust.jws'), 'utf8')).toBe(bundles[1])
    expect(hook.runs.slice(1).map((facts) => facts['MAYFLY_TRUST_SEQUENCE'])).toEqual(['2', '1'])
    expect(hook.runs[2]).toMatchObject({ MAYFLY_TRUST_PUT_BACK: '1' })

    const done = await look(1, party)
    expect(done.events).toEqual(['trust-current info', 'trust-loaded info', 'trust-adopted info'])
    expect(done.state.hook).toMatchObject({ isLoaded: true, failures: 0 })
    expect(await inPlace(folder)).toEqual({ installed: 2, served: 2, loaded: 2 })
    expect(service.reports).toEqual([1, 1, 2])
  })

  it('goes back no further than what was loaded, however often it fails', async () => {
    const place = await bundlePlace(bundles[0])
    const { look, hook, folder } = await trustWorld(bench, [place])
    await look()
    hook.answers = Array.from({ length: 12 }, () => 'took more than 60 s')
    for (const jws of bundles.slice(1, 4)) {
      place.jws = jws
      await look(1)
      const { state } = await look(1)
      expect(state.hook?.isPutBack).toBe(true)
      expect(await inPlace(folder)).toMatchObject({ served: 1, loaded: 1 })
    }
    expect((await look(1)).state).toMatchObject({ sequence: 4, hook: { isLoaded: true } })
  })

  it('keeps the new files when they lack what was tainted, and says so', async () => {
    const place = await bundlePlace(bundles[3])
    const { look, hook, folder } = await trustWorld(bench, [place])
    await look()
    place.jws = bundles[4]
    hook.answers = ['ended with 1', 'ended with 1']
    const { state, told } = await look(1)
    expect(state.hook).toMatchObject({ isLoaded: false, isPutBack: false, sequence: 5 })
    expect(told.find(({ kind }) => kind === 'trust-not-loaded')?.text).toMatch(/The new files stay/)
    expect(await inPlace(folder)).toMatchObject({ installed: 5, served: 5 })
    expect(await readFile(join(folder, 'trust.pem'), 'utf8')).not.toContain('root~0001')
  })

  it('keeps the new files also when a root signed the old ones that is still trusted', async () => {
    const [, content = ''] = bundles[3].split('.')
    const place = await bundlePlace(await bench.sign(Buffer.from(content, 'base64url'), { root: 2 }))
    const { look, hook, folder } = await trustWorld(bench, [place])
    await look(0, { anchors: [bench.root(2).digest] })
    place.jws = bundles[4]
    hook.answers = ['ended with 1', 'ended with 1']
    await look(1)
    expect(await inPlace(folder)).toEqual({ installed: 5, served: 5, loaded: 4 })
  })

  it('takes files that were put back away again when the next bundle lacks what they hold', async () => {
    const place = await bundlePlace(bundles[2])
    const { look, hook, folder } = await trustWorld(bench, [place])
    await look()
    place.jws = bundles[3]
    hook.answers = ['ended with 1', undefined, 'ended with 1']
    await look(1)
    expect(await inPlace(folder)).toMatchObject({ installed: 4, served: 3 })
    place.jws = bundles[4]
    await look(1)
    expect(await inPlace(folder)).toMatchObject({ installed: 5, served: 5 })
  })

  it('puts the files back when it hangs', async () => {
    const place = await bundlePlace(bundles[0])
    const { look, folder } = await trustWorld(bench, [place])
    await look()
    place.jws = bundles[1]
    const onTrustChange: TrustHook = async (facts, signal) => {
      const isWell = facts['MAYFLY_TRUST_PUT_BACK'] === '1'
      return (
        await runProgram({
          program: isWell ? 'exit 0' : 'sleep 60',
          isShell: true,
          environment: process.env,
          timeoutMilliseconds: isWell ? 20_000 : 300,
          signal,
        })
      ).how
    }
    const { error } = await look(1, { onTrustChange })
    expect(error).toMatchObject({
      detail: expect.stringMatching(/the hook took more than 0\.3 s/) as unknown,
    })
    expect(await inPlace(folder)).toEqual({ installed: 2, served: 1, loaded: 1 })
  })

  it('leaves the new files where nothing was loaded before', async () => {
    const place = await bundlePlace(bundles[0])
    const { look, hook, folder } = await trustWorld(bench, [place])
    hook.answers = ['ended with 1']
    expect((await look()).state.hook).toMatchObject({ isPutBack: false })
    expect(await inPlace(folder)).toEqual({ installed: 1, served: 1, loaded: undefined })
  })

  it('runs it again at the next start when the agent was stopped meanwhile', async () => {
    const place = await bundlePlace(bundles[0])
    const { spec, world, folder, look } = await trustWorld(bench, [place])
    const stop = new AbortController()
    const onTrustChange = async () => {
      stop.abort()
      return 'was stopped'
    }
    await keepTrust({ ...spec, onTrustChange }, world, stop.signal)
    expect(await inPlace(folder)).toEqual({ installed: 1, served: 1, loaded: undefined })
    expect((await look()).events).toEqual(['trust-current info', 'trust-loaded info'])
  })

  it('has nothing put back, nor loaded again, by an agent that ends', async () => {
    const place = await bundlePlace(bundles[0])
    const { spec, world, folder, look } = await trustWorld(bench, [place])
    await look()
    place.jws = bundles[1]
    const [stop, runs] = [new AbortController(), [] as unknown[]]
    const onTrustChange: TrustHook = async (facts) => {
      runs.push(facts['MAYFLY_TRUST_SEQUENCE'])
      stop.abort()
      return 'was stopped'
    }
    await keepTrust({ ...spec, onTrustChange }, world, stop.signal)
    expect(runs).toEqual(['2'])
    expect(await inPlace(folder)).toEqual({ installed: 2, served: 2, loaded: 1 })
  })
})

describe('several processes at once', () => {
  it('take turns: the hook runs once for each bundle, and never twice at a time', async () => {
    const place = await bundlePlace(bundles[1])
    const { spec, world, folder } = await trustWorld(bench, [place])
    let [running, most, runs] = [0, 0, 0]
    const onTrustChange = async () => {
      most = Math.max(most, (running += 1))
      await new Promise((resolve) => setTimeout(resolve, 20))
      running -= 1
      runs += 1
      return undefined
    }
    const { signal } = new AbortController()
    const passes = await Promise.all(
      [1, 2, 3, 4].map(() => keepTrust({ ...spec, onTrustChange }, world, signal)),
    )
    expect(passes.filter(({ isNew }) => isNew)).toHaveLength(1)
    expect({ most, runs }).toEqual({ most: 1, runs: 1 })
    expect((await inPlace(folder)).loaded).toBe(2)
  })

  it('keep bundles of several tenants beside each other', async () => {
    const [one, other] = [await bundlePlace(bundles[0]), await bundlePlace(stranger.jws)]
    const [mine, theirs] = [await trustWorld(bench, [one]), await trustWorld(stranger, [other])]
    const passes = await Promise.all([mine.look(), theirs.look()])
    expect(passes.map(({ bundle }) => bundle?.tenant)).toEqual([bench.tenant, stranger.tenant])
  })
})

describe('lookAtTrust()', () => {
  it('asks nobody before the time that the bundle hints at, not even after a restart', async () => {
    const place = await bundlePlace(bundles[0])
    const { spec, world, look } = await trustWorld(bench, [place])
    const { nextAt } = await look()
    const asked = place.received.length
    const { signal } = new AbortController()
    expect(
      await lookAtTrust(spec, {
        world: { ...simulatedTime(world.now(), 1).world, ...world },
        signal,
        hasChanged: true,
      }),
    ).toEqual({ nextAt })
    expect(place.received).toHaveLength(asked)
  })

  it('puts right what somebody altered, and asks nobody for that', async () => {
    const place = await bundlePlace(bundles[0])
    const { spec, world, folder, look } = await trustWorld(bench, [place])
    const { nextAt } = await look()
    const asked = place.received.length
    const file = join(folder, 'issuers.pem')
    const right = await readFile(file, 'utf8')
    const { signal } = new AbortController()
    const around = {
      world: { ...simulatedTime(world.now(), 1).world, ...world },
      signal,
      hasChanged: false,
    }
    await writeFile(file, 'altered')
    expect(await lookAtTrust(spec, around)).toEqual({ nextAt })
    expect(await readFile(file, 'utf8')).toBe(right)
    expect(place.received).toHaveLength(asked)
    await writeFile(join(folder, 'trust.jws'), 'a.b.c')
    await expect(lookAtTrust(spec, around)).toRefuse('trust-bundle-refused')
  })

  it('fetches a bundle that somebody took away, also before its time', async () => {
    const { spec, world, folder, look } = await trustWorld(bench, [await bundlePlace(bundles[0])])
    await look()
    const remembered = await readFile(join(folder, 'sync.json'))
    await rm(folder, { recursive: true })
    await mkdir(folder)
    await writeFile(join(folder, 'sync.json'), remembered)
    const { signal } = new AbortController()
    const simulated = { ...simulatedTime(world.now(), 1).world, ...world }
    await lookAtTrust(spec, { world: simulated, signal, hasChanged: false })
    expect((await inPlace(folder)).installed).toBe(1)
  })
})

describe('an agent that keeps a bundle', () => {
  it('looks as the bundle hints, and no more often, while the clock is set back and forward', async () => {
    const place = await bundlePlace(bundles[0])
    const { spec } = await trustWorld(bench, [place])
    const time = simulatedTime(bench.world.now, 3)
    const at = (hours: number) => new Date(bench.world.now.getTime() + hours * 3_600_000)
    const stop = new AbortController()
    time.at(at(4), () => time.setClock(-24 * 3_600_000))
    time.at(at(8), () => time.setClock(5 * 3_600_000))
    time.at(at(12), () => time.setClock(0))
    time.at(at(16), () => stop.abort())
    const kept = keptTrust({ ...spec, onTrustChange: undefined })
    let looks = 0
    const counted: typeof kept = {
      ...kept,
      look: (around) => {
        looks += 1
        return kept.look(around)
      },
    }
    await time.run(() => runAgent([counted], time.world, stop.signal))
    expect(looks).toBeLessThanOrEqual(26)
    const hours = place.received.length
    // Once an hour, a little earlier each time, and at once when the clock makes what is remembered come from the future.
    expect(hours).toBeGreaterThanOrEqual(14)
    expect(hours).toBeLessThanOrEqual(22)
    expect(time.events.filter(({ kind }) => kind === 'trust-failed')).toEqual([])
  })

  it('remembers nothing of a look that was ended, not even that it failed', async () => {
    const place = await bundlePlace(bundles[0])
    const { spec, world, look, folder } = await trustWorld(bench, [place])
    await look()
    const before = await readTrustState(folder, bench.tenant)
    const stop = new AbortController()
    place.reply = () => {
      stop.abort()
      return { status: 500 }
    }
    const events: string[] = []
    const report = ({ kind }: { readonly kind: string }) => void events.push(kind)
    await keepTrust(spec, { ...world, report }, stop.signal)
    expect(await readTrustState(folder, bench.tenant)).toEqual(before)
    expect(events).toEqual([])
  })

  it('gives the wait for whoever has the folder up at once when it is ended', async () => {
    const place = await bundlePlace(bundles[0])
    const { spec, world, folder } = await trustWorld(bench, [place])
    const stop = new AbortController()
    await trustFolder(folder, bench.tenant).inTurn(async () => {
      const waiting = keepTrust(spec, world, stop.signal)
      setTimeout(() => stop.abort(), 200)
      const begun = performance.now()
      await expect(waiting).toRefuse('folder-busy')
      expect(performance.now() - begun).toBeLessThan(20_000)
    })
    expect(place.received).toEqual([])
  })
})
