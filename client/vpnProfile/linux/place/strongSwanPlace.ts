import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { prefixOf, printPrefix } from '../../../../lib/text/ipPrefix.ts'
import { type Vici, withVici } from '../../../guard/vici.ts'
import { type ViciSection, viciText } from '../../../guard/viciMessage.ts'
import { type Directive, valuesOf } from '../../../serverConfig/check/directive.ts'
import { parseSections, strongSwanFormat } from '../../../serverConfig/check/parseSections.ts'
import type { ProfileForm, ProfilePlace, TunnelState } from '../../profilePlace.ts'
import type { ClientSettings } from '../clientFiles.ts'
import { clientFolders } from '../clientFolders.ts'
import { swanctlProfile } from '../swanctlProfile.ts'
import { authoritiesOf, type FormSettings, itemsIn } from './formSettings.ts'
import { ask, failureOf, type LinuxMachine } from './linuxMachine.ts'
import { linuxPlace } from './linuxPlace.ts'
import { commaList, sectionIn, textsIn, viciConnection } from './viciConnection.ts'

const [connections, authorities] = clientFolders.strongswan

const directivesOf = ({ parts }: ProfileForm): readonly Directive[] =>
  parseSections([...parts.values()].at(-1) ?? '', strongSwanFormat)

const pemsOf = ({ parts }: ProfileForm): readonly string[] =>
  [...parts].flatMap(([path, pem]) => (path.endsWith('.pem') ? [pem] : []))

/** Of traffic selectors and authorities the order means nothing. */
const settingsOf = (form: ProfileForm): FormSettings => {
  const said = directivesOf(form)
    .filter(({ name }) => name !== '' && name !== 'cacerts')
    .map(({ section, name, value }): [string, string | ReadonlySet<string>] => [
      [...section, name].join('.'),
      name.endsWith('_ts') ? itemsIn(value, /\s*,\s*/) : value,
    ])
  return new Map([...said, ['cacerts', authoritiesOf(form)]])
}

/** The connections of a file; files of secrets, pools and authorities alone are no profiles. */
const connectionsIn = (directives: readonly Directive[]): readonly string[] => [
  ...new Set(directives.flatMap(({ section: [top, name] }) => (top === 'connections' && name ? [name] : []))),
]

const authorityPaths = (content: string): readonly string[] | undefined => {
  const directives = parseSections(content, strongSwanFormat)
  if (connectionsIn(directives).length === 0) return undefined
  const names = valuesOf(directives, 'cacerts').flatMap(commaList)
  return names.map((name) => (name.startsWith('/') ? name : `${authorities}/${name}`))
}

const canonical = (selectors: readonly string[]): string =>
  selectors
    .map((text) => {
      const prefix = prefixOf(text)
      return prefix ? printPrefix(prefix) : text
    })
    .toSorted()
    .join()

/** Says what charon has otherwise than the file: it keeps what it had where it does not take a new one. */
const heldOtherwise = (name: string, wanted: ProfileForm, told: ViciSection): string | undefined => {
  const directives = directivesOf(wanted)
  const held = sectionIn(told, name)
  const inConnection = (setting: string, section: RegExp) => valuesOf(directives, setting, section)
  const servers = inConnection('remote_addrs', /^connections\/[^/]+$/).flatMap(commaList)
  if (servers.join() !== textsIn(held, 'remote_addrs').join()) return 'its servers'
  const children = sectionIn(held, 'children')
  const wantedChildren = [
    ...new Set(directives.flatMap(({ section }) => (section[2] === 'children' ? (section[3] ?? []) : []))),
  ]
  if (wantedChildren.toSorted().join() !== Object.keys(children).toSorted().join()) return 'its children'
  return wantedChildren
    .filter((child) => {
      const section = new RegExp(String.raw`^connections/[^/]+/children/${child}$`)
      const selectors = inConnection('remote_ts', section).flatMap(commaList)
      return canonical(selectors) !== canonical(textsIn(sectionIn(children, child), 'remote-ts'))
    })
    .map((child) => `the networks of ${child}`)[0]
}

const isInstalled = (sa: ViciSection): boolean =>
  Object.values(sectionIn(sa, 'child-sas')).some(
    (child) => viciText(child as ViciSection, 'state') === 'INSTALLED',
  )

/** strongSwan 5.9 with charon, by swanctl and VICI. */
export const strongSwanPlace = (
  machine: LinuxMachine,
  credential: Pick<ClientSettings, 'folder' | 'user'>,
): ProfilePlace => {
  const path = `${machine.root}/run/charon.vici`
  const talking = <T>(act: (vici: Vici) => Promise<T>, signal: AbortSignal): Promise<T> =>
    withVici({ name: 'strongSwan', path }, act, signal)

  /** Asks for sections by the names of connections. */
  const listed = (
    command: string,
    event: string,
    message: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ) => talking((vici) => vici.stream(command, event, message), signal)

  const load = async (signal: AbortSignal): Promise<string | undefined> => {
    const environment = { ...machine.environment, SWANCTL_DIR: dirname(machine.root + connections) }
    const words = ['swanctl', '--load-conns', '--uri', `unix://${path}`] as const
    return failureOf('swanctl', await ask({ ...machine, environment }, words, signal))
  }

  const heldBy = async (name: string, signal: AbortSignal): Promise<ViciSection | undefined> =>
    (await listed('list-conns', 'list-conn', { ike: name }, signal)).find((event) =>
      Object.hasOwn(event, name),
    )

  return linuxPlace(
    {
      platform: 'strongswan',
      filesOf: swanctlProfile,
      folder: connections,
      ending: '.conf',
      companions: authorityPaths,
      settingsOf,
      async state(form, signal): Promise<TunnelState> {
        if (!existsSync(path)) return 'down'
        const names = connectionsIn(directivesOf(form))
        const sas = await listed('list-sas', 'list-sa', { noblock: 'yes' }, signal)
        const isUp = sas.some((event) => names.some((name) => isInstalled(sectionIn(event, name))))
        return isUp ? 'up' : 'down'
      },
      async check(wanted, signal) {
        const trial = `${wanted.name}-trial`
        const message = { [trial]: viciConnection(directivesOf(wanted), pemsOf(wanted)) }
        return talking(async (vici) => {
          const answer = await vici.command('load-conn', message)
          if (viciText(answer, 'success') !== 'yes')
            return `strongSwan refuses it: ${viciText(answer, 'errmsg')}`
          await vici.command('unload-conn', { name: trial })
          return undefined
        }, signal)
      },
      async use({ name, parts }, signal) {
        const failure = await load(signal)
        const held = await heldBy(name, signal)
        const otherwise = held ? heldOtherwise(name, { name, parts }, held) : 'all of it'
        // It fails for files of others as well.
        return otherwise === undefined ? undefined : (failure ?? `strongSwan has ${otherwise} otherwise`)
      },
      async forget({ name }, signal) {
        const failure = await load(signal)
        return (await heldBy(name, signal)) ? (failure ?? 'strongSwan still has it') : undefined
      },
    },
    machine,
    credential,
  )
}
