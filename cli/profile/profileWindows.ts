import { lackingNotes } from '../../client/vpnProfile/settings.ts'
import type { VpnProfile, VpnTunnel } from '../../client/vpnProfile/vpnProfile.ts'
import { besideProfileXml } from '../../client/vpnProfile/windows/besideProfileXml.ts'
import { scriptBeside } from '../../client/vpnProfile/windows/place/besideDifferences.ts'
import { profileScript } from '../../client/vpnProfile/windows/place/profileScript.ts'
import { applyRequest, checkedForm } from '../../client/vpnProfile/windows/place/windowsForm.ts'
import { profileXml } from '../../client/vpnProfile/windows/profileXml.ts'
import { replaceFile } from '../../lib/files/replaceFile.ts'
import { entraMarker } from '../../lib/profile/commonRules.ts'
import { filledIn } from '../agent/filledIn.ts'
import { command } from '../commandLine/command.ts'
import { flag, text } from '../commandLine/option.ts'
import { profileOptions } from './profileOptions.ts'
import { readTunnel, resolveTunnel } from './readTunnel.ts'

const markerNotes = ({ certificate: { marker } }: VpnProfile, isEntra: boolean): readonly string[] =>
  marker === entraMarker
    ? [
        `The marker is that of the VPN CA of Microsoft Entra: a client with certificates of both shows either${isEntra ? '.' : ', where the issuers do not tell them apart.'}`,
      ]
    : []

const kerberosNotes = ({ kerberos }: VpnTunnel): readonly string[] =>
  kerberos && kerberos.issuers.length > 1
    ? [
        'kerberos.issuers has several, with semicolons between in the one example that is published; the description of the node has commas. One issuer leaves no doubt.',
      ]
    : []

const windowsCommand = (platform: 'windows' | 'windows-entra', summary: string) => {
  const isEntra = platform === 'windows-entra'
  return command({
    name: `profile ${platform}`,
    summary,
    options: {
      ...profileOptions,
      ...(isEntra
        ? {}
        : {
            trust: text('FOLDER', 'where trust fetch installed the bundle, which tells issuers and marker'),
          }),
      beyondSchema: flag('write what no schema of ProfileXML has as elements too'),
      out: text('FILE', 'write it there; printed when left out'),
      script: text('FILE', 'write a PowerShell script that installs it, for Intune or Group Policy'),
    },
    notes:
      'Names are resolved once, now. What no ProfileXML can say is told by --json (beside), and set by the script.',
    async run({ file, tunnel: kind, trust, out, beyondSchema, script }, context) {
      const { profile: read, tunnel } = await readTunnel(file, kind)
      const profile = isEntra ? read : await filledIn(read, trust)
      const routed = await resolveTunnel(profile, tunnel, context)
      const xml = profileXml(profile, tunnel, routed, { isEntra, beyondSchema })
      const notes = [
        ...markerNotes(profile, isEntra),
        ...kerberosNotes(tunnel),
        ...lackingNotes(tunnel, platform),
      ]
      for (const note of notes) context.notice(note)
      if (out !== undefined) await replaceFile(out, xml, 0o644)
      if (script !== undefined) {
        const form = checkedForm(tunnel.name, xml, scriptBeside(besideProfileXml(tunnel)))
        await replaceFile(script, profileScript(applyRequest(form)), 0o644)
      }
      const json = { tunnel: tunnel.kind, name: tunnel.name, xml, beside: besideProfileXml(tunnel), notes }
      const written = [out, script].filter((each) => each !== undefined)
      return { text: written.length === 0 ? xml.trimEnd() : `wrote ${written.join(' and ')}`, json }
    },
  })
}

export const profileWindows = {
  mayfly: windowsCommand('windows', 'write the ProfileXML of a tunnel for Windows'),
  entra: windowsCommand('windows-entra', "write the same for certificates of Entra's VPN CA"),
}
