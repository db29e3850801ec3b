import { hash } from 'node:crypto'
import { runAgent } from '../../../client/agent/runAgent.ts'
import type { KeptDrops } from '../../../client/drops/keptDrops.ts'
import type { Drops } from '../../../client/drops/openDrops.ts'
import type { ServiceTime } from '../../../client/drops/standingDrops.ts'
import type { End } from '../../../client/guard/decideEnds.ts'
import { type Guard, openGuard } from '../../../client/guard/openGuard.ts'
import type { Session, SessionCertificate } from '../../../client/guard/session.ts'
import type { EndOutcome, VpnServer } from '../../../client/guard/vpnServer.ts'
import { type Drop, type DropList, isInForce } from '../../../lib/drops/dropList.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { simulatedTime } from '../agent/simulatedTime.ts'

const begin = new Date('2026-03-02T08:00:00Z')

/** So many seconds after everything begins. */
export const at = (seconds: number): Date => new Date(begin.getTime() + seconds * 1000)

/** The other way round. */
export const secondsOf = (time: Date): number => (time.getTime() - begin.getTime()) / 1000

export const device = '0b5f7c86-9e5e-4c44-8a3f-3d2b9b0c7f11'

/** A certificate of ada's. */
export const certificateOf = (changes: Partial<SessionCertificate> = {}): SessionCertificate => ({
  der: Buffer.from('ada'),
  names: ['ada@contoso.example'],
  deviceId: undefined,
  keyHash: hash('sha256', 'key of ada'),
  notBefore: at(-600),
  notAfter: at(3_000),
  ...changes,
})

/** A session of ada's on a server that tells no certificates. */
export const sessionOf = (changes: Partial<Session> = {}): Session => ({
  id: '7',
  mark: 'a',
  user: 'ada@contoso.example',
  since: at(-60),
  certificates: [],
  ...changes,
})

/** An entry that stops ada. */
export const dropOf = (changes: Partial<Drop> = {}): Drop => ({
  kind: 'user',
  value: 'ada@contoso.example',
  at: at(0),
  until: undefined,
  users: [],
  ...changes,
})

const listOf = (sequence: number, drops: readonly Drop[] = []): DropList => ({
  tenant: 'contoso',
  sequence,
  hintSeconds: 15,
  drops,
})

/** A server whose sessions a test opens; `fault` is an outage. */
export const fakeServer = (name = 'fake') => {
  const server = {
    open: [] as Session[],
    fault: undefined as Error | undefined,
    outcome: { kind: 'ended' } as EndOutcome,
    looks: 0,
    ended: [] as End[],
  }
  const adapter: VpnServer = {
    name,
    async sessions() {
      server.looks += 1
      if (server.fault) throw server.fault
      return [...server.open]
    },
    async end(ends) {
      server.ended.push(...ends)
      const ids = ends.map(({ session }) => session.id)
      if (server.outcome.kind === 'ended') server.open = server.open.filter(({ id }) => !ids.includes(id))
      return ends.map(() => server.outcome)
    },
  }
  return Object.assign(server, { adapter })
}

/** A service that tells a list without what is over, and the time; undefined is an outage. */
const fakeDrops = ({ world, now }: Pick<ReturnType<typeof simulatedTime>, 'world' | 'now'>) => {
  const service = {
    list: listOf(0) as DropList | undefined,
    asked: [] as number[],
    hang: undefined as (() => Promise<void>) | undefined,
    retryAfterSeconds: 0,
  }
  let kept: KeptDrops | undefined
  let told: ServiceTime | undefined
  const source: Drops = {
    get kept() {
      return kept
    },
    get told() {
      return told
    },
    async refresh() {
      const confirmedAt = world.now()
      service.asked.push(secondsOf(now()))
      await service.hang?.()
      const { list, retryAfterSeconds } = service
      if (!list) throw new Refusal('service-unavailable', 'Cannot reach it.', { retryAfterSeconds })
      if (kept && list.sequence < kept.list.sequence) return { kind: 'older', sequence: list.sequence }
      const isSame = kept?.list.sequence === list.sequence
      const standing = list.drops.filter((drop) => isInForce(drop, now()))
      kept = { list: { ...list, drops: standing }, etag: undefined, confirmedAt }
      told = { time: now(), clock: world.clock() }
      return isSame ? { kind: 'same' } : { kind: 'changed', list, etag: undefined }
    },
  }
  return Object.assign(service, {
    source,
    /** Has the next list stop these alone. */
    stop(sequence: number, ...drops: readonly Drop[]) {
      service.list = listOf(sequence, drops)
    },
  })
}

/** A guard of one server, and the time that it lives in. */
export const guardWorld = async ({ hasDrops = true } = {}) => {
  const time = simulatedTime(at(0), 4)
  const folder = await temporaryFolder()
  const server = fakeServer()
  const drops = fakeDrops(time)
  const spec = {
    folder,
    tenant: 'contoso',
    lifetimeSeconds: 3_600,
    servers: [server.adapter],
    drops: hasDrops ? drops.source : undefined,
  }
  const stop = new AbortController()
  const open = (): Guard => openGuard(spec, time.world)
  return {
    time,
    folder,
    server,
    drops,
    spec,
    open,
    signal: stop.signal,
    /** The kinds of what was told. */
    told: () => time.events.map(({ kind }) => kind),
    /** Lets it guard for so many seconds. */
    run: async (seconds: number): Promise<void> => {
      time.at(at(seconds), () => stop.abort())
      // Each is one who waits.
      const keeping = open().kept.map((kept) => time.run(() => runAgent([kept], time.world, stop.signal)))
      await Promise.all(keeping)
    },
  }
}
