import type { ProfileForm, ProfilePlace, TunnelState } from '../../profilePlace.ts'
import type { ClientSettings } from '../clientFiles.ts'
import { clientFolders } from '../clientFolders.ts'
import { parseKeyfile } from '../keyfile.ts'
import { networkManagerProfile } from '../networkManagerProfile.ts'
import { authoritiesOf, compareSettings, type FormSettings, itemsIn } from './formSettings.ts'
import { ask, failureOf, type LinuxMachine } from './linuxMachine.ts'
import { linuxPlace } from './linuxPlace.ts'

const contentOf = ({ parts }: ProfileForm): string => [...parts.values()].at(-1) ?? ''

const entryOf = (content: string, group: string, name: string): string =>
  parseKeyfile(content).get(group)?.get(name) ?? ''

const uuidOf = (form: ProfileForm): string => entryOf(contentOf(form), 'connection', 'uuid')

/** Types of connections that are tunnels. */
const tunnelTypes: ReadonlySet<string> = new Set(['vpn', 'wireguard'])

/** What NetworkManager notes down by itself. */
const noted: ReadonlySet<string> = new Set(['connection.timestamp', 'vpn.certificate'])

const valueOf = (setting: string, value: string): string | ReadonlySet<string> =>
  setting === 'vpn.remote-ts' ? itemsIn(value, /;/) : value.replace(/;$/, '')

const settingsOf = (form: ProfileForm): FormSettings => {
  const said = [...parseKeyfile(contentOf(form))].flatMap(([group, entries]) =>
    [...entries].map(([name, value]): [string, string | ReadonlySet<string>] => {
      const setting = `${group}.${name}`
      return [setting, valueOf(setting, value)]
    }),
  )
  return new Map([...said.filter(([setting]) => !noted.has(setting)), ['authority', authoritiesOf(form)]])
}

const companions = (content: string): readonly string[] | undefined => {
  if (!tunnelTypes.has(entryOf(content, 'connection', 'type'))) return undefined
  const authority = entryOf(content, 'vpn', 'certificate')
  return authority.startsWith('/') ? [authority] : []
}

/** Words of nmcli, which LC_ALL=C leaves as they are. */
const activeStates: Readonly<Record<string, TunnelState>> = { activated: 'up' }

/** NetworkManager, by nmcli. */
export const networkManagerPlace = (
  machine: LinuxMachine,
  credential: Pick<ClientSettings, 'folder' | 'user'>,
): ProfilePlace => {
  const nmcli = (words: readonly string[], signal: AbortSignal, input?: string) =>
    ask(machine, ['nmcli', ...words], signal, input)

  /** What of connections nmcli tells, by their UUID. */
  const tellOf = async (field: string, words: readonly string[], signal: AbortSignal) => {
    const table = ['--terse', '--escape', 'no', '--fields', `UUID,${field}`, 'connection', 'show']
    const end = await nmcli([...table, ...words], signal)
    const failure = failureOf('nmcli', end)
    if (failure !== undefined) throw new Error(failure)
    const lines = end.stdout.toString('utf8').split('\n')
    return new Map(lines.map((line) => [line.slice(0, 36), line.slice(37)]))
  }

  return linuxPlace(
    {
      platform: 'networkmanager',
      filesOf: networkManagerProfile,
      folder: clientFolders.networkmanager[0],
      ending: '.nmconnection',
      companions,
      settingsOf,
      async state(form, signal) {
        const state = (await tellOf('STATE', ['--active'], signal)).get(uuidOf(form))
        return state === undefined ? 'down' : (activeStates[state] ?? 'unknown')
      },
      /** It drops what it does not know without a word: what it makes of the profile must say the same. */
      async check(wanted, signal) {
        const words = ['--offline', 'connection', 'modify', 'connection.autoconnect', 'no']
        const end = await nmcli(words, signal, contentOf(wanted))
        const failure = failureOf('nmcli', end)
        if (failure !== undefined) return failure
        const taken = new Map([...wanted.parts].slice(0, -1)).set('taken', end.stdout.toString('utf8'))
        const [other] = compareSettings(settingsOf(wanted), settingsOf({ ...wanted, parts: taken }))
        return other && `NetworkManager does not take ${other.setting}`
      },
      async use(wanted, signal) {
        const path = `${machine.root}${[...wanted.parts.keys()].at(-1) ?? ''}`
        const failure = failureOf('nmcli', await nmcli(['connection', 'load', path], signal))
        const loaded = (await tellOf('FILENAME', [], signal)).get(uuidOf(wanted))
        if (loaded !== path) return failure ?? 'NetworkManager does not load it'
        const told = await nmcli(
          ['--escape', 'no', '--get-values', 'vpn.data', 'connection', 'show', 'uuid', uuidOf(wanted)],
          signal,
        )
        const selectors = `remote-ts = ${entryOf(contentOf(wanted), 'vpn', 'remote-ts')}`
        const items = told.stdout.toString('utf8').trim().split(', ')
        return items.includes(selectors) ? undefined : 'NetworkManager has its networks otherwise'
      },
      async forget(removed, signal) {
        const failure = failureOf('nmcli', await nmcli(['connection', 'reload'], signal))
        const isThere = (await tellOf('FILENAME', [], signal)).has(uuidOf(removed))
        return isThere ? (failure ?? 'NetworkManager still has it') : undefined
      },
    },
    machine,
    credential,
  )
}
