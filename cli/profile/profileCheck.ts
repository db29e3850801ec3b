import { inspectProfile } from '../../client/vpnProfile/readProfile.ts'
import { routeNotes } from '../../client/vpnProfile/routeNotes.ts'
import { lackingNotes, platforms, serverNotes } from '../../client/vpnProfile/settings.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import { faultsOutcome } from '../agent/faultsOutcome.ts'
import { command } from '../commandLine/command.ts'
import { formatHanging } from '../commandLine/formatTable.ts'
import { profileOptions } from './profileOptions.ts'

export const profileCheck = command({
  name: 'profile check',
  summary: 'tell everything that is wrong with a vpn.toml',
  options: { file: profileOptions.file },
  notes: 'Resolves no names. Ends with 3 where something is wrong: one fault refuses every profile.',
  async run({ file }) {
    const read = await inspectProfile(file)
    if (read.kind === 'faults') return faultsOutcome(file, read.faults)
    const { profile } = read
    const kinds = profile.tunnels.map(({ kind }) => kind)
    const lacking = platforms.flatMap((platform) =>
      [
        ...serverNotes(profile, platform),
        ...profile.tunnels.flatMap((tunnel) => lackingNotes(tunnel, platform)),
      ].map((note) => `${platform}: ${note}`),
    )
    const notes = [...profile.tunnels.flatMap(routeNotes), ...lacking]
    return {
      text: [
        `${shownText(file)} is right: tunnels for ${kinds.join(', ')}`,
        ...notes.map((note) => formatHanging('note  ', shownText(note))),
      ].join('\n'),
      json: { file, valid: true, faults: [], tunnels: kinds, notes },
    }
  },
})
