import { addressOf, type IpAddress } from '../../../lib/text/ipAddress.ts'
import { guardedNamesOf, namesOf, type Resolved } from '../routedPrefixes.ts'
import type { VpnProfile, VpnTunnel } from '../vpnProfile.ts'
import { askNames, type AskedName, type Lookup } from './askNames.ts'
import { keepAnswers } from './keepAnswers.ts'
import type { KeptName, KeptSources } from './keptSources.ts'
import type { SourceNote } from './sourceNote.ts'

/** What is around a look at names and lists. */
export interface SourceWorld {
  readonly lookup: Lookup
  readonly now: () => Date
  /** Whether the device has a gateway of IPv6; undefined where it does not tell, or has no network at all: what it had counts. */
  readonly hasIpv6Gateway: boolean | undefined
  /** How long a name may take. */
  readonly milliseconds: number
  readonly signal: AbortSignal
}

/** What a look came to. */
export interface FollowedSources {
  readonly resolved: Resolved
  /** To be given to the next look, across restarts as well. */
  readonly kept: KeptSources
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

/**
 * Looks at what the names and lists of tunnels lead to. Each that has no answer keeps its last good one; what the file no longer
 * names is forgotten. Nothing is read or written: who calls keeps `kept`.
 * @throws the reason of the signal, at once; nothing is lost then
 */
export const followSources = async (
  profile: Pick<VpnProfile, 'service'>,
  { tunnels, kept }: { readonly tunnels: readonly VpnTunnel[]; readonly kept: KeptSources },
  world: SourceWorld,
): Promise<FollowedSources> => {
  const names = new Set(tunnels.flatMap((one) => [...namesOf(profile, one), ...guardedNamesOf(one)]))
  const asked = await askNames([...names], world)
  const at = world.now().toISOString()
  const before = new Map(Object.entries(kept.names))
  const looks = [...asked].map(([host, one]) => ({
    host,
    ...keepAnswers(host, one, { before: before.get(host), at }),
  }))
  const known = looks.filter((look) => look.kept.A ?? look.kept.AAAA)
  const hasIpv6Gateway = world.hasIpv6Gateway ?? kept.hasIpv6Gateway
  return {
    resolved: {
      names: new Map(known.map((look) => [look.host, addressesOf(look.kept)])),
      lists: new Map(),
      hasIpv6Gateway: hasIpv6Gateway ?? false,
    },
    kept: {
      version: 1,
      names: Object.fromEntries(known.map((look) => [look.host, look.kept])),
      lists: {},
      ...(hasIpv6Gateway === undefined ? {} : { hasIpv6Gateway }),
    },
    told: notesOf(
      asked,
      looks.flatMap(({ told }) => told),
    ),
  }
}
