import { quote } from './quote.ts'
import type { RecipeFile, ServerSettings } from './recipe.ts'

const agentConfiguration = '/etc/mayfly/mayfly.toml'

/** Where the programs that servers and the agent run are. */
export const programFolder = '/usr/lib/mayfly'

/**
 * Writes the configuration of the agent of a server.
 * @param path where it will be.
 * @param hook what has the server load the files of the bundle.
 */
export const agentToml = (settings: ServerSettings, path: string, hook: string): string => {
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
    '# No server rereads by itself. What the hook did not load is not reported, and is put back where nothing left the bundle.',
    `on-trust-change = ${quote.toml(hook)}`,
    '',
  ].join('\n')
}

/** What the unit of the agent must let a hook do. */
export interface HookNeeds {
  /** Folders that it writes to, beside that of the bundle. */
  readonly writes?: readonly string[]
}

/** systemd takes the word of root, whatever the unit of the agent lacks: a hook that asks for a restart needs none. */
const dropIn = ({ writes = [] }: HookNeeds): string =>
  [
    '# What the hook of this server needs beyond what the unit of the agent has.',
    '[Service]',
    ...writes.map((folder) => `ReadWritePaths=${folder}`),
    '',
  ].join('\n')

/** A hook of the agent, as what the server is called and what has it load the files of the bundle. */
export interface Hook extends HookNeeds {
  readonly name: string
  /** Lines of a POSIX shell, where `$trust` is the folder of the bundle. */
  readonly lines: readonly string[]
}

/** Makes the configuration of the agent, its hook, and the drop-in of its unit where that hook needs one. */
export const agentFiles = (
  settings: ServerSettings,
  { name, lines, ...needs }: Hook,
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
      path: agentConfiguration,
      mode: 0o644,
      content: agentToml(settings, agentConfiguration, path),
    },
    ...(needs.writes === undefined
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

/** Tells how the agent is started, once its files are there. */
export const agentSteps: readonly string[] = [
  `mayfly agent check --config ${agentConfiguration}`,
  `mayfly agent --once --config ${agentConfiguration} fetches the first bundle and runs the hook; keep it running as docs/client.md says`,
]
