import { hash } from 'node:crypto'
import { Refusal } from '../../lib/errors/refusal.ts'
import { type LookingWorld, openTrouble } from '../agent/trouble.ts'
import type { End } from './decideEnds.ts'
import { identitiesOf, namesInIdentity } from './identitiesOf.ts'
import { readSessionCertificate } from './readSessionCertificate.ts'
import { sessionCertificates } from './sessionCertificates.ts'
import type { Session, SessionCertificate } from './session.ts'
import type { ServerSocket } from './talkToSocket.ts'
import { type Vici, type ViciSection, viciText, withVici } from './vici.ts'
import type { EndOutcome, VpnServer } from './vpnServer.ts'

/** How sessions of charon are reached. */
export interface StrongSwanOptions {
  /** The path of its VICI socket. */
  readonly socket: string
  /** The connections whose clients have certificates of the tenant; others are let alone. */
  readonly connections: readonly string[]
  /** The folder that keeps the certificates of its sessions: charon forgets them. */
  readonly certificates: string
  readonly world: LookingWorld
}

/** An IKE_SA as charon lists it. */
interface Listed {
  readonly id: string
  readonly mark: string
  readonly user: string
  /** Every name that the client goes by. */
  readonly names: readonly string[]
  readonly since: Date
}

/** A certificate that charon knows, and what a client may call itself by it. */
interface Known {
  readonly certificate: SessionCertificate
  readonly identities: readonly string[]
}

/** A client that does not answer is told no longer than this that its session ends. */
const graceMilliseconds = '1000'

/** As many sessions are ended at once: each may wait for a client, and charon has twice as many threads. */
const atOnce = 8

/** What the seconds that charon counts, and clocks, are off by. */
const toleratedMilliseconds = 5_000

const listedIn =
  ({ connections, world }: StrongSwanOptions) =>
  (event: ViciSection): readonly Listed[] =>
    Object.entries(event).flatMap(([connection, sa]) => {
      if (!connections.includes(connection) || Array.isArray(sa) || Buffer.isBuffer(sa)) return []
      const text = (name: string) => viciText(sa as ViciSection, name)
      const id = text('uniqueid')
      // Half-open ones have no user yet, and no tunnel.
      if (!/^\d{1,10}$/.test(id) || text('established') === '') return []
      const identities = [text('remote-eap-id'), text('remote-id')].filter((name) => name !== '')
      return [
        {
          id,
          mark: `${text('initiator-spi')} ${text('responder-spi')}`,
          user: identities[0] ?? '',
          names: identities.flatMap(namesInIdentity),
          since: new Date(world.now().getTime() - Number(text('established')) * 1000),
        },
      ]
    })

const known = (der: Buffer): Known | undefined => {
  const certificate = readSessionCertificate(der)
  if (!certificate) return undefined
  try {
    return { certificate, identities: identitiesOf(certificate) }
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

const certificatesByIdentity = (
  all: readonly (Known | undefined)[],
): ReadonlyMap<string, readonly SessionCertificate[]> => {
  const found = new Map<string, SessionCertificate[]>()
  for (const { certificate, identities } of all.filter((one) => one !== undefined))
    for (const identity of identities) {
      const same = found.get(identity)
      if (same) same.push(certificate)
      else found.set(identity, [certificate])
    }
  return found
}

const wasValid = ({ notBefore, notAfter }: SessionCertificate, at: Date): boolean =>
  notBefore.getTime() <= at.getTime() + toleratedMilliseconds &&
  at.getTime() <= notAfter.getTime() + toleratedMilliseconds

/**
 * Remembers the certificates of sessions, also across restarts: charon tells only those that it has in memory, not whose they are, and
 * forgets them when the bundle changes.
 */
const openCertificates = ({ certificates: folder, world }: StrongSwanOptions) => {
  const kept = sessionCertificates(folder)
  const trouble = openTrouble(world, { begun: 'failed', subject: folder })
  let read = new Map<string, Known | undefined>()
  let held = new Map<string, readonly SessionCertificate[]>()
  /** What cannot be kept is known until a restart, and tried again at the next look. */
  const keep = async (): Promise<void> => {
    try {
      for (const [mark, certificates] of held)
        if (certificates.length > 0) await kept.keep(mark, certificates)
      await kept.keepOnly([...held.keys()])
      trouble.end()
    } catch (error) {
      trouble.begin(error)
    }
  }
  return async (sessions: readonly Listed[], listed: readonly Buffer[]): Promise<readonly Session[]> => {
    const digests = listed.map((der) => [hash('sha256', der), der] as const)
    read = new Map(digests.map(([digest, der]) => [digest, read.has(digest) ? read.get(digest) : known(der)]))
    const byIdentity = certificatesByIdentity([...read.values()])
    const candidates = ({ names, since }: Listed) =>
      [...new Set(names.flatMap((name) => byIdentity.get(name) ?? []))].filter((certificate) =>
        wasValid(certificate, since),
      )
    const before = new Map<string, readonly SessionCertificate[]>()
    for (const { mark } of sessions) before.set(mark, held.get(mark) ?? (await kept.read(mark)))
    held = new Map(
      sessions.map((session) => {
        const found = before.get(session.mark) ?? []
        return [session.mark, found.length > 0 ? found : candidates(session)]
      }),
    )
    await keep()
    return sessions.map(({ id, mark, user, since }) => ({
      id,
      mark,
      user,
      since,
      certificates: held.get(mark) ?? [],
    }))
  }
}

const isSame = (listed: readonly Listed[], { session }: End): boolean =>
  listed.some(({ id, mark }) => id === session.id && mark === session.mark)

/** strongSwan 5.9 or later with charon, by VICI. */
export const strongSwanServer = (options: StrongSwanOptions): VpnServer => {
  const name = `strongSwan at ${options.socket}`
  const socket: ServerSocket = { name, path: options.socket }
  const certificatesOf = openCertificates(options)
  const list = async (vici: Vici, message: Readonly<Record<string, string>> = {}) =>
    (await vici.stream('list-sas', 'list-sa', { noblock: 'yes', ...message })).flatMap(listedIn(options))
  const isThere = async (vici: Vici, end: End): Promise<boolean> =>
    isSame(await list(vici, { 'ike-id': end.session.id }), end)

  const endOne = async (vici: Vici, end: End): Promise<EndOutcome> => {
    if (!(await isThere(vici, end))) return { kind: 'over' }
    // Forced, for the tunnel of a client that does not answer stays for minutes else.
    const message = { 'ike-id': end.session.id, force: 'yes', timeout: graceMilliseconds }
    const answer = await vici.command('terminate', message)
    // Of one that did not answer charon tells a failure, though it is no more.
    return viciText(answer, 'success') === 'yes' || !(await isThere(vici, end))
      ? { kind: 'ended' }
      : { kind: 'failed', why: viciText(answer, 'errmsg') || 'charon did not end it' }
  }

  return {
    name,
    sessions: (signal) =>
      withVici(
        socket,
        async (vici) => {
          const sessions = await list(vici)
          const told = await vici.stream('list-certs', 'list-cert', { type: 'x509', flag: 'none' })
          const ders = told.map(({ data }) => data).filter((data) => Buffer.isBuffer(data))
          return certificatesOf(sessions, ders)
        },
        signal,
      ),
    async end(ends, signal) {
      const outcomes: EndOutcome[] = []
      for (let index = 0; index < ends.length; index += atOnce) {
        const some = ends.slice(index, index + atOnce)
        outcomes.push(
          ...(await Promise.all(some.map((end) => withVici(socket, (vici) => endOne(vici, end), signal)))),
        )
      }
      return outcomes
    },
  }
}
