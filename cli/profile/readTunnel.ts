import { randomUUID } from 'node:crypto'
import { readProfile } from '../../client/vpnProfile/readProfile.ts'
import { namesOf, routedPrefixes, type RoutedPrefixes } from '../../client/vpnProfile/routedPrefixes.ts'
import { askResolver } from '../../client/vpnProfile/sources/askResolver.ts'
import { listFetcher } from '../../client/vpnProfile/sources/fetchList.ts'
import { microsoft365Service } from '../../client/vpnProfile/sources/fetchMicrosoft365.ts'
import { type FollowedSources, followSources } from '../../client/vpnProfile/sources/followSources.ts'
import { noSources } from '../../client/vpnProfile/sources/keptSources.ts'
import { printSourceNote } from '../../client/vpnProfile/sources/sourceNote.ts'
import type { TunnelKind, VpnProfile, VpnTunnel } from '../../client/vpnProfile/vpnProfile.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { printPrefix } from '../../lib/text/ipPrefix.ts'
import type { CommandContext } from '../commandLine/command.ts'

/** How long a name and a list may take: somebody waits. */
const limits = { milliseconds: 5_000, listMilliseconds: 30_000 } as const

const tunnelOf = ({ tunnels }: VpnProfile, kind: TunnelKind | undefined): VpnTunnel => {
  const found = kind === undefined ? tunnels : tunnels.filter((tunnel) => tunnel.kind === kind)
  const [tunnel] = found
  if (tunnel !== undefined && found.length === 1) return tunnel
  const there = tunnels.map((one) => one.kind).join(', ')
  throw new Refusal('usage-wrong', `Cannot choose a tunnel: the file has ${there}; name one with --tunnel.`)
}

/** Reads a tunnel of a vpn.toml. @throws {Refusal} `configuration-invalid`, `path-shared`, `usage-wrong` */
export const readTunnel = async (
  file: string,
  kind: TunnelKind | undefined,
): Promise<{ readonly profile: VpnProfile; readonly tunnel: VpnTunnel }> => {
  const profile = await readProfile(file)
  return { profile, tunnel: tunnelOf(profile, kind) }
}

/** Whoever needs a profile now gets none that lacks what the file says. @throws {Refusal} `name-unresolved`, `list-unavailable` */
const checkComplete = (profile: VpnProfile, tunnel: VpnTunnel, { resolved, told }: FollowedSources): void => {
  const why = told.map(printSourceNote).join('; ')
  const names = namesOf(profile, tunnel).filter((name) => !resolved.names.has(name))
  if (names.length > 0)
    throw new Refusal(
      'name-unresolved',
      `Cannot write the profile: no addresses of ${names.join(', ')} (${why}).`,
    )
  const lists = tunnel.exclusionLists.filter(({ name }) => !resolved.lists.has(name))
  if (lists.length > 0) throw new Refusal('list-unavailable', `Cannot write the profile: ${why}.`)
}

/** Asks what names and lists of a tunnel lead to, now: for devices that have both families. @throws {Refusal} `name-unresolved`, `list-unavailable` */
export const resolveTunnel = async (
  profile: VpnProfile,
  tunnel: VpnTunnel,
  { waiting, notice, now }: CommandContext,
): Promise<RoutedPrefixes> => {
  const { signal } = new AbortController()
  const fetchList = listFetcher({ clientRequestId: randomUUID(), microsoft365: microsoft365Service })
  const world = { lookup: askResolver, fetchList, ...limits, now, hasIpv6Gateway: true, signal }
  const followed = await waiting('asking for names and lists', () =>
    followSources(profile, { tunnels: [tunnel], kept: noSources }, world),
  )
  checkComplete(profile, tunnel, followed)
  for (const note of followed.told) notice(printSourceNote(note))
  const prefixes = routedPrefixes(profile, tunnel, followed.resolved)
  for (const { source, prefix, why } of prefixes.refused)
    notice(`not taken: ${source} leads to ${printPrefix(prefix)}, which ${why}`)
  return prefixes
}
