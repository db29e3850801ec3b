import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import type { AgentWorld } from '../../client/agent/agentWorld.ts'
import type { ProfilesConfiguration } from '../../client/agent/profilesConfiguration.ts'
import { openSources } from '../../client/profileWatch/openSources.ts'
import { openWatch, type Watch } from '../../client/profileWatch/openWatch.ts'
import type { WatchOptions, WatchSpec } from '../../client/profileWatch/watchSpec.ts'
import { trustFiles } from '../../client/trustFiles.ts'
import { readProfile } from '../../client/vpnProfile/readProfile.ts'
import { askResolver } from '../../client/vpnProfile/sources/askResolver.ts'
import { listFetcher } from '../../client/vpnProfile/sources/fetchList.ts'
import { microsoft365Service } from '../../client/vpnProfile/sources/fetchMicrosoft365.ts'
import { hasIpv6Gateway } from '../../client/vpnProfile/sources/hasIpv6Gateway.ts'
import { ipv6GatewayOfWindows } from '../../client/vpnProfile/windows/place/askScript.ts'
import { filledIn } from './filledIn.ts'
import { openPlace } from './openPlace.ts'

/** An agent leaves alone what others made. */
export const ownAlone: WatchOptions = { adopt: false, removeUnmanaged: false }

/** Names the VPN client that profiles are of: Windows has them all in one place. */
export const clientOf = ({ place: { platform } }: ProfilesConfiguration): string =>
  platform === 'windows-entra' ? 'windows' : platform

const watchSpec = (
  configuration: ProfilesConfiguration,
  before: readonly ProfilesConfiguration[],
  world: AgentWorld,
): WatchSpec => {
  const { file, folder, trust, tunnels, checkMinutes, place } = configuration
  const isWindows = place.platform === 'windows' || place.platform === 'windows-entra'
  return {
    file,
    folder,
    earlier: before.filter((one) => clientOf(one) === clientOf(configuration)).map((one) => one.folder),
    tunnels,
    checkMinutes,
    inputs: [file, ...(trust === undefined ? [] : [trustFiles(trust).jws])],
    async read() {
      const profile = await readProfile(file)
      return isWindows || trust !== undefined ? filledIn(profile, trust) : profile
    },
    sources: openSources(folder, {
      now: () => world.now(),
      clock: () => world.clock(),
      report: (event) => world.report(event),
      lookup: askResolver,
      fetchList: listFetcher({ clientRequestId: randomUUID(), microsoft365: microsoft365Service }),
      hasIpv6Gateway: (signal) =>
        isWindows ? ipv6GatewayOfWindows(world.environment, signal) : hasIpv6Gateway(process.platform),
    }),
    place: openPlace(configuration, world.environment),
  }
}

/** Describes how profiles are kept, with what this machine has. @throws {Refusal} `usage-wrong` */
export const watchSpecs = (all: readonly ProfilesConfiguration[], world: AgentWorld): readonly WatchSpec[] =>
  all.map((one, index) => watchSpec(one, all.slice(0, index), world))

/** Opens what keeps the profiles of a configuration current. @throws {Refusal} `usage-wrong` */
export const openWatches = (
  all: readonly ProfilesConfiguration[],
  options: WatchOptions,
  world: AgentWorld,
): Promise<readonly Watch[]> =>
  Promise.all(
    watchSpecs(all, world).map(async (spec) => {
      await mkdir(spec.folder, { recursive: true, mode: 0o755 })
      return openWatch(spec, options, world)
    }),
  )
