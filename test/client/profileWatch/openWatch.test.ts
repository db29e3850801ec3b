import { writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { notApplied } from '../../../client/vpnProfile/profilePlace.ts'
import { at, formOf, secondsOf, tomlOf, watchWorld } from './watchWorld.ts'

const profileEvents = (told: readonly string[]) => told.filter((kind) => kind !== 'profiles-checked')

describe('openWatch()', () => {
  it('creates the profile at the start, and checks every hour, up to a tenth earlier', async () => {
    const { run, place, sources, time } = await watchWorld()
    await run(12 * 3_600)
    expect(place.done).toEqual(['create Contoso'])
    expect(sources.asked).toBeGreaterThanOrEqual(12)
    expect(sources.asked).toBeLessThanOrEqual(14)
    const checks = time.events.filter(({ kind }) => kind === 'profiles-checked')
    const gaps = checks
      .slice(1)
      .map((one, index) => secondsOf(one.at) - secondsOf(checks[index]?.at ?? at(0)))
    expect(Math.max(...gaps)).toBeLessThanOrEqual(3_600)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(3_240)
    expect(new Set(gaps).size).toBeGreaterThan(5)
  })

  it('replaces the profile within 17 s of a change of the file, and not while it is being written', async () => {
    const { run, place, say, time } = await watchWorld()
    time.at(at(91), () => say('10.1.0.0/16'))
    // Whoever copies it wrote half.
    time.at(at(105.5), () => say('10.2.0.0/16'))
    await run(110)
    expect(place.done).toEqual(['create Contoso', 'replace Contoso'])
    expect(place.routes()).toBe('10.2.0.0/16')
  })

  it('checks when the network changes and when the machine wakes up, at most every 30 s', async () => {
    const { run, sources, time } = await watchWorld()
    time.at(at(100), () => time.setNetwork('wlan0'))
    for (let second = 200; second < 260; second += 10)
      time.at(at(second), () => time.setNetwork(`wlan0 ${second}`))
    time.at(at(400), () => time.sleep(600_000))
    await run(1_100)
    const checks = time.events.filter(({ kind }) => kind === 'profiles-checked')
    const triggers = checks.map(({ facts }) => facts?.['triggers'])
    expect(triggers).toEqual(['start', 'network', 'network', 'network', 'network', 'network'])
    const times = checks.map((one) => secondsOf(one.at))
    expect(times.slice(1).every((one, index) => one - (times[index] ?? 0) >= 30)).toBe(true)
    expect(sources.asked).toBe(6)
  })

  it('checks when a file changes, or comes, that the file names', async () => {
    const { run, write, folder, place, time } = await watchWorld()
    const text = tomlOf({ user: ['Contoso', '10.0.0.0/8'] }).replace('[server]', '[server]\nca = "ca.pem"')
    write(`${text}\nexclusion-lists = ["own.txt"]`)
    const authority = encodePem('CERTIFICATE', Uint8Array.of(0x30, 0))
    time.at(at(100), () => writeFileSync(join(folder, 'ca.pem'), authority, { mode: 0o600 }))
    time.at(at(200), () => writeFileSync(join(folder, 'own.txt'), '198.51.100.0/24'))
    await run(300)
    const checks = time.events.filter(({ kind }) => kind === 'profiles-checked')
    expect(checks.map(({ facts }) => facts?.['triggers'])).toEqual(['start', 'file', 'file'])
    expect(place.done).toEqual(['create Contoso'])
  })

  it('loses no change of the file that comes during a check (fault 8)', async () => {
    const { run, place, say, sources, time } = await watchWorld()
    let isFirst = true
    sources.pause = async (signal) => {
      if (!isFirst) return
      isFirst = false
      say('10.1.0.0/16')
      await time.world.wait(3_000, signal)
    }
    await run(60)
    expect(sources.asked).toBe(2)
    expect(place.routes()).toBe('10.1.0.0/16')
  })

  it('loses no change of the network that comes during a check (fault 8)', async () => {
    const { run, sources, time } = await watchWorld()
    sources.pause = async (signal) => {
      if (sources.asked > 1) return
      time.setNetwork('wlan0')
      await time.world.wait(3_000, signal)
    }
    await run(120)
    expect(sources.asked).toBe(2)
  })

  it('waits while the tunnel is up, says since when, and applies within 5 s of its end', async () => {
    const { run, place, say, state, time, told } = await watchWorld()
    place.profiles.set('Contoso', formOf('Contoso', '10.0.0.0/8'))
    place.states.set('Contoso', 'up')
    time.at(at(100), () => say('10.1.0.0/16'))
    let waiting: ReturnType<typeof state> | undefined
    time.at(at(7_000), () => (waiting = state()))
    time.at(at(7_203), () => place.states.set('Contoso', 'down'))
    await run(7_300)
    expect(waiting?.profiles).toMatchObject([{ condition: 'waiting', since: '2026-03-02T08:01:47Z' }])
    expect(profileEvents(told())).toEqual(['profile-adopted', 'profile-waiting', 'profile-applied'])
    const applied = time.events.find(({ kind }) => kind === 'profile-applied')
    expect(secondsOf(applied?.at ?? at(0)) - 7_203).toBeLessThanOrEqual(5)
    expect(state().profiles).toMatchObject([{ condition: 'current' }])
  })

  it('takes "unknown" for up (fault 7)', async () => {
    const { run, place, say, state, time } = await watchWorld()
    time.at(at(100), () => {
      place.states.set('Contoso', 'unknown')
      say('10.1.0.0/16')
    })
    await run(7_200)
    expect(place.done).toEqual(['create Contoso'])
    expect(state().profiles).toMatchObject([
      { condition: 'waiting', text: expect.stringContaining('cannot be told') },
    ])
  })

  it('applies at the end of the tunnel what the file says then, and keeps since when an update waits', async () => {
    const { run, place, say, state, time } = await watchWorld()
    place.states.set('Contoso', 'up')
    time.at(at(100), () => say('10.1.0.0/16'))
    time.at(at(500), () => say('10.2.0.0/16'))
    let since: string | undefined
    time.at(at(700), () => (since = state().profiles[0]?.since))
    time.at(at(1_000), () => place.states.delete('Contoso'))
    await run(1_100)
    expect(since).toBe('2026-03-02T08:01:47Z')
    expect(place.done).toEqual(['create Contoso', 'replace Contoso'])
    expect(place.routes()).toBe('10.2.0.0/16')
  })

  it('tells a mismatch that stays once, also after a restart, and rebuilds when one of both changes (fault 5)', async () => {
    const { run, place, say, open, time, told, once } = await watchWorld()
    place.bend = ({ name }) => formOf(name, '10.9.0.0/16')
    await run(12 * 3_600, open())
    expect(place.done).toEqual(['create Contoso'])
    await once()
    expect(profileEvents(told())).toEqual(['profile-mismatched'])
    expect(place.done).toEqual(['create Contoso'])
    place.profiles.set('Contoso', formOf('Contoso', '10.8.0.0/16'))
    await once()
    expect(place.done).toEqual(['create Contoso', 'replace Contoso'])
    say('10.1.0.0/16')
    place.bend = (form) => form
    await once()
    expect(place.routes()).toBe('10.1.0.0/16')
    expect(time.events.at(-1)).toMatchObject({ kind: 'profile-applied', facts: { settings: 'routes' } })
  })

  it('changes nothing while the file has a fault, tells it once, and goes on once it is mended', async () => {
    const { run, place, write, say, state, time, told } = await watchWorld()
    time.at(at(100), () => write('tenant = "contoso"\nserver = 1'))
    let broken: ReturnType<typeof state> | undefined
    time.at(at(4_000), () => (broken = state()))
    time.at(at(7_000), () => say('10.1.0.0/16'))
    await run(7_100)
    expect(broken?.error).toMatchObject({ code: 'configuration-invalid', since: '2026-03-02T08:01:47Z' })
    expect(profileEvents(told())).toEqual([
      'profile-applied',
      'profiles-invalid',
      'profiles-valid',
      'profile-applied',
    ])
    expect(place.done).toEqual(['create Contoso', 'replace Contoso'])
  })

  it('asks for the end of no tunnel while the file has a fault: nothing could be applied', async () => {
    const { run, place, say, write, time } = await watchWorld()
    place.states.set('Contoso', 'up')
    time.at(at(100), () => say('10.1.0.0/16'))
    time.at(at(200), () => write('tenant = 1'))
    let [asked, askedInVain] = [0, 0]
    time.at(at(300), () => {
      place.states.delete('Contoso')
      place.pause = async (call) => void (asked += call === 'state' ? 1 : 0)
    })
    time.at(at(900), () => {
      askedInVain = asked
      say('10.2.0.0/16')
    })
    await run(1_000)
    expect(askedInVain).toBe(0)
    expect(place.done).toEqual(['create Contoso', 'replace Contoso'])
  })

  it('tells by the name of the profile that the platform cannot do what the file says', async () => {
    const { place, open, state } = await watchWorld()
    const named = { ...place.adapter, nameOf: () => 'mayfly-user', make: () => formOf('mayfly-user') }
    const { signal } = new AbortController()
    await open({}, { place: named }).once(signal)
    const make = () => {
      throw new Refusal('configuration-invalid', 'It cannot.')
    }
    await open({}, { place: { ...named, make } }).once(signal)
    expect(state().profiles).toMatchObject([{ name: 'mayfly-user', condition: 'failed', isManaged: true }])
  })

  it('keeps the old profile where the new one cannot be applied, tells why once, and tries again', async () => {
    const { run, place, say, time, told, state } = await watchWorld()
    time.at(at(100), () => {
      place.fault = notApplied('Contoso', 'the place is full; the old one is in force')
      say('10.1.0.0/16')
    })
    time.at(at(1_000), () => (place.fault = undefined))
    await run(900)
    expect(place.routes()).toBe('10.0.0.0/8')
    expect(state().profiles).toMatchObject([{ condition: 'failed', isManaged: true }])
    expect(profileEvents(told())).toEqual(['profile-applied', 'profile-failed'])
  })
})

describe('profiles of others', () => {
  const foreign = formOf('Contoso', '192.168.0.0/16')

  it('are left where they differ, told once, and taken over by --adopt', async () => {
    const { place, once, told, state } = await watchWorld()
    place.profiles.set('Contoso', foreign)
    await once()
    await once()
    expect(place.done).toEqual([])
    expect(told()).toEqual(['profile-foreign'])
    expect(state().profiles).toMatchObject([{ condition: 'foreign', isManaged: false }])
    await once({ adopt: true })
    expect(place.done).toEqual(['replace Contoso'])
    expect(told().slice(1)).toEqual(['profile-adopted', 'profile-applied'])
    await once()
    expect(place.done).toEqual(['replace Contoso'])
  })

  it('are taken over where they are as the file says', async () => {
    const { place, once, say, told } = await watchWorld()
    place.profiles.set('Contoso', formOf('Contoso', '10.0.0.0/8'))
    await once()
    expect(told()).toEqual(['profile-adopted'])
    say('10.1.0.0/16')
    await once()
    expect(place.done).toEqual(['replace Contoso'])
  })

  it('go by --remove-unmanaged, once their tunnel is down, and never while none is managed', async () => {
    const { place, once } = await watchWorld()
    const removeUnmanaged = true
    place.profiles.set('Contoso', foreign).set('Old', formOf('Old')).set('Up', formOf('Up'))
    place.states.set('Up', 'up')
    await once({ removeUnmanaged })
    expect(place.done).toEqual([])
    await once({ removeUnmanaged, adopt: true })
    expect(place.done).toEqual(['replace Contoso', 'remove Old'])
    place.states.delete('Up')
    // What was asked for once is done at the end of the tunnel.
    await once()
    expect(place.done).toEqual(['replace Contoso', 'remove Old', 'remove Up'])
  })
})

describe('tunnels that the file no longer has', () => {
  it('go once what is in the file is there', async () => {
    const { place, once, write } = await watchWorld()
    await once()
    place.profiles.set('Mine', formOf('Mine'))
    write(tomlOf({ user: ['New', '10.0.0.0/8'] }))
    // Removing would be possible.
    place.pause = async (call) => {
      if (call === 'apply') throw notApplied('New', 'it cannot')
    }
    await once()
    expect([...place.profiles.keys()]).toEqual(['Contoso', 'Mine'])
    place.pause = () => Promise.resolve()
    place.states.set('Contoso', 'up')
    await once()
    expect([...place.profiles.keys()]).toEqual(['Contoso', 'Mine', 'New'])
    place.states.delete('Contoso')
    await once()
    expect([...place.profiles.keys()]).toEqual(['Mine', 'New'])
  })

  it('are only those that this machine was to have', async () => {
    const { place, once, write, open } = await watchWorld()
    write(tomlOf({ user: ['Contoso', '10.0.0.0/8'], backup: ['Second', '10.0.0.0/8'] }))
    await once()
    await open({}, { tunnels: ['backup'] }).once(new AbortController().signal)
    expect(place.done).toEqual(['create Contoso', 'create Second', 'remove Contoso'])
  })
})

describe('a name that never had an address', () => {
  it('keeps a profile from being created, and from nothing else', async () => {
    const { place, once, sources, say, told } = await watchWorld()
    sources.lacking = ['hr.example.net']
    await once()
    expect(place.done).toEqual([])
    expect(told()).toEqual(['profile-held'])
    sources.lacking = []
    await once()
    sources.lacking = ['new.example.net']
    say('10.1.0.0/16')
    await once()
    expect(place.done).toEqual(['create Contoso', 'replace Contoso'])
  })

  it('changes nothing while no name has an answer: the network is not up yet (fault 9)', async () => {
    const { place, once, sources, say, state } = await watchWorld()
    await once()
    sources.lacking = ['hr.example.net']
    sources.isSilent = true
    say('10.1.0.0/16')
    await once()
    expect(place.done).toEqual(['create Contoso'])
    expect(state().profiles).toMatchObject([{ condition: 'held', isManaged: true }])
  })
})

describe('what is remembered', () => {
  it('begins anew where it cannot be read, is told, and harms nothing', async () => {
    const { folder, place, once, say, told } = await watchWorld()
    for (const text of ['', '{', '{"version":2}', 'null']) {
      place.profiles.clear()
      await once()
      await writeFile(join(folder, 'profiles.json'), text)
      const before = place.done.length
      await once()
      expect(told().slice(-2)).toEqual(['profiles-forgotten', 'profile-adopted'])
      await writeFile(join(folder, 'profiles.json'), text)
      say('10.1.0.0/16')
      await once()
      expect(place.done).toHaveLength(before)
      expect(told().slice(-2)).toEqual(['profiles-forgotten', 'profile-foreign'])
      say('10.0.0.0/8')
    }
  })

  it('tells whose a profile is that was created by a process that was killed then', async () => {
    const { place, once, say, state, told, open } = await watchWorld()
    const killed = new AbortController()
    place.pause = async (call) => {
      if (call !== 'apply') return
      place.profiles.set('Contoso', formOf('Contoso', '10.0.0.0/8'))
      killed.abort()
    }
    await open()
      .once(killed.signal)
      .catch(() => undefined)
    expect(state().profiles).toMatchObject([{ isManaged: true, condition: 'applying' }])
    place.pause = async () => undefined
    say('10.1.0.0/16')
    await once()
    expect(place.done.at(-1)).toBe('replace Contoso')
    expect(told()).toEqual(['profile-applied'])
  })
})

/** What never answers, and ends by its signal alone. */
const hang = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const end = () => reject(new Error('stopped'))
    if (signal.aborted) end()
    signal.addEventListener('abort', end)
  })

