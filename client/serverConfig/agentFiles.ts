import { quote } from './quote.ts'
import type { RecipeFile, ServerSettings } from './recipe.ts'

const usualConfiguration = '/etc/mayfly/mayfly.toml'

/** Where the programs that servers and the agent run are. */
export const programFolder = '/usr/lib/mayfly'

/** A server whose sessions the agent ends: members of a table of `[[bundles.guard.servers]]`. */
export type GuardedServer = Readonly<Record<string, string>> & {
  readonly kind: 'strongswan' | 'openvpn' | 'ocserv'
}

const guardLines = ({ lifetimeSeconds, relyingParty }: ServerSettings, servers: readonly GuardedServer[]) => [
  '',
  '# Ends sessions whose certificate ended, whose issuer left the bundle, or whom an administrator stopped.',
  ...(relyingParty === undefined
    ? ['# Whom an administrator stopped the service tells relying parties alone: with relying-party, above.']
    : []),
  '[bundles.guard]',
  '# How long a certificate of the tenant lives at the most.',
  `lifetime-seconds = ${lifetimeSeconds}`,
  ...servers.flatMap((server) => [
    '',
    '[[bundles.guard.servers]]',
    ...Object.entries(server).map(([name, value]) => `${name} = ${quote.toml(value)}`),
  ]),
]

/** What the configuration of an agent is made of, beside the settings. */
interface Written {
  /** Where it will be. */
  readonly path: string
  /** What has the server load the files of the bundle; undefined for one that reads none. */
  readonly hook?: string | undefined
  /** Whose sessions are guarded; none where a script tells them (`mayfly agent guard --sessions`). */
  readonly guard?: readonly GuardedServer[] | undefined
}

/** Writes the configuration of the agent of a server. */
export const agentToml = (settings: ServerSettings, { path, hook, guard }: Written): string => {
  const { tenant, url, caFile, anchors, relyingParty, trust } = settings
  const party = relyingParty && [
    '# Tells the service which bundle this server loaded: roll-overs wait for it.',
    `relying-party = { name = ${quote.toml(relyingParty.name)}, secret-file = ${quote.toml(relyingParty.secretFile)} }`,
  ]
  return [
    `# Keeps the trust bundle of ${tenant} current on this server: mayfly agent --config ${path}`,
    `url = ${quote.toml(url)}`,
    `tenant = ${quote.toml(tenant)}`,
    ...(caFile === undefined ? [] : [`ca = ${quote.toml(caFile)}`]),
    '',
    '[[bundles]]',
    `folder = ${quote.toml(trust)}`,
    '# Roots that may sign the first bundle; not used after.',
    `anchors = [${anchors.map(quote.toml).join(', ')}]`,
    ...(party ?? []),
    ...(hook === undefined
      ? []
      : [
          '# No server rereads by itself. What the hook did not load is not reported, and is put back where nothing left the bundle.',
          `on-trust-change = ${quote.toml(hook)}`,
        ]),
    ...(guard === undefined ? [] : guardLines(settings, guard)),
    '',
  ].join('\n')
}

/** What the unit of the agent must let a hook do. */
export interface HookNeeds {
  /** Folders that it writes to, beside that of the bundle. */
  readonly writes?: readonly string[]
  /** Whether the socket by which sessions are ended belongs to another user than root. */
  readonly reachesOthers?: boolean
}

/** systemd takes the word of root, whatever the unit of the agent lacks: a hook that asks for a restart needs none. */
const dropIn = ({ writes = [], reachesOthers = false }: HookNeeds): string =>
  [
    '# What the agent of this server needs beyond what the unit of the agent has.',
    '[Service]',
    ...writes.map((folder) => `ReadWritePaths=${folder}`),
    ...(reachesOthers
      ? [
          '# The socket by which sessions are ended belongs to the user of the server.',
          'CapabilityBoundingSet=CAP_DAC_OVERRIDE',
        ]
      : []),
    '',
  ].join('\n')

/** A hook of the agent, as what the server is called and what has it load the files of the bundle. */
export interface Hook extends HookNeeds {
  readonly name: string
  /** Lines of a POSIX shell, where `$trust` is the folder of the bundle. */
  readonly lines: readonly string[]
  readonly guard?: readonly GuardedServer[]
}

/**
 * Lines of a hook that end it where a unit does not run, with words: systemctl itself tells of one that fails while it starts, and not
 * of one that ends after that.
 */
export const mustRun = (unit: string): readonly string[] => [
  `systemctl is-active --quiet ${unit} || {`,
  `  echo '${unit} does not run with this bundle: journalctl -u ${unit} tells why.' >&2`,
  '  exit 1',
  '}',
]

/** Makes the configuration of the agent, its hook, and the drop-in of its unit where that hook needs one. */
export const agentFiles = (
  settings: ServerSettings,
  { name, lines, guard, ...needs }: Hook,
): readonly RecipeFile[] => {
  const path = `${programFolder}/reload-${name}`
  const script = [
    '#!/bin/sh',
    `# Has ${name} load the trust bundle of ${settings.tenant}. Ends with 0 only when that succeeded: what is not loaded is not reported.`,
    'set -eu',
    `trust=\${MAYFLY_TRUST_FOLDER:-${quote.shell(settings.trust)}}`,
    ...lines,
    '',
  ].join('\n')
  return [
    { kind: 'program', path, mode: 0o755, content: script },
    {
      kind: 'agent',
      path: usualConfiguration,
      mode: 0o644,
      content: agentToml(settings, { path: usualConfiguration, hook: path, guard }),
    },
    ...(needs.writes === undefined && needs.reachesOthers === undefined
      ? []
      : [
          {
            kind: 'agent' as const,
            path: `/etc/systemd/system/mayfly-agent.service.d/${name}.conf`,
            mode: 0o644,
            content: dropIn(needs),
          },
        ]),
  ]
}

/**
 * Makes the configuration of an agent that keeps a bundle for the guard alone: whose server reads none of it.
 * @param path of a configuration of its own, for the agent of another server may be on the same machine.
 */
export const guardFile = (
  settings: ServerSettings,
  path: string,
  guard: readonly GuardedServer[],
): RecipeFile => ({
  kind: 'agent',
  path,
  mode: 0o644,
  content: agentToml(settings, { path, guard }),
})

/** Tells how the agent is started, once its files are there. */
export const agentSteps: readonly string[] = [
  `mayfly agent check --config ${usualConfiguration}`,
  `mayfly agent --once --config ${usualConfiguration} fetches the first bundle and runs the hook; keep it running as docs/client.md says`,
]
