import { printFault } from '../../../../client/agent/configurationFault.ts'
import { parseProfile } from '../../../../client/vpnProfile/readProfile.ts'
import { routedPrefixes } from '../../../../client/vpnProfile/routedPrefixes.ts'
import { besideProfileXml } from '../../../../client/vpnProfile/windows/besideProfileXml.ts'
import { profileXml, type ProfileXmlOptions } from '../../../../client/vpnProfile/windows/profileXml.ts'
import { resolvedOf } from '../resolvedOf.ts'
import { vpnTomlOf } from '../vpnTomlOf.ts'

export type Members = Readonly<Record<string, unknown>>

/** Reads the first tunnel of a vpn.toml that is right. */
export const tunnelOf = (text: string) => {
  const read = parseProfile(text, '/')
  if (read.kind === 'faults') throw new Error(read.faults.map(printFault).join('\n'))
  const [tunnel] = read.profile.tunnels
  if (!tunnel) throw new Error('no tunnel')
  return { profile: read.profile, tunnel, routed: routedPrefixes(read.profile, tunnel, resolvedOf()) }
}

/** Says tunnels in a vpn.toml, and makes the profile of the first. */
export const written = (
  tunnels: Readonly<Record<string, Members>>,
  top?: Members,
  options?: ProfileXmlOptions,
) => {
  const { profile, tunnel, routed } = tunnelOf(vpnTomlOf(tunnels, top))
  return { xml: profileXml(profile, tunnel, routed, options), beside: besideProfileXml(tunnel) }
}
