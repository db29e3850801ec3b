import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readGuardState } from '../../../client/guard/guardState.ts'
import { brokenGuards, guardStatus } from '../../../client/guard/guardStatus.ts'
import { openGuard } from '../../../client/guard/openGuard.ts'
import { readSessionCertificate } from '../../../client/guard/readSessionCertificate.ts'
import { sessionsUnknown } from '../../../client/guard/talkToSocket.ts'
import { createBundleWorld } from '../bundleWorld.ts'
import { bundlePlace, trustWorld } from '../agent/trustWorld.ts'
import { at, device, dropOf, fakeServer, guardWorld, secondsOf, sessionOf } from './guardWorld.ts'

/** How long a service may hold a deny list for the last word. */
const denyCacheSeconds = 30

const outlived = sessionOf({ since: at(-4_000) })

const once = (guard: { readonly once: (signal: AbortSignal) => Promise<unknown> }) =>
  guard.once(new AbortController().signal)

describe('openGuard()', () => {
  it('ends the session of a user who is stopped within 30 s of cache, 15 s of hint and 5 s, and of no other', async () => {
    const delays: number[] = []
    for (const denied of [100, 101.3, 107.7, 109.9, 114.999]) {
      const { time, server, drops, run } = await guardWorld()
      server.open = [sessionOf({ id: '1' }), sessionOf({ id: '2', user: 'bob@contoso.example' })]
      time.at(at(denied + denyCacheSeconds), () => drops.stop(1, dropOf({ at: at(denied) })))
      await run(300)
      const [event, ...others] = time.events.filter(({ kind }) => kind === 'session-ended')
      expect(others).toEqual([])
      expect(event).toMatchObject({ facts: { session: '1', reason: 'dropped', server: 'fake' } })
      expect(server.open.map(({ id }) => id)).toEqual(['2'])
      delays.push(secondsOf(event?.at ?? new Date(0)) - denied)
    }
    expect(Math.max(...delays)).toBeLessThanOrEqual(denyCacheSeconds + 15 + 5)
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(denyCacheSeconds)
  })

  it('looks every 5 s, and ends a user who comes back', async () => {
    const { time, server, drops, run } = await guardWorld()
    drops.stop(1, dropOf())
    for (const seconds of [20, 41, 62]) time.at(at(seconds), () => void (server.open = [sessionOf()]))
    await run(99)
    expect(server.looks).toBe(20)
    const ends = time.events.filter(({ kind }) => kind === 'session-ended')
    expect(ends).toHaveLength(3)
    for (const [index, event] of ends.entries())
      expect(secondsOf(event.at) - (20 + 21 * index)).toBeLessThanOrEqual(5)
  })

  it('asks as often as the list says, and not while the service asks not to', async () => {
    const { drops, run } = await guardWorld()
    await run(59)
    expect(drops.asked).toEqual([0, 15, 30, 45])
    const busy = await guardWorld()
    busy.drops.list = undefined
    busy.drops.retryAfterSeconds = 40
    await busy.run(99)
    expect(busy.drops.asked).toEqual([0, 40, 80])
  })

  it('asks a service for nothing that asked for time, across runs and restarts, but not for longer than 2 minutes', async () => {
    const { time, folder, drops, open, told, run } = await guardWorld()
    const wait = (seconds: number) =>
      time.run(() => time.world.wait(seconds * 1_000, new AbortController().signal))
    drops.list = undefined
    drops.retryAfterSeconds = 90
    await once(open())
    await wait(60)
    await once(open())
    expect(drops.asked).toEqual([0])
    const state = await readGuardState(folder, 'contoso')
    expect(state).toMatchObject({ dropsError: { since: '2026-03-02T08:00:00Z' } })
    await wait(20)
    drops.stop(1)
    await run(150)
    expect(drops.asked.slice(0, 3)).toEqual([0, 90, 105])
    expect(told()).toEqual(['drops-failed', 'drops-stale', 'drops-changed', 'drops-current'])
    await writeFile(
      join(folder, 'guard.json'),
      JSON.stringify({ ...state, dropsAskAfter: '2026-03-02T09:00:00Z' }),
    )
    await once(open())
    expect(drops.asked.at(-1)).toBe(secondsOf(time.now()))
  })

  it('keeps the last list in an outage, ends nothing new, and names a list older than 5 minutes once', async () => {
    const { time, folder, server, drops, run, told } = await guardWorld()
    drops.stop(1, dropOf())
    time.at(at(20), () => void (drops.list = undefined))
    time.at(at(400), () => server.open.push(sessionOf({ id: '1' }), sessionOf({ id: '2', user: 'bob' })))
    await run(700)
    expect(told()).toEqual(['drops-changed', 'drops-failed', 'drops-stale', 'session-ended'])
    const stale = time.events.find(({ kind }) => kind === 'drops-stale')
    expect(stale).toMatchObject({ level: 'error', facts: { sequence: 1, since: '2026-03-02T08:00:15Z' } })
    const named = secondsOf(stale?.at ?? new Date(0))
    expect(named).toBeGreaterThan(315)
    expect(named).toBeLessThanOrEqual(321)
    expect(server.open.map(({ id }) => id)).toEqual(['2'])
    const state = await readGuardState(folder, 'contoso')
    expect(guardStatus(folder, state, at(700)).condition).toBe('drops-stale')
    expect(guardStatus(folder, state, at(1_000)).condition).toBe('stopped')
    expect(await readGuardState(folder, 'fabrikam')).toBeUndefined()
  })

  it.each(['ahead', 'behind'])(
    'lets a user back in once the service says so, whose clock the own one is %s of',
    async (where) => {
      for (const isDown of [false, true]) {
        const { time, server, drops, run } = await guardWorld()
        drops.stop(1, dropOf({ until: at(200) }))
        time.at(at(47), () => time.setClock(where === 'ahead' ? 86_400_000 : -86_400_000))
        if (isDown) time.at(at(100), () => void (drops.list = undefined))
        for (const seconds of [20, 50, 101, 180, ...(isDown ? [210] : []), 420])
          time.at(at(seconds), () =>
            server.open.push(sessionOf({ id: `${seconds}`, since: time.world.now() })),
          )
        await run(450)
        expect(server.open.map(({ id }) => id)).toEqual(['420'])
        expect(server.ended.map(({ kind }) => kind)).toEqual(Array(isDown ? 5 : 4).fill('dropped'))
      }
    },
  )

  it('lists whom a server is not to let in: users by each of their names, devices and keys', async () => {
    const { folder, drops, open, time } = await guardWorld()
    const users = [{ upn: 'ada@contoso.example', objectId: '6f1f2f0a-1c3b-4c55-9d3e-0a2b3c4d5e6f' }]
    const stopped = () => readFile(join(folder, 'stopped'), 'utf8')
    drops.stop(
      1,
      dropOf({ value: 'b_EXT_@contoso.example', users, until: at(100) }),
      dropOf({ kind: 'device', value: device, users: [{ upn: 'eve@contoso.example', objectId: undefined }] }),
      dropOf({ kind: 'key', value: 'ab\nuser bob' }),
    )
    const guard = open()
    await once(guard)
    const [first, ...others] = (await stopped()).split('\n')
    expect([first, ...others]).toEqual([
      `device ${device}`,
      'key ab user bob',
      'user 6f1f2f0a-1c3b-4c55-9d3e-0a2b3c4d5e6f',
      'user ada@contoso.example',
      'user b#ext#@contoso.example',
      '',
    ])
    if (process.platform !== 'win32') expect((await stat(join(folder, 'stopped'))).mode & 0o777).toBe(0o600)
    drops.stop(2)
    await time.run(() => time.world.wait(20_000, new AbortController().signal))
    await once(guard)
    expect(await stopped()).toBe('')
  })

  it('puts the list of who is stopped back where it is missing or altered, and forgets nobody without a drop list', async () => {
    const { folder, drops, open } = await guardWorld()
    const file = join(folder, 'stopped')
    const stopped = () => readFile(file, 'utf8')
    await writeFile(file, 'user eve@contoso.example\n')
    const { list } = drops
    drops.list = undefined
    await once(open())
    expect(await stopped()).toBe('user eve@contoso.example\n')
    drops.list = list
    drops.stop(1, dropOf())
    const guard = open()
    await once(guard)
    for (const one of [guard, open()]) {
      await rm(file)
      await once(one)
      expect(await stopped()).toBe('user ada@contoso.example\n')
      await writeFile(file, '')
      await once(one)
      expect(await stopped()).toBe('user ada@contoso.example\n')
    }
    expect(drops.asked).toEqual([0, 0])
  })

  it('tells that it cannot list who is stopped, and when it can again', async () => {
    const { folder, drops, open, told } = await guardWorld()
    const file = join(folder, 'stopped')
    drops.stop(1, dropOf())
    await mkdir(file)
    const guard = open()
    const state = await guard.once(new AbortController().signal)
    expect(state).toMatchObject({ stoppedError: { code: 'fault' } })
    expect(brokenGuards([guardStatus(folder, state, at(0))])).toHaveLength(1)
    expect(told()).toEqual(['drops-changed', 'failed'])
    await rm(file, { recursive: true })
    await once(guard)
    expect(await readGuardState(folder, 'contoso')).not.toHaveProperty('stoppedError')
  })

  it('knows how far the clock of the machine is ahead of that of the service', async () => {
    const { time, open } = await guardWorld()
    const guard = open()
    time.setClock(3_600_000)
    expect(await guard.grounds()).toMatchObject({ aheadMilliseconds: 0 })
    await once(guard)
    expect(await guard.grounds()).toMatchObject({ aheadMilliseconds: 3_600_000 })
    time.setClock(-60_000)
    expect(await guard.grounds()).toMatchObject({ aheadMilliseconds: 0 })
  })

  it('tells when the list is current again, and obeys none of before', async () => {
    const { time, server, drops, run, told } = await guardWorld()
    drops.stop(1, dropOf())
    time.at(at(20), () => void (drops.list = undefined))
    time.at(at(500), () => drops.stop(0))
    time.at(at(520), () => server.open.push(sessionOf()))
    time.at(at(600), () => drops.stop(2))
    time.at(at(620), () => server.open.push(sessionOf()))
    await run(700)
    expect(told().slice(3)).toEqual([
      'drops-failed',
      'session-ended',
      'drops-changed',
      'drops-current',
      'drops-current',
    ])
    expect(server.open).toHaveLength(1)
  })

  it('is not held up by a service that does not answer', async () => {
    const { time, server, drops, run, signal } = await guardWorld()
    drops.stop(1, dropOf())
    time.at(at(14), () => void (drops.hang = () => time.world.wait(30_000, signal)))
    time.at(at(21), () => server.open.push(sessionOf(), { ...outlived, id: '8', user: 'bob' }))
    await run(44)
    expect(server.ended.map(({ kind }) => kind)).toEqual(['dropped', 'certificate-ended'])
    expect(drops.asked).toEqual([0, 15])
  })

  it('calls no list old before the service had time to tell one', async () => {
    const { time, server, drops, run, signal, told } = await guardWorld()
    drops.hang = () => time.world.wait(12_000, signal)
    await run(14)
    expect(server.looks).toBe(3)
    expect(told()).toEqual(['drops-changed'])
  })

  it('names a server that does not tell its sessions, once, tries again, and guards the others meanwhile', async () => {
    const { time, spec, server, folder } = await guardWorld({ hasDrops: false })
    const other = fakeServer('other')
    server.fault = sessionsUnknown('fake', 'ECONNREFUSED')
    other.open = [outlived]
    const guard = openGuard({ ...spec, servers: [server.adapter, other.adapter] }, time.world)
    for (let look = 0; look < 3; look++) await once(guard)
    expect(server.looks).toBe(3)
    expect(time.events.map(({ kind, level }) => `${kind} ${level}`).toSorted()).toEqual([
      'session-ended info',
      'sessions-unknown error',
    ])
    const failing = await readGuardState(folder, 'contoso')
    expect(failing?.servers[0]).toMatchObject({ name: 'fake', error: { code: 'sessions-unknown' } })
    server.fault = undefined
    await once(guard)
    expect(time.events.at(-1)).toMatchObject({ kind: 'sessions-known', facts: { server: 'fake' } })
  })

  it('tells of a session that the server did not end, and nothing of one that was over', async () => {
    const { time, server, open } = await guardWorld()
    const user = `a"\n\u001b[2J;${'b'.repeat(300)}`
    server.open = [{ ...outlived, user }]
    server.outcome = { kind: 'failed', why: 'it\nwould not' }
    const guard = open()
    await once(guard)
    const [event] = time.events.filter(({ kind }) => kind === 'session-not-ended')
    expect(event).toMatchObject({ level: 'error', facts: { reason: 'certificate-ended', session: '7' } })
    expect(event?.text).toMatch(/was not ended: it would not\. /)
    expect(event?.facts?.['user']).toBe(`a" [2J;${'b'.repeat(248)}`)
    server.outcome = { kind: 'over' }
    const before = time.events.length
    await once(guard)
    expect(time.events).toHaveLength(before)
  })

  it('ends sessions whose issuer left the verified bundle, and none by a bundle that does not verify', async () => {
    await using bench = await createBundleWorld('ES256', at(0))
    const place = await bundlePlace(bench.jws)
    const trust = await trustWorld(bench, [place])
    trust.world.now = () => at(0)
    await trust.look()
    const { entry } = await bench.world.enroll()
    const certificate = readSessionCertificate(entry.certificate)
    expect(certificate).toMatchObject({ names: ['alice@contoso.example'], notAfter: entry.notAfter })
    const { time, server, spec } = await guardWorld({ hasDrops: false })
    server.open = [sessionOf({ user: '', certificates: certificate ? [certificate] : [] })]
    const guard = openGuard({ ...spec, folder: trust.folder, tenant: bench.tenant }, time.world)
    await once(guard)
    expect(server.ended).toEqual([])

    await bench.stageIssuer('root 1')
    await bench.activate('issuer 2')
    place.jws = await bench.taint('issuer 1')
    trust.world.now = () => at(7_200)
    await trust.look()
    const file = join(trust.folder, 'trust.jws')
    const next = await readFile(file)
    await writeFile(file, 'a.b.c')
    await once(guard)
    expect(server.ended).toEqual([])
    expect(time.events.at(-1)).toMatchObject({ kind: 'issuers-unknown', level: 'error' })

    await writeFile(file, next)
    await once(guard)
    const { sequence } = JSON.parse(bench.json) as { readonly sequence: number }
    expect(server.ended.map(({ kind, facts }) => [kind, facts])).toEqual([['issuer-left', { sequence }]])
  })

  it('goes on where it cannot write down what it knows', async () => {
    const { time, folder, server, open } = await guardWorld()
    await mkdir(join(folder, 'guard.json'))
    server.open = [outlived]
    await once(open())
    expect(time.events.map(({ kind }) => kind)).toContain('session-ended')
    expect(time.events.at(-1)).toMatchObject({ kind: 'failed', level: 'error' })
  })
})
