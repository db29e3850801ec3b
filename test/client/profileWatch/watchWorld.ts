import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openWatch } from '../../../client/profileWatch/openWatch.ts'
import type { WatchState } from '../../../client/profileWatch/watchState.ts'
import type { FollowedTunnels, WatchOptions, WatchSpec } from '../../../client/profileWatch/watchSpec.ts'
import { runAgent } from '../../../client/agent/runAgent.ts'
import type {
  Difference,
  ProfileForm,
  ProfilePlace,
  TunnelState,
} from '../../../client/vpnProfile/profilePlace.ts'
import { readProfile } from '../../../client/vpnProfile/readProfile.ts'
import type { VpnTunnel } from '../../../client/vpnProfile/vpnProfile.ts'
import { printPrefix } from '../../../lib/text/ipPrefix.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { simulatedTime } from '../agent/simulatedTime.ts'

const begin = new Date('2026-03-02T08:00:00Z')

/** So many seconds after everything begins. */
export const at = (seconds: number): Date => new Date(begin.getTime() + seconds * 1000)

/** The other way round. */
export const secondsOf = (time: Date): number => (time.getTime() - begin.getTime()) / 1000

/** A form of one part, for what a test wants to find there. */
export const formOf = (name: string, ...routes: readonly string[]): ProfileForm => ({
  name,
  parts: new Map([['routes', routes.join(' ')]]),
})

/** A VPN client whose profiles are their routes. */
export const fakePlace = () => {
  const place = {
    profiles: new Map<string, ProfileForm>(),
    states: new Map<string, TunnelState>(),
    /** What was told of them last. */
    answered: new Map<string, TunnelState>(),
    /** What was done, in its order. */
    done: [] as string[],
    /** How often it was to mend what had been left under way. */
    mended: 0,
    /** What must never happen: a profile changed whose tunnel is not down, or replaced by what it is. */
    touchedWhileUp: [] as string[],
    inVain: [] as string[],
    fault: undefined as Error | undefined,
    /** Changes what is installed of what was wanted. */
    bend: (form: ProfileForm): ProfileForm => form,
    /** Is waited for in each call. */
    pause: (async () => undefined) as (
      call: 'installed' | 'state' | 'apply' | 'remove',
      signal: AbortSignal,
    ) => Promise<void>,
  }
  const adapter: ProfilePlace = {
    platform: 'openvpn',
    nameOf: (_, { name }) => name,
    make: (_, { name }, { routes }) => formOf(name, ...routes.map(printPrefix)),
    async installed(signal, isLook = false) {
      place.mended += isLook ? 0 : 1
      await place.pause('installed', signal)
      return [...place.profiles.values()]
    },
    differences(wanted, installed) {
      const [one, other] = [wanted.parts.get('routes'), installed.parts.get('routes')]
      const difference: Difference = { setting: 'routes', wanted: one, installed: other }
      return one === other ? [] : [difference]
    },
    async state(name, signal) {
      await place.pause('state', signal)
      const state = place.states.get(name) ?? 'down'
      place.answered.set(name, state)
      return state
    },
    async apply(wanted, installed, signal) {
      await place.pause('apply', signal)
      if (installed && place.answered.get(wanted.name) !== 'down') place.touchedWhileUp.push(wanted.name)
      if (installed && adapter.differences(wanted, installed).length === 0) place.inVain.push(wanted.name)
      if (place.fault) throw place.fault
      place.done.push(`${installed ? 'replace' : 'create'} ${wanted.name}`)
      place.profiles.set(wanted.name, place.bend(wanted))
    },
    async remove({ name }, signal) {
      await place.pause('remove', signal)
      if (place.fault) throw place.fault
      place.done.push(`remove ${name}`)
      place.profiles.delete(name)
    },
  }
  return Object.assign(place, {
    adapter,
    /** The routes that a profile has. */
    routes: (name = 'Contoso') => place.profiles.get(name)?.parts.get('routes'),
  })
}

/** Names and lists that a test answers for: routes of a tunnel are what it says, and what the file says. */
export const fakeSources = () => {
  const sources = {
    asked: 0,
    lacking: [] as string[],
    isSilent: false,
    faults: [] as FollowedTunnels['faults'],
    pause: (async () => undefined) as (signal: AbortSignal) => Promise<void>,
  }
  const followed = (tunnels: readonly VpnTunnel[]): FollowedTunnels => ({
    routed: new Map(
      tunnels.map(({ name, routes }) => [
        name,
        {
          routes: routes.flatMap((one) => (one.kind === 'prefix' ? [one.prefix] : [])),
          exclusions: [],
          refused: [],
          withoutGateway: [],
        },
      ]),
    ),
    lacking: new Map(tunnels.map(({ name }) => [name, sources.lacking])),
    isSilent: sources.isSilent,
    faults: sources.faults,
  })
  return Object.assign(sources, {
    adapter: {
      async follow(_: unknown, tunnels: readonly VpnTunnel[], signal: AbortSignal) {
        sources.asked += 1
        await sources.pause(signal)
        return followed(tunnels)
      },
      glance: async (_: unknown, tunnels: readonly VpnTunnel[]) => followed(tunnels),
    },
  })
}

/** A vpn.toml of tunnels by kind: a name, and routes. */
export const tomlOf = (tunnels: Readonly<Record<string, readonly [name: string, ...routes: string[]]>>) =>
  [
    'tenant = "contoso"',
    'service = "https://mayfly.example.com"',
    `[server]\nnames = ["vpn.example.com"]\nroots = ["${'aa'.repeat(20)}"]`,
    '[certificate]',
    ...Object.entries(tunnels).map(
      ([kind, [name, ...routes]]) =>
        `[tunnels.${kind}]\nalways-on = false\nname = "${name}"\nservers = [{ name = "vpn.example.com" }]\nroutes = ${JSON.stringify(routes)}`,
    ),
  ].join('\n')

/** A watch of one file, and the time that it lives in. */
export const watchWorld = async (seed = 4) => {
  const time = simulatedTime(at(0), seed)
  const folder = await temporaryFolder()
  const file = join(folder, 'vpn.toml')
  const [place, sources] = [fakePlace(), fakeSources()]
  const stop = new AbortController()
  const spec: WatchSpec = {
    file,
    folder,
    inputs: [file],
    earlier: [],
    tunnels: ['user', 'backup'],
    checkMinutes: 60,
    read: () => readProfile(file),
    sources: sources.adapter,
    place: place.adapter,
  }
  // At once: simulated time does not wait for it.
  const write = (text: string): void => writeFileSync(file, text, { mode: 0o600 })
  const say = (...routes: readonly string[]): void => write(tomlOf({ user: ['Contoso', ...routes] }))
  say('10.0.0.0/8')
  const open = (options: Partial<WatchOptions> = {}, changes: Partial<WatchSpec> = {}) =>
    openWatch({ ...spec, ...changes }, { adopt: false, removeUnmanaged: false, ...options }, time.world)
  return {
    time,
    folder,
    place,
    sources,
    spec,
    stop,
    open,
    write,
    /** Has the file say these routes of the tunnel "Contoso". */
    say,
    told: () => time.events.map(({ kind }) => kind),
    state: () => JSON.parse(readFileSync(join(folder, 'profiles.json'), 'utf8')) as WatchState,
    /** Checks once. */
    once: (options?: Partial<WatchOptions>) => open(options).once(new AbortController().signal),
    /** Lets it watch for so many seconds. */
    run: async (seconds: number, watch = open()): Promise<void> => {
      time.at(at(seconds), () => stop.abort())
      await time.run(() => runAgent([watch.kept], time.world, stop.signal))
    },
  }
}
