import { type LookingWorld, openTrouble } from '../agent/trouble.ts'
import { printable } from '../printable.ts'
import { decideEnds, type End, type Grounds } from './decideEnds.ts'
import type { GuardedServer } from './guardState.ts'
import type { EndOutcome, VpnServer } from './vpnServer.ts'

/** A server whose sessions are looked at. */
export interface ServerGuard {
  /** Looks once, and ends what has a reason to end. Never rejects. */
  look(grounds: Grounds, signal: AbortSignal): Promise<void>
  readonly told: GuardedServer
}

/** A name as an event has it. */
const shown = (user: string): string => printable(user).slice(0, 255)

/** Guards a server. @param subject how events call the guard. */
export const guardServer = (server: VpnServer, world: LookingWorld, subject: string): ServerGuard => {
  const { name } = server
  const trouble = openTrouble(world, {
    begun: 'sessions-unknown',
    over: { kind: 'sessions-known', text: `${name} tells its sessions again.` },
    subject,
    facts: { server: name },
  })
  let sessions: number | undefined
  let ended = 0

  const tell = ({ session, kind, text, facts }: End, outcome: EndOutcome | undefined): void => {
    if (outcome === undefined || outcome.kind === 'over') return
    const user = shown(session.user)
    const told = { server: name, session: session.id, user, reason: kind, ...facts }
    if (outcome.kind === 'ended') {
      ended += 1
      const sentence = `The session ${session.id} of ${user} was ended. ${text}`
      world.report({ kind: 'session-ended', level: 'info', subject, text: sentence, facts: told })
      return
    }
    const sentence = `The session ${session.id} of ${user} was not ended: ${printable(outcome.why)}. ${text}`
    world.report({ kind: 'session-not-ended', level: 'error', subject, text: sentence, facts: told })
  }

  return {
    async look(grounds, signal) {
      try {
        const found = await server.sessions(signal)
        sessions = found.length
        trouble.end()
        const ends = decideEnds(found, grounds, world.now())
        const outcomes = ends.length === 0 ? [] : await server.end(ends, signal)
        for (const [index, end] of ends.entries()) tell(end, outcomes[index])
      } catch (error) {
        if (signal.aborted) return
        sessions = undefined
        trouble.begin(error)
      }
    },
    get told() {
      return { name, sessions, ended, error: trouble.error }
    },
  }
}
