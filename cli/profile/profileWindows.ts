import { lookup } from 'node:dns/promises'
import { trustFiles } from '../../client/trustFiles.ts'
import { readTrusted } from '../../client/trustFolder.ts'
import { readProfile } from '../../client/vpnProfile/readProfile.ts'
import { resolveNames } from '../../client/vpnProfile/resolveNames.ts'
import { namesOf, routedPrefixes, type RoutedPrefixes } from '../../client/vpnProfile/routedPrefixes.ts'
import type { TunnelKind, VpnProfile, VpnTunnel } from '../../client/vpnProfile/vpnProfile.ts'
import { besideProfileXml } from '../../client/vpnProfile/windows/besideProfileXml.ts'
import { profileXml } from '../../client/vpnProfile/windows/profileXml.ts'
import { windowsNotes } from '../../client/vpnProfile/windows/windowsNotes.ts'
import { withTrusted } from '../../client/vpnProfile/withTrusted.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { replaceFile } from '../../lib/files/replaceFile.ts'
import { printAddress } from '../../lib/text/ipAddress.ts'
import { command, type CommandContext } from '../commandLine/command.ts'
import { text } from '../commandLine/option.ts'
import { profileOptions } from './profileOptions.ts'

/** Five seconds: a resolver that is down answers nothing, and somebody waits. */
const milliseconds = 5_000

/** By the resolver of the machine, as its other programs find names: A and AAAA. */
const addressesOf = async (host: string): Promise<readonly string[]> =>
  (await lookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address)

const filledIn = async (file: string, trust: string | undefined): Promise<VpnProfile> => {
  const profile = await readProfile(file)
  const { installed } = trust === undefined ? {} : await readTrusted(trustFiles(trust), profile.tenant)
  const filled = installed ? withTrusted(profile, installed) : profile
  if (filled.certificate.issuers.length > 0) return filled
  throw new Refusal(
    'configuration-invalid',
    `Cannot use the configuration ${file}: certificate.issuers is empty, and there is no bundle of ${profile.tenant} in ${trust ?? '--trust FOLDER'} that tells them.`,
  )
}

const tunnelOf = ({ tunnels }: VpnProfile, kind: TunnelKind | undefined): VpnTunnel => {
  const found = kind === undefined ? tunnels : tunnels.filter((tunnel) => tunnel.kind === kind)
  const [tunnel] = found
  if (tunnel !== undefined && found.length === 1) return tunnel
  const there = tunnels.map((one) => one.kind).join(', ')
  throw new Refusal('usage-wrong', `Cannot choose a tunnel: the file has ${there}; name one with --tunnel.`)
}

const routed = async (
  profile: VpnProfile,
  tunnel: VpnTunnel,
  { waiting, notice }: CommandContext,
): Promise<RoutedPrefixes> => {
  const names = namesOf(profile, tunnel)
  const found = await waiting('resolving names', () =>
    resolveNames(names, { lookup: addressesOf, milliseconds }),
  )
  const [first] = found.failed
  if (first !== undefined) {
    const all = found.failed.map(({ host, why }) => `${host} (${why})`).join(', ')
    throw new Refusal('name-unresolved', `Cannot write the profile: no addresses of ${all}.`)
  }
  const prefixes = routedPrefixes(profile, tunnel, found.resolved)
  for (const { host, address } of prefixes.refused)
    notice(`left in the tunnel: ${host} is ${printAddress(address)}, which is within what the tunnel is for`)
  return prefixes
}

export const profileWindows = command({
  name: 'profile windows',
  summary: 'write the ProfileXML of a tunnel for Windows',
  options: {
    ...profileOptions,
    trust: text('FOLDER', 'where trust fetch installed the bundle, which tells issuers and marker'),
    out: text('FILE', 'write it there; printed when left out'),
  },
  notes: 'Names are resolved once, now. What no ProfileXML can say is told by --json (beside).',
  async run({ file, tunnel: kind, trust, out }, context) {
    const profile = await filledIn(file, trust)
    const tunnel = tunnelOf(profile, kind)
    const xml = profileXml(profile, tunnel, await routed(profile, tunnel, context))
    const notes = windowsNotes(profile, [tunnel])
    for (const note of notes) context.notice(note)
    if (out !== undefined) await replaceFile(out, xml, 0o644)
    const json = { tunnel: tunnel.kind, name: tunnel.name, xml, beside: besideProfileXml(tunnel), notes }
    return { text: out === undefined ? xml.trimEnd() : `wrote ${out}`, json }
  },
})
