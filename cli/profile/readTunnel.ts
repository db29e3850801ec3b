import { lookup } from 'node:dns/promises'
import { readProfile } from '../../client/vpnProfile/readProfile.ts'
import { resolveNames } from '../../client/vpnProfile/resolveNames.ts'
import { namesOf, routedPrefixes, type RoutedPrefixes } from '../../client/vpnProfile/routedPrefixes.ts'
import type { TunnelKind, VpnProfile, VpnTunnel } from '../../client/vpnProfile/vpnProfile.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { printAddress } from '../../lib/text/ipAddress.ts'
import type { CommandContext } from '../commandLine/command.ts'

/** Five seconds: a resolver that is down answers nothing, and somebody waits. */
const milliseconds = 5_000

/** By the resolver of the machine, as its other programs find names: A and AAAA. */
const addressesOf = async (host: string): Promise<readonly string[]> =>
  (await lookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address)

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

/** Resolves the names of a tunnel, now. @throws {Refusal} `name-unresolved` */
export const resolveTunnel = async (
  profile: VpnProfile,
  tunnel: VpnTunnel,
  { waiting, notice }: CommandContext,
): Promise<RoutedPrefixes> => {
  const names = namesOf(profile, tunnel)
  const found = await waiting('resolving names', () =>
    resolveNames(names, { lookup: addressesOf, milliseconds }),
  )
  if (found.failed.length > 0) {
    const all = found.failed.map(({ host, why }) => `${host} (${why})`).join(', ')
    throw new Refusal('name-unresolved', `Cannot write the profile: no addresses of ${all}.`)
  }
  const prefixes = routedPrefixes(profile, tunnel, found.resolved)
  for (const { host, address } of prefixes.refused)
    notice(`left in the tunnel: ${host} is ${printAddress(address)}, which is within what the tunnel is for`)
  return prefixes
}
