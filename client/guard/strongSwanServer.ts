import type { LookingWorld } from '../agent/trouble.ts'
import type { End } from './decideEnds.ts'
import { namesInIdentity } from './identitiesOf.ts'
import { type ListedSession, strongSwanCertificates } from './strongSwanCertificates.ts'
import type { ServerSocket } from './talkToSocket.ts'
import { type Vici, withVici } from './vici.ts'
import { type ViciSection, viciText } from './viciMessage.ts'
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

/** A client that does not answer is told no longer than this that its session ends. */
const graceMilliseconds = '1000'

/** As many sessions are ended at once: each may wait for a client, and charon has twice as many threads. */
const atOnce = 8

const listedIn =
  ({ connections, world }: StrongSwanOptions) =>
  (event: ViciSection): readonly ListedSession[] =>
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

const isSame = (listed: readonly ListedSession[], { session }: End): boolean =>
  listed.some(({ id, mark }) => id === session.id && mark === session.mark)

/** strongSwan 5.9 or later with charon, by VICI. */
export const strongSwanServer = (options: StrongSwanOptions): VpnServer => {
  const name = `strongSwan at ${options.socket}`
  const socket: ServerSocket = { name, path: options.socket }
  const certificatesOf = strongSwanCertificates(options.certificates, options.world)
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
