import { quote } from '../quote.ts'
import type { RecipeFile, ServerSettings } from '../recipe.ts'
import type { Fault } from './rule.ts'

/** Configurations of the agent, and drop-ins of systemd, by their paths; undefined for one that is missing. */
export type AgentTexts = ReadonlyMap<string, string | undefined>

/** What a mayfly.toml says of guards, as far as a line tells it. */
const guardIn = (toml: string) => {
  const lines = toml.split('\n').map((line) => line.trim())
  const valueOf = (form: RegExp) => lines.flatMap((line) => form.exec(line)?.slice(1) ?? [])
  return {
    kinds: lines.includes('[bundles.guard]') ? valueOf(/^kind\s*=\s*["'](\w+)["']/) : [],
    lifetimes: valueOf(/^lifetime-seconds\s*=\s*(\d+)/),
  }
}

/** Another configuration may do: that of an agent on this machine which guards this server besides. */
const guardFaults = ({ content }: RecipeFile, agents: AgentTexts): readonly Fault[] => {
  const expected = guardIn(content)
  const [kind] = expected.kinds
  const found = [...agents.values()].map((text) => guardIn(text ?? ''))
  const guarding = found.find(({ kinds }) => kind !== undefined && kinds.includes(kind))
  if (kind === undefined) return []
  if (!guarding)
    return [
      {
        finding: `nobody ends sessions: no \`[bundles.guard]\` of the agent has a server of the kind ${kind}`,
        why: 'who is stopped, or whose issuer left the bundle, keeps the tunnel until the server looks at the certificate again.',
        remedy: 'Take the `[bundles.guard]` that server-config prints into mayfly.toml.',
      },
    ]
  if (guarding.lifetimes.join() === expected.lifetimes.join()) return []
  return [
    {
      finding: '`lifetime-seconds` of `[bundles.guard]` is not the life of a certificate',
      why: 'sessions end early, or late, where the server tells no certificate.',
      remedy: `Write \`lifetime-seconds = ${expected.lifetimes.join()}\`.`,
    },
  ]
}

/** The tables of bundles in a mayfly.toml that have a hook, as far as lines tell it. */
const followedIn = (toml: string): readonly string[] =>
  toml
    .split(/^[ \t]*(?=\[)/m)
    .filter((table) => table.startsWith('[[bundles]]') && /^[ \t]*on-trust-change[ \t]*=/m.test(table))

const folderOf = (table: string): string | undefined =>
  /^[ \t]*folder[ \t]*=[ \t]*("(?:[^"\\]|\\.)*"|'[^']*')/m.exec(table)?.[1]

/** A hook of somebody's own may run the one of the recipe, beside those of other servers. */
const followFaults = (
  { content }: RecipeFile,
  agents: AgentTexts,
  { trust }: ServerSettings,
): readonly Fault[] => {
  if (followedIn(content).length === 0) return []
  const folders = [...agents.values()].flatMap((text) => followedIn(text ?? '').map(folderOf))
  if (folders.includes(quote.toml(trust)) || folders.includes(`'${trust}'`)) return []
  return [
    {
      finding: `nobody keeps the bundle current: no \`[[bundles]]\` of the agent has the folder ${trust} and \`on-trust-change\``,
      why: 'an issuer that was tainted stays trusted, and clients of the next one are refused.',
      remedy:
        'Take the mayfly.toml that server-config prints, or its `[[bundles]]` into the one that is there.',
    },
  ]
}

/** What systemd needs to know may stand in other drop-ins, too; without any the server, or the hook, does not work. */
const dropInFaults = ({ path }: RecipeFile, agents: AgentTexts): readonly Fault[] =>
  agents.has(path) && agents.get(path) === undefined
    ? [
        {
          finding: `${path} is missing`,
          why: 'without it systemd keeps the server, or the hook of the agent, from what they have to do.',
          remedy: 'Take the one that server-config prints, and run `systemctl daemon-reload`.',
        },
      ]
    : []

/** Tells what is wrong with what the agent and systemd read. */
export const agentFaults = (
  files: readonly RecipeFile[],
  agents: AgentTexts,
  settings: ServerSettings,
): readonly Fault[] =>
  files
    .filter(({ kind }) => kind === 'agent')
    .flatMap((file) =>
      file.path.endsWith('.toml')
        ? [...followFaults(file, agents, settings), ...guardFaults(file, agents)]
        : dropInFaults(file, agents),
    )
