import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parsePemCertificates } from '../../lib/x509/pemBlock.ts'
import type { End } from './decideEnds.ts'
import { readSessionCertificate } from './readSessionCertificate.ts'
import type { Session, SessionCertificate } from './session.ts'
import { sessionsUnknown, type Talk, talkToSocket } from './talkToSocket.ts'
import type { EndOutcome, VpnServer } from './vpnServer.ts'

/** How sessions of OpenVPN are reached. */
export interface OpenVpnOptions {
  /** The path of its management socket. */
  readonly socket: string
  /** The folder where the program of `client-connect` keeps the certificates of sessions; undefined where there is none. */
  readonly certificates: string | undefined
  readonly now: () => Date
}

/** A client as `status 3` lists it. */
interface Listed {
  readonly id: string
  readonly mark: string
  readonly user: string
  readonly sinceSeconds: number
  readonly address: string
}

/** OpenVPN ends a session five seconds after it was told to; told again, old ones begin to count anew. */
const pendingMilliseconds = 9_000

/** Reads lines of an answer. Among them are some that begin with `>`, and that nobody asked for: somebody came or went. */
const readAnswer = async (talk: Talk, isLast: (line: string) => boolean): Promise<readonly string[]> => {
  const lines: string[] = []
  for (;;) {
    const line = await talk.readLine()
    if (isLast(line) || /^(ERROR|SUCCESS): /.test(line)) return [...lines, line]
    lines.push(line)
  }
}

const columns = ['Common Name', 'Virtual Address', 'Connected Since (time_t)', 'Client ID'] as const

/** Finds where a column stands: versions differ. */
const columnsOf = (header: string): readonly number[] | undefined => {
  const names = header.split('\t').slice(1)
  const found = columns.map((column) => names.indexOf(column))
  return found.includes(-1) ? undefined : found
}

/**
 * Parses what `status 3` answers: fields between tabs, of which OpenVPN lets none into a name, nor an end of a line.
 * @returns undefined for what is no list of clients.
 */
export const parseStatus = (lines: readonly string[]): readonly Listed[] | undefined => {
  const header = lines.find((line) => line.startsWith('HEADER\tCLIENT_LIST\t'))
  const at = header === undefined ? undefined : columnsOf(header)
  if (!at || lines.at(-1) !== 'END') return undefined
  const listed = lines
    .filter((line) => line.startsWith('CLIENT_LIST\t'))
    .map((line) => {
      const fields = line.split('\t')
      const [user = '', address = '', seconds = '', id = ''] = at.map((index) => fields[index] ?? '')
      return { id, mark: `${seconds} ${user}`, user, address, sinceSeconds: Number(seconds) }
    })
  // One that is still to be let in is UNDEF, and has no tunnel.
  const entered = listed.filter(({ user, address }) => user !== 'UNDEF' || address !== '')
  const isWhole = entered.every(
    ({ id, sinceSeconds }) => /^\d{1,10}$/.test(id) && Number.isSafeInteger(sinceSeconds),
  )
  return isWhole ? entered : undefined
}

const readCertificate = async (file: string): Promise<readonly SessionCertificate[]> => {
  try {
    const [der] = parsePemCertificates(await readFile(file, 'utf8'))
    const certificate = der && readSessionCertificate(der)
    return certificate ? [certificate] : []
  } catch {
    return []
  }
}

/**
 * Remembers the certificates of sessions: each has a file, which is called by the address of the session and when it began. One is
 * open at a time, for a process may have few.
 */
const openCertificates = (folder: string | undefined) => {
  let held = new Map<string, readonly SessionCertificate[]>()
  return async (listed: readonly Listed[]): Promise<(one: Listed) => readonly SessionCertificate[]> => {
    const found: typeof held = new Map()
    for (const { address, sinceSeconds } of folder === undefined ? [] : listed) {
      const name = `${address}-${sinceSeconds}.pem`
      const before = held.get(name) ?? []
      if (/^[\da-f.:]+$/i.test(address))
        found.set(name, before.length > 0 ? before : await readCertificate(join(folder ?? '', name)))
    }
    held = found
    return ({ address, sinceSeconds }) => found.get(`${address}-${sinceSeconds}.pem`) ?? []
  }
}

/** OpenVPN 2.5 or later, by its management socket. */
export const openVpnServer = ({ socket: path, certificates, now }: OpenVpnOptions): VpnServer => {
  const name = `OpenVPN at ${path}`
  const certificatesOfAll = openCertificates(certificates)
  let pending = new Map<string, number>()

  const talking = <T>(act: (talk: Talk) => Promise<T>, signal: AbortSignal): Promise<T> =>
    talkToSocket(
      { name, path },
      async (talk) => {
        // It takes one at a time, and greets who is served.
        const greeting = await talk.readLine()
        if (greeting.startsWith('>INFO:OpenVPN Management')) return act(talk)
        throw sessionsUnknown(name, 'what answers is no management socket of OpenVPN without a password')
      },
      signal,
    )

  const list = async (talk: Talk): Promise<readonly Listed[]> => {
    talk.write('status 3\n')
    const listed = parseStatus(await readAnswer(talk, (line) => line === 'END'))
    if (listed) return listed
    throw sessionsUnknown(name, 'it does not answer `status 3` as OpenVPN does')
  }

  const endOne = async (talk: Talk, { session, isFinal }: End): Promise<EndOutcome> => {
    // Who is not stopped may come back with another certificate.
    talk.write(`client-kill ${session.id} ${isFinal ? 'HALT' : 'RESTART'}\n`)
    const answer = (await readAnswer(talk, () => false)).at(-1) ?? ''
    if (!answer.startsWith('SUCCESS: ')) return { kind: 'failed', why: answer }
    pending.set(`${session.id} ${session.mark}`, now().getTime())
    return { kind: 'ended' }
  }

  const isPending = ({ id, mark }: Pick<Session, 'id' | 'mark'>): boolean => {
    const since = pending.get(`${id} ${mark}`)
    return since !== undefined && Math.abs(now().getTime() - since) < pendingMilliseconds
  }

  return {
    name,
    async sessions(signal) {
      const listed = (await talking(list, signal)).filter((one) => !isPending(one))
      const certificatesOf = await certificatesOfAll(listed)
      return listed.map((one) => ({
        id: one.id,
        mark: one.mark,
        user: one.user,
        since: new Date(one.sinceSeconds * 1000),
        certificates: certificatesOf(one),
      }))
    },
    end: (ends, signal) =>
      talking(async (talk) => {
        const outcomes: EndOutcome[] = []
        const listed = new Set((await list(talk)).map(({ id, mark }) => `${id} ${mark}`))
        pending = new Map([...pending].filter(([key]) => listed.has(key)))
        for (const end of ends) {
          const isThere = listed.has(`${end.session.id} ${end.session.mark}`)
          outcomes.push(isThere ? await endOne(talk, end) : { kind: 'over' })
        }
        return outcomes
      }, signal),
  }
}
