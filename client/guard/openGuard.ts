import { rfc3339 } from '../../lib/text/rfc3339.ts'
import type { Kept } from '../agent/runAgent.ts'
import { type LookingWorld, openTrouble } from '../agent/trouble.ts'
import type { Grounds } from './decideEnds.ts'
import { followDrops } from './followDrops.ts'
import { followIssuers } from './followIssuers.ts'
import { guardServer, type ServerGuard } from './guardServer.ts'
import { guardFiles, type GuardSpec, lookMilliseconds } from './guardSpec.ts'
import { type GuardState, readGuardState, writeGuardState } from './guardState.ts'
import { writeStopped } from './writeStopped.ts'

/** Guards the sessions of servers. */
export interface Guard {
  /** What an agent keeps: each server on its own, so that one that hangs holds up no other, and the drop list. */
  readonly kept: readonly Kept[]
  /** Asks for the drop list, unless an answer is new, and looks at each server once. @returns what is known then. */
  once(signal: AbortSignal): Promise<GuardState>
  /** What sessions are held to now. */
  grounds(): Promise<Grounds>
}

/** What is known is written this often even when nothing changed: it tells that somebody looks. */
const writeMilliseconds = 60_000

/** Guards sessions as a configuration says. */
export const openGuard = (spec: GuardSpec, world: LookingWorld): Guard => {
  const { folder, tenant, lifetimeSeconds } = spec
  const drops = spec.drops && followDrops(spec.drops, world, folder)
  const servers = spec.servers.map((server) => guardServer(server, world, folder))
  const issuers = followIssuers(spec, world)
  const writing = openTrouble(world, { begun: 'failed', subject: folder })
  const listing = openTrouble(world, { begun: 'failed', subject: folder })
  let written = { text: '', at: 0 }

  const state = (): GuardState => ({
    version: 1,
    tenant,
    at: rfc3339(world.now()),
    servers: servers.map(({ told }) => told),
    hasDrops: drops !== undefined,
    drops: drops?.told,
    dropsError: drops?.error,
    dropsAskAfter: drops?.askAfter,
    issuersError: issuers.error,
    stoppedError: listing.error,
  })

  const write = async (): Promise<GuardState> => {
    const found = state()
    const { at, drops: list, ...rest } = found
    const text = JSON.stringify([rest, list?.sequence])
    const now = Date.parse(at)
    if (text === written.text && Math.abs(now - written.at) < writeMilliseconds) return found
    written = { text, at: now }
    try {
      await writeGuardState(folder, found)
      writing.end()
    } catch (error) {
      writing.begin(error)
    }
    return found
  }

  /** Has the server refuse who is stopped. Where no drop list is known, whom it refuses already stays out. */
  const listStopped = async (followed: NonNullable<typeof drops>): Promise<void> => {
    if (!followed.told) return
    try {
      await writeStopped(guardFiles(folder).stopped, followed.drops())
      listing.end()
    } catch (error) {
      listing.begin(error)
    }
  }

  const resumed = async (followed: NonNullable<typeof drops>): Promise<Date> => {
    followed.resume((await readGuardState(folder, tenant)) ?? {})
    await listStopped(followed)
    return followed.due()
  }

  /** Asks for the drop list, and has the server refuse whom it stops. @returns when to ask again */
  const refresh = async (followed: NonNullable<typeof drops>, signal: AbortSignal): Promise<Date> => {
    const next = await followed.refresh(signal)
    await listStopped(followed)
    return next
  }

  const grounds = async (): Promise<Grounds> => ({
    issuers: await issuers.read(),
    drops: drops?.drops() ?? [],
    aheadMilliseconds: drops?.aheadMilliseconds() ?? 0,
    lifetimeSeconds,
  })

  const look = async (server: ServerGuard, signal: AbortSignal): Promise<void> => {
    await server.look(await grounds(), signal)
    drops?.tellAge()
  }

  /** By the agent's own clock, which never goes back. */
  const keeping = (act: (signal: AbortSignal) => Promise<number>): Kept => ({
    subject: folder,
    aheadSeconds: () => Promise.resolve(0),
    async look({ clock, signal }) {
      const begun = clock.now().getTime()
      return new Date(begun + (await act(signal)))
    },
  })

  const keptServer = (server: ServerGuard) =>
    keeping(async (signal) => {
      await look(server, signal)
      if (!signal.aborted) await write()
      return lookMilliseconds
    })

  const keptDrops = (followed: NonNullable<typeof drops>) => {
    let isFirst = true
    return keeping(async (signal) => {
      const begun = world.now()
      const due = isFirst ? await resumed(followed) : begun
      isFirst = false
      const next = due > begun ? due : await refresh(followed, signal)
      followed.tellAge()
      if (!signal.aborted) await write()
      return next.getTime() - begun.getTime()
    })
  }

  return {
    kept: [...servers.map(keptServer), ...(drops ? [keptDrops(drops)] : [])],
    grounds,
    async once(signal) {
      if (drops && (await resumed(drops)) <= world.now()) await refresh(drops, signal)
      await Promise.all(servers.map((server) => look(server, signal)))
      drops?.tellAge()
      written = { text: '', at: 0 }
      return write()
    },
  }
}
