import { readFile } from 'node:fs/promises'
import { replaceFile } from '../../lib/files/replaceFile.ts'
import { printPrefix } from '../../lib/text/ipPrefix.ts'
import { type LookingWorld, openTrouble } from '../agent/trouble.ts'
import { guardedNamesOf, namesOf, type RoutedPrefixes, routedPrefixes } from '../vpnProfile/routedPrefixes.ts'
import { type FollowedSources, followSources, type SourceWorld } from '../vpnProfile/sources/followSources.ts'
import { type KeptSources, noSources, parseKeptSources } from '../vpnProfile/sources/keptSources.ts'
import { printSourceNote, type SourceNote } from '../vpnProfile/sources/sourceNote.ts'
import type { VpnProfile, VpnTunnel } from '../vpnProfile/vpnProfile.ts'
import { type FollowedTunnels, type SourceFault, type TunnelSources, watchFiles } from './watchSpec.ts'

/** What names and lists are asked with. */
export interface SourcesWorld extends LookingWorld, Pick<SourceWorld, 'lookup' | 'fetchList'> {
  /** Undefined where it cannot be told, or there is no network. */
  readonly hasIpv6Gateway: (signal: AbortSignal) => Promise<boolean | undefined>
}

/** How long a name, and a list, may take: whoever is down answers nothing. */
const limits = { milliseconds: 5_000, listMilliseconds: 30_000 } as const

/** Stands for a source that has nothing newer than what is remembered. */
const notAsked = () => Promise.reject(new Error('not asked'))

/** @returns undefined where there is something that cannot be read */
const read = async (file: string): Promise<KeptSources | undefined> => {
  try {
    return parseKeptSources(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? noSources : undefined
  }
}

const faultOf = (note: SourceNote): SourceFault => ({
  source: 'source' in note ? note.source : 'the resolver',
  kind: note.kind,
  text: printSourceNote(note),
  mayPass: note.kind !== 'bounded',
})

/** Whether nothing had an answer of those names. */
const isSilence = (names: readonly string[], told: readonly SourceNote[]): boolean =>
  told.some(({ kind }) => kind === 'nothing-resolved') ||
  (names.length === 1 && told.some(({ kind }) => kind === 'missing' || kind === 'kept'))

/** One fault for all of a tunnel: they come and go with the network. */
const leftOut = ([tunnel, { withoutGateway }]: readonly [string, RoutedPrefixes]): readonly SourceFault[] => {
  const [first] = withoutGateway
  if (!first) return []
  const text = `${tunnel} is without its exclusions of IPv6 (${withoutGateway.length}, such as ${printPrefix(first)}): the device has no gateway of IPv6.`
  return [{ source: `IPv6 of ${tunnel}`, kind: 'refused', text, mayPass: false }]
}

const followedOf = (
  profile: VpnProfile,
  { tunnels, kept }: { readonly tunnels: readonly VpnTunnel[]; readonly kept: KeptSources },
  { resolved, told }: FollowedSources,
): FollowedTunnels => {
  const routed = new Map(tunnels.map((one) => [one.name, routedPrefixes(profile, one, resolved)]))
  const lackingOf = ({ routes }: VpnTunnel) =>
    routes.flatMap((one) => (one.kind === 'host' && !resolved.names.has(one.host) ? [one.host] : []))
  const names = [...new Set(tunnels.flatMap((one) => [...namesOf(profile, one), ...guardedNamesOf(one)]))]
  const refused = [...routed.values()].flatMap((one) => one.refused)
  return {
    routed,
    lacking: new Map(tunnels.map((one) => [one.name, lackingOf(one)])),
    isSilent: isSilence(names, told) && Object.keys(kept.names).length === 0,
    faults: [
      ...told.map(faultOf),
      ...refused.map(({ source, prefix, why }): SourceFault => {
        const address = printPrefix(prefix)
        const text = `${source} leads to ${address}, which ${why}: it is not taken.`
        return { source: `${source} ${address}`, kind: 'refused', text, mayPass: false }
      }),
      ...[...routed].flatMap(leftOut),
    ],
  }
}

/** Follows names and lists, whose last good answers a folder has. */
export const openSources = (folder: string, world: SourcesWorld): TunnelSources => {
  const file = watchFiles(folder).sources
  const writing = openTrouble(world, { begun: 'failed', subject: folder })
  let latest = noSources
  /** What cannot be written down, or be read, is known all the same while this process lives. */
  const known = async (): Promise<{ readonly kept: KeptSources; readonly isLost: boolean }> => {
    if (writing.error) return { kept: latest, isLost: false }
    const kept = await read(file)
    return { kept: kept ?? latest, isLost: kept === undefined }
  }

  /** @param before what the file has; undefined where that cannot be read */
  const keep = async (kept: KeptSources, before: KeptSources | undefined): Promise<void> => {
    latest = kept
    try {
      const text = JSON.stringify(kept)
      if (text !== JSON.stringify(before) || writing.error) await replaceFile(file, `${text}\n`, 0o644)
      writing.end()
    } catch (error) {
      writing.begin(error)
    }
  }

  const ask = async (
    profile: VpnProfile,
    { tunnels, kept }: { readonly tunnels: readonly VpnTunnel[]; readonly kept: KeptSources },
    around: Pick<SourceWorld, 'lookup' | 'fetchList' | 'signal'>,
  ) => {
    const hasIpv6Gateway = await world.hasIpv6Gateway(around.signal)
    const { now } = world
    return followSources(profile, { tunnels, kept }, { ...around, ...limits, now, hasIpv6Gateway })
  }

  return {
    async follow(profile, tunnels, signal) {
      const { kept, isLost } = await known()
      if (isLost)
        world.report({
          kind: 'profiles-forgotten',
          level: 'warning',
          subject: folder,
          text: 'What names and lists answered last cannot be read: they are asked for anew.',
        })
      const { lookup, fetchList } = world
      const followed = await ask(profile, { tunnels, kept }, { lookup, fetchList, signal })
      await keep(followed.kept, isLost ? undefined : kept)
      return followedOf(profile, { tunnels, kept }, followed)
    },
    async glance(profile, tunnels, { asks, signal }) {
      const around = asks ? world : { lookup: notAsked, fetchList: notAsked }
      const { kept } = await known()
      const followed = await ask(profile, { tunnels, kept }, { ...around, signal })
      return followedOf(profile, { tunnels, kept }, followed)
    },
  }
}
