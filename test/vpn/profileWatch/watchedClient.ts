import { vpnTomlOf } from '../../client/vpnProfile/vpnTomlOf.ts'
import { type LabMachine, node, type Started, within } from '../tunnels/lab.ts'

/** A line of the watch. */
export interface WatchEvent {
  readonly event: string
  readonly text: string
}

/** A client whose profile is kept current. */
export interface WatchedClient {
  /** Writes the vpn.toml, whose tunnel of the user says this. */
  readonly write: (user: Readonly<Record<string, unknown>>) => Promise<void>
  readonly start: () => void
  /** Waits for the next event of a kind, after those that were waited for. @throws {Error} with all that was told where there is none */
  readonly tells: (kind: string) => Promise<WatchEvent>
  /** Has the watch check at once. @returns what it told meanwhile */
  readonly check: () => Promise<readonly WatchEvent[]>
  /** Tells the watch to stop. @returns how many seconds it took then; infinite where it had to be killed */
  readonly stop: () => Promise<number>
  /** What it told since it was started, for whoever has to find out. */
  readonly said: () => string
  /** Ends it where it stands. */
  readonly kill: () => Promise<void>
}

/** What a watch of a client is told of its platform. */
export interface Watching {
  readonly platform: string
  readonly service: string
}

const configuration = (platform: string): string => `[[profiles]]
file = "vpn.toml"
folder = "/var/lib/mayfly/profiles"
platform = "${platform}"
credential = "/var/lib/mayfly/vpn"
user = "ada@contoso.example"
`

const eventsIn = (said: string): readonly WatchEvent[] =>
  said.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as WatchEvent] : []))

/** Has the profile of a client be kept current. */
export const watchedClient = async (
  client: LabMachine,
  { platform, service }: Watching,
): Promise<WatchedClient> => {
  let watch: Started | undefined
  let heard = 0
  await client.run('umask 077; mkdir -p /etc/mayfly; cat >/etc/mayfly/mayfly.toml', configuration(platform))
  const tells = async (kind: string): Promise<WatchEvent> => {
    const next = () =>
      eventsIn(watch?.said() ?? '').findIndex(({ event }, index) => event === kind && index >= heard)
    await within(150, () => next() >= 0 || (watch?.isOver() ?? true))
    const index = next()
    const found = eventsIn(watch?.said() ?? '')[index]
    if (!found) throw new Error(`The watch told no ${kind}: ${watch?.said()}`)
    heard = index + 1
    return found
  }
  return {
    said: () => watch?.said() ?? '',
    tells,
    async write(user) {
      const server = { names: ['vpn.example.com'], ca: '/run/shared/server-ca.pem' }
      await client.run(
        'umask 077; cat >/etc/mayfly/next.toml; mv /etc/mayfly/next.toml /etc/mayfly/vpn.toml',
        vpnTomlOf({ user }, { service, server }),
      )
    },
    start() {
      heard = 0
      watch = client.start(`exec ${node} tools/mayfly.mjs profile watch --config /etc/mayfly/mayfly.toml`)
    },
    async check() {
      const before = eventsIn(watch?.said() ?? '').length
      heard = before
      await watch?.signal('HUP')
      await tells('profiles-checked')
      return eventsIn(watch?.said() ?? '').slice(before, heard)
    },
    async kill() {
      await watch?.signal('KILL')
      await within(20, () => watch?.isOver() ?? true)
    },
    async stop() {
      await watch?.signal('TERM')
      // From when it was told, which on a busy machine takes a while.
      const since = performance.now()
      const hasEnded = await within(15, () => watch?.isOver() ?? true)
      await watch?.stop()
      return hasEnded ? (performance.now() - since) / 1000 : Infinity
    },
  }
}
