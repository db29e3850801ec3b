import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isAbsolute } from 'node:path/posix'
import { checkClientFit } from '../../client/vpnProfile/linux/checkClientFit.ts'
import {
  clientFileMode,
  type ClientFiles,
  type ClientSettings,
} from '../../client/vpnProfile/linux/clientFiles.ts'
import { networkManagerProfile } from '../../client/vpnProfile/linux/networkManagerProfile.ts'
import { openVpnProfile } from '../../client/vpnProfile/linux/openVpnProfile.ts'
import { swanctlProfile } from '../../client/vpnProfile/linux/swanctlProfile.ts'
import { lackingNotes, type Platform, serverNotes } from '../../client/vpnProfile/settings.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { replaceFile } from '../../lib/files/replaceFile.ts'
import { command } from '../commandLine/command.ts'
import { parsed, text } from '../commandLine/option.ts'
import { checkOutputFolder } from '../commandLine/writeNewFile.ts'
import { profileOptions } from './profileOptions.ts'
import { readTunnel, resolveTunnel } from './readTunnel.ts'

const parseFolder = (given: string): string => {
  if (isAbsolute(given) && !/[\p{C}"'\\#]/u.test(given)) return given.replace(/\/+$/, '')
  throw new Refusal(
    'usage-wrong',
    'Cannot read --credential: it takes an absolute path without quotes, \\ and #.',
  )
}

const parseUser = (given: string): string => {
  if (/^[^\s\p{C}"\\]+@[^\s\p{C}"\\]+$/u.test(given)) return given
  throw new Refusal('usage-wrong', 'Cannot read --user: it takes a UPN, such as ada@contoso.example.')
}

const writeFiles = async (folder: string, { files }: ClientFiles): Promise<readonly string[]> => {
  for (const { path, content } of files) {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await replaceFile(file, content, clientFileMode(path))
  }
  return files.map(({ path }) => join(folder, path))
}

interface Client {
  readonly platform: Platform
  readonly summary: string
  readonly filesOf: (settings: ClientSettings) => ClientFiles
  readonly wantsUser: boolean
}

const clientCommand = ({ platform, summary, filesOf, wantsUser }: Client) =>
  command({
    name: `profile ${platform}`,
    summary,
    options: {
      ...profileOptions,
      credential: parsed('FOLDER', 'where the agent keeps the credential on the client', parseFolder, {
        byDefault: '/var/lib/mayfly/vpn',
      }),
      user: parsed('UPN', 'the user in the certificate', parseUser),
      out: text(
        'FOLDER',
        'write the files beneath it, as beneath the root of the client; printed when left out',
      ),
    },
    notes: 'Names are resolved once, now. What this client cannot express is told on standard error.',
    async run({ file, tunnel: kind, credential: folder = '', user, out }, context) {
      if (out !== undefined) await checkOutputFolder('out', out)
      const { profile, tunnel } = await readTunnel(file, kind)
      checkClientFit(profile, tunnel)
      if (wantsUser && user === undefined)
        throw new Refusal(
          'usage-wrong',
          'Cannot write the profile: --user is missing, by whose name the server knows the client.',
        )
      const routed = await resolveTunnel(profile, tunnel, context)
      const made = filesOf({ profile, tunnel, routed, folder, user: user ?? '' })
      const notes = [...serverNotes(profile, platform), ...lackingNotes(tunnel, platform)]
      for (const note of notes) context.notice(note)
      const told =
        out === undefined
          ? made.files.map(({ path, content }) => `==> ${path}\n${content}`)
          : await writeFiles(out, made)
      const lines = [...told, '', 'to do once:', ...made.steps.map((step) => `- ${step}`)]
      return { text: lines.join('\n'), json: { tunnel: tunnel.kind, name: tunnel.name, ...made, notes } }
    },
  })

export const profileClient = {
  openvpn: clientCommand({
    platform: 'openvpn',
    summary: 'write the configuration of a tunnel for OpenVPN',
    filesOf: openVpnProfile,
    wantsUser: false,
  }),
  strongswan: clientCommand({
    platform: 'strongswan',
    summary: 'write the connection of a tunnel for strongSwan',
    filesOf: swanctlProfile,
    wantsUser: true,
  }),
  networkmanager: clientCommand({
    platform: 'networkmanager',
    summary: 'write the keyfile of a tunnel for NetworkManager',
    filesOf: networkManagerProfile,
    wantsUser: true,
  }),
}
