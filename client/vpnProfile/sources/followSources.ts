import { addressOf, type IpAddress } from '../../../lib/text/ipAddress.ts'
import { guardedNamesOf, namesOf, type Resolved } from '../routedPrefixes.ts'
import type { VpnProfile, VpnTunnel } from '../vpnProfile.ts'
import { askNames, type AskedName, type AskOptions } from './askNames.ts'
import { followLists, type ListWorld } from './followLists.ts'
import { keepAnswers } from './keepAnswers.ts'
import { type KeptName, type KeptSources, networksOf } from './keptSources.ts'
import type { SourceNote } from './sourceNote.ts'

/** What is around a look at names and lists. */
export interface SourceWorld extends AskOptions, ListWorld {
  /** Whether the device has a gateway of IPv6; undefined where it does not tell, or has no network at all: what it had counts. */
  readonly hasIpv6Gateway: boolean | undefined
}

/** What a look came to. */
export interface FollowedSources {
  readonly resolved: Resolved
  /** To be given to the next look, across restarts as well. */
  readonly kept: KeptSources
  readonly told: readonly SourceNote[]
}

/** What a look at names came to. */
interface FollowedNames {
  readonly kept: ReadonlyMap<string, KeptName>
  readonly told: readonly SourceNote[]
}

/** Tells one thing where nothing had an answer: the network is not up yet, and two hundred lines would say the same. */
const notesOf = (
  asked: ReadonlyMap<string, AskedName>,
  told: readonly SourceNote[],
): readonly SourceNote[] => {
  const [first, ...others] = asked.values()
  const isSilent = [first, ...others].every((one) => one?.A.kind === 'none' && one.AAAA.kind === 'none')
  if (others.length === 0 || !isSilent || first?.A.kind !== 'none') return told
  return [{ kind: 'nothing-resolved', names: asked.size, why: first.A.why }]
}

const addressesOf = ({ A, AAAA }: KeptName): readonly IpAddress[] =>
  [...(A?.addresses ?? []), ...(AAAA?.addresses ?? [])].flatMap((text) => [addressOf(text) ?? []])

const followNames = async (
  names: readonly string[],
  before: Readonly<Record<string, KeptName>>,
  world: SourceWorld,
): Promise<FollowedNames> => {
  const asked = await askNames(names, world)
  const at = world.now().toISOString()
  const known = new Map(Object.entries(before))
  const looks = [...asked].map(([host, one]) => ({
    host,
    ...keepAnswers(host, one, { before: known.get(host), at }),
  }))
  return {
    kept: new Map(looks.flatMap(({ host, kept }) => (kept.A || kept.AAAA ? [[host, kept]] : []))),
    told: notesOf(
      asked,
      looks.flatMap(({ told }) => told),
    ),
  }
}

const mapped = <Kept, Value>(kept: ReadonlyMap<string, Kept>, valueOf: (one: Kept) => Value) =>
  new Map([...kept].map(([source, one]) => [source, valueOf(one)]))

/**
 * Looks at what the names and lists of tunnels lead to. Each that has no answer keeps its last good one; what the file no longer
 * names is forgotten. Nothing is written: who calls keeps `kept`.
 * @throws the reason of the signal, at once; nothing is lost then
 */
export const followSources = async (
  profile: Pick<VpnProfile, 'service'>,
  { tunnels, kept }: { readonly tunnels: readonly VpnTunnel[]; readonly kept: KeptSources },
  world: SourceWorld,
): Promise<FollowedSources> => {
  const hosts = new Set(tunnels.flatMap((one) => [...namesOf(profile, one), ...guardedNamesOf(one)]))
  const [names, lists] = await Promise.all([
    followNames([...hosts], kept.names, world),
    followLists(
      tunnels.flatMap(({ exclusionLists }) => exclusionLists),
      kept.lists,
      world,
    ),
  ])
  const hasIpv6Gateway = world.hasIpv6Gateway ?? kept.hasIpv6Gateway
  return {
    resolved: {
      names: mapped(names.kept, addressesOf),
      lists: mapped(lists.kept, networksOf),
      hasIpv6Gateway: hasIpv6Gateway ?? false,
    },
    kept: {
      version: 1,
      names: Object.fromEntries(names.kept),
      lists: Object.fromEntries(lists.kept),
      ...(hasIpv6Gateway === undefined ? {} : { hasIpv6Gateway }),
    },
    told: [...names.told, ...lists.told],
  }
}
