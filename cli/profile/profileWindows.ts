import { trustFiles } from '../../client/trustFiles.ts'
import { readTrusted } from '../../client/trustFolder.ts'
import { lackingNotes } from '../../client/vpnProfile/settings.ts'
import type { VpnProfile } from '../../client/vpnProfile/vpnProfile.ts'
import { besideProfileXml } from '../../client/vpnProfile/windows/besideProfileXml.ts'
import { profileXml } from '../../client/vpnProfile/windows/profileXml.ts'
import { withTrusted } from '../../client/vpnProfile/withTrusted.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { replaceFile } from '../../lib/files/replaceFile.ts'
import { command } from '../commandLine/command.ts'
import { text } from '../commandLine/option.ts'
import { profileOptions } from './profileOptions.ts'
import { readTunnel, resolveTunnel } from './readTunnel.ts'

const filledIn = async (profile: VpnProfile, trust: string | undefined): Promise<VpnProfile> => {
  const { installed } = trust === undefined ? {} : await readTrusted(trustFiles(trust), profile.tenant)
  const filled = installed ? withTrusted(profile, installed) : profile
  if (filled.certificate.issuers.length > 0) return filled
  throw new Refusal(
    'configuration-invalid',
    `Cannot use the profile: certificate.issuers is empty, and there is no bundle of ${profile.tenant} in ${trust ?? '--trust FOLDER'} that tells them.`,
  )
}

/** The marker of the VPN CA of Microsoft Entra. */
const entraMarker = '1.3.6.1.4.1.311.87'

const markerNotes = ({ certificate: { marker } }: VpnProfile): readonly string[] =>
  marker === entraMarker
    ? [
        'The marker is that of the VPN CA of Microsoft Entra: a client with certificates of both shows either, where the issuers do not tell them apart.',
      ]
    : []

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
    const { profile: read, tunnel } = await readTunnel(file, kind)
    const profile = await filledIn(read, trust)
    const xml = profileXml(profile, tunnel, await resolveTunnel(profile, tunnel, context))
    const notes = [...markerNotes(profile), ...lackingNotes(tunnel, 'windows')]
    for (const note of notes) context.notice(note)
    if (out !== undefined) await replaceFile(out, xml, 0o644)
    const json = { tunnel: tunnel.kind, name: tunnel.name, xml, beside: besideProfileXml(tunnel), notes }
    return { text: out === undefined ? xml.trimEnd() : `wrote ${out}`, json }
  },
})
