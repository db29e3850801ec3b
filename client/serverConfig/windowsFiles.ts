import { agentToml } from './agentFiles.ts'
import { quote } from './quote.ts'
import type { RecipeFile, ServerSettings } from './recipe.ts'
import { itemsScript } from './itemsScript.ts'
import { windowsScripts } from './windowsScripts.ts'

/** Where Mayfly is on a server of Windows: beneath ProgramData every user could put files of theirs beside. */
const home = String.raw`C:\Program Files\Mayfly`

/** Where the agent keeps the bundle when nobody says it. */
export const windowsTrust = String.raw`${home}\trust`

/** Where `mayfly agent` finds what it does. */
export const windowsConfiguration = String.raw`${home}\mayfly.toml`

const windowsKinds = ['nps', 'rras'] as const

/** The servers of Windows. */
export type WindowsKind = (typeof windowsKinds)[number]

/** Tells whether a server is one of Windows. */
export const isWindowsKind = (kind: string): kind is WindowsKind =>
  windowsKinds.some((known) => known === kind)

/** Names a file of a server as Windows does. */
export const windowsPath = (kind: WindowsKind, name: string): string => [home, kind, name].join('\\')

/** Names a file as it stands beneath the drive of the system. */
const beneathDrive = (path: string): string => path.replace(/^C:/, '').replaceAll('\\', '/')

const list = (texts: readonly string[]): string => `@(${texts.map(quote.powerShell).join(', ')})`

/** What the scripts of one kind of server are made of. */
export interface WindowsServer {
  readonly kind: WindowsKind
  /** Stores of Windows that roots, and issuers, have to be in. */
  readonly stores: { readonly root: readonly string[]; readonly issuer: readonly string[] }
  /** Has to be started anew where trust in an issuer changed; empty where nothing has. */
  readonly service: string
  /** Functions beside those that all have. */
  readonly items: string
  /** Other scripts, by name. */
  readonly others?: Readonly<Record<string, string>>
  /** Whether a script asks the guard which sessions have to end. */
  readonly isGuarded?: boolean
}

const settingsScript = (settings: ServerSettings, { stores, service }: WindowsServer): string => {
  const values: readonly (readonly [string, string])[] = [
    ['Tenant', quote.powerShell(settings.tenant)],
    ['Trust', quote.powerShell(settings.trust)],
    ['MarkerOids', list(settings.markerOids)],
    ['LifetimeSeconds', String(settings.lifetimeSeconds)],
    ['NetworkPolicy', quote.powerShell(settings.networkPolicy)],
    ['Sid', quote.powerShell(settings.sid ?? '')],
    ['Stores', `@{ root = ${list(stores.root)}; issuer = ${list(stores.issuer)} }`],
    ['Service', quote.powerShell(service)],
  ]
  return [
    '# Who is let in, and how long. Written by mayfly server-config; it replaces this file.',
    '$Mayfly = @{',
    ...values.map(([name, value]) => `  ${name} = ${value}`),
    '}',
    '',
  ].join('\n')
}

/** Makes the files of a server of Windows: scripts, which run as they stand, and the configuration of the agent. */
export const windowsFiles = (settings: ServerSettings, server: WindowsServer): readonly RecipeFile[] => {
  const { kind, items, others = {}, isGuarded = false } = server
  const path = (name: string) => beneathDrive(windowsPath(kind, name))
  const scripts = { 'Items.ps1': itemsScript(items), ...windowsScripts, ...others }
  return [
    {
      kind: 'configuration',
      path: path('Settings.ps1'),
      mode: 0o644,
      content: settingsScript(settings, server),
    },
    ...Object.entries(scripts).map(
      ([name, content]) => ({ kind: 'program', path: path(name), mode: 0o644, content }) as const,
    ),
    {
      kind: 'agent',
      path: beneathDrive(windowsConfiguration),
      mode: 0o644,
      content: agentToml(settings, {
        path: windowsConfiguration,
        hook: windowsPath(kind, 'Update-Trust.ps1'),
        guard: isGuarded ? [] : undefined,
      }),
    },
  ]
}

/** How a script is run. */
export const windowsCommand = (kind: WindowsKind, name: string): string =>
  `powershell.exe -NoProfile -ExecutionPolicy Bypass -File "${windowsPath(kind, name)}"`

/** Tells how a server of Windows is set up, once its files are there. */
export const windowsSteps = (kind: WindowsKind): readonly string[] => [
  `mayfly agent --once --config "${windowsConfiguration}", as administrator, fetches the first bundle and puts it into the stores`,
  `${windowsCommand(kind, 'Set-Server.ps1')} -WhatIf, and without -WhatIf`,
  `mayfly agent install --system --config "${windowsConfiguration}" keeps the bundle current`,
  `${windowsCommand(kind, 'Test-Server.ps1')} tells what differs, and changes nothing`,
]
