import { dirname } from 'node:path'
import { jsonMember, parseJson } from '../../lib/json/parseJson.ts'
import { parseRfc3339 } from '../../lib/text/rfc3339.ts'
import type { AgentWorld } from '../agent/agentWorld.ts'
import { checkUnshared } from '../checkUnshared.ts'
import { printable } from '../printable.ts'
import { runProgram } from '../runProgram.ts'
import type { End } from './decideEnds.ts'
import type { Session } from './session.ts'
import { sessionsUnknown } from './talkToSocket.ts'
import { answerMilliseconds, type EndOutcome, type VpnServer } from './vpnServer.ts'

/** How sessions of ocserv are reached. */
export interface OcservOptions extends Pick<AgentWorld, 'environment'> {
  readonly now: () => Date
  /** The path of the socket that `occtl` talks to. */
  readonly socket: string
}

/** Ten thousand sessions, and what is told of each. */
const maxOctets = 16 * 1024 * 1024
const maxValues = 1_000_000

const textOf = (document: unknown, name: string): string => {
  const value = jsonMember(document, name)
  return typeof value === 'string' ? value : ''
}

/** How long a session lasts, as far as occtl tells it to the second. */
const secondsIn = (text: string): number | undefined => {
  const [, minutes = '0', seconds] = /^\s*(?:(\d{1,2})m:)?(\d{1,5})s$/.exec(text) ?? []
  return seconds === undefined ? undefined : Number(minutes) * 60 + Number(seconds)
}

/** When a session began: to the second in its first hour, to the minute later. */
const sinceOf = (document: unknown, now: Date): Date | undefined => {
  const seconds = secondsIn(textOf(document, '_Connected at'))
  if (seconds !== undefined) return new Date(now.getTime() - seconds * 1000)
  const told = /^\d{4}-\d\d-\d\d \d\d:\d\d/.exec(textOf(document, 'Connected at'))?.[0]
  const since = told === undefined ? undefined : parseRfc3339(`${told.replace(' ', 'T')}:59Z`)
  return since === undefined ? undefined : new Date(since * 1000)
}

/** GnuTLS writes what has a meaning in distinguished names after a backslash (RFC 4514 section 2.4). */
const unescaped = (name: string): string => name.replaceAll(/\\(.)/gs, '$1')

const sessionIn = (document: unknown, now: Date): Session | undefined => {
  const id = jsonMember(document, 'ID')
  const since = sinceOf(document, now)
  if (!Number.isSafeInteger(id) || Number(id) <= 0 || !since) return undefined
  const user = unescaped(textOf(document, 'Username'))
  // The beginning of what identifies the session, which nobody else has; it opens nothing.
  return { id: String(id), mark: textOf(document, 'Session'), user, since, certificates: [] }
}

/**
 * Parses what `occtl -j show users` writes, in the time zone UTC.
 * @returns undefined for what is no list of sessions.
 * @throws what `refuse` makes, for what is no JSON.
 */
export const parseUsers = (
  octets: Uint8Array,
  now: Date,
  refuse: (why: string) => Error,
): readonly Session[] | undefined => {
  const document = parseJson(octets, refuse, maxValues)
  if (!Array.isArray(document)) return undefined
  const sessions = document.map((one: unknown) => sessionIn(one, now))
  const known = sessions.filter((session) => session !== undefined)
  return known.length === sessions.length ? known : undefined
}

/** ocserv 1.1 or later, by `occtl`. It tells users and no certificates. */
export const ocservServer = ({ socket, now, environment }: OcservOptions): VpnServer => {
  const name = `ocserv at ${socket}`

  const occtl = async (words: readonly string[], signal: AbortSignal) => {
    // Others could pretend to be the server: it would have no sessions.
    await checkUnshared(dirname(socket), 'the folder of the socket')
    return runProgram({
      program: 'occtl',
      arguments: ['-s', socket, '-j', ...words],
      environment: { PATH: environment['PATH'], LC_ALL: 'C', TZ: 'UTC' },
      timeoutMilliseconds: answerMilliseconds,
      maxOctets,
      signal,
    })
  }

  const list = async (signal: AbortSignal): Promise<readonly Session[]> => {
    const { how, stdout, stderr } = await occtl(['show', 'users'], signal)
    if (how !== undefined)
      throw sessionsUnknown(name, `occtl ${how} (${printable(stderr.toString('utf8')).trim()})`)
    const refuse = (why: string) => sessionsUnknown(name, `what occtl tells ${why}`)
    const sessions = parseUsers(stdout, now(), refuse)
    if (sessions) return sessions
    throw refuse('is no list of sessions')
  }

  const endOne = async ({ session: { id } }: End, signal: AbortSignal): Promise<EndOutcome> => {
    const { how, stderr } = await occtl(['disconnect', 'id', id], signal)
    return how === undefined
      ? { kind: 'ended' }
      : { kind: 'failed', why: `occtl ${how} (${printable(stderr.toString('utf8')).trim()})` }
  }

  return {
    name,
    sessions: list,
    async end(ends, signal) {
      const outcomes: EndOutcome[] = []
      const listed = await list(signal)
      for (const end of ends) {
        const { id, mark } = end.session
        const isThere = listed.some((one) => one.id === id && one.mark === mark)
        outcomes.push(isThere ? await endOne(end, signal) : { kind: 'over' })
      }
      return outcomes
    },
  }
}