/** What never answers, whatever signal it is given. */
const hangForGood = (): Promise<never> => new Promise(() => undefined)

describe('a stop ends each wait at once, and leaves the old or the new profile (fault 3)', () => {
  const waits = {
    'for names': ({ sources }) => void (sources.pause = hang),
    'for names of a resolver that heeds no signal': ({ sources }) => void (sources.pause = hangForGood),
    'for what is installed': ({ place }) =>
      void (place.pause = (call, signal) => (call === 'installed' ? hang(signal) : Promise.resolve())),
    'for the state of a tunnel that nobody tells': ({ place }) =>
      void (place.pause = (call) => (call === 'state' ? hangForGood() : Promise.resolve())),
    'for a profile to be applied': ({ place }) =>
      void (place.pause = (call, signal) => (call === 'apply' ? hang(signal) : Promise.resolve())),
  } satisfies Readonly<Record<string, (world: Awaited<ReturnType<typeof watchWorld>>) => void>>

  it.each(Object.keys(waits) as (keyof typeof waits)[])('%s', async (name) => {
    const world = await watchWorld()
    const { place, sources, say, open, stop, time, once } = world
    await once()
    say('10.1.0.0/16')
    waits[name](world)
    const { kept } = open()
    const around = { world: time.world, signal: stop.signal, hasChanged: false }
    const clock = { now: () => at(0), learn: () => 0, jumpedMilliseconds: () => 0 }
    const looking = kept.look({ ...around, clock })
    await sleep(300)
    const begun = performance.now()
    stop.abort()
    await looking
    expect(performance.now() - begun).toBeLessThan(5_000)
    expect(place.routes()).toBe('10.0.0.0/8')
    place.pause = async () => undefined
    sources.pause = async () => undefined
    await once()
    expect(place.routes()).toBe('10.1.0.0/16')
  })

  it('applies once more what was begun and came to no end, though nothing differs', async () => {
    const { once, place, say, state, time } = await watchWorld()
    await once()
    say('10.1.0.0/16')
    let meanwhile: unknown
    place.pause = async (call) => {
      if (call !== 'apply') return
      // Killed here, with the files in place: what is remembered is all that the next one knows.
      place.profiles.set('Contoso', formOf('Contoso', '10.1.0.0/16'))
      meanwhile = state().profiles
      throw new Error('It ended.')
    }
    await once()
    expect(meanwhile).toMatchObject([{ condition: 'current', isBegun: true }])
    place.pause = () => Promise.resolve()
    await once()
    await once()
    expect(place.done).toEqual(['create Contoso', 'replace Contoso'])
    expect(time.events.at(-1)?.text).toContain('applied once more')
    expect(state().profiles).toMatchObject([{ condition: 'current', isBegun: false }])
  })
})
