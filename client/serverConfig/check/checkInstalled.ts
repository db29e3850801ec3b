import type { RecipeFile } from '../recipe.ts'
import { recipes, type ServerKind } from '../recipes.ts'
import type { Directive } from './directive.ts'
import { freeRadiusRules } from './freeRadiusRules.ts'
import { nginxRules } from './nginxRules.ts'
import { ocservRules } from './ocservRules.ts'
import { openVpnRules } from './openVpnRules.ts'
import { parseOcserv } from './parseOcserv.ts'
import { parseOpenVpn } from './parseOpenVpn.ts'
import { lineEnded, parseSections, semicolonEnded } from './parseSections.ts'
import { parseStrongSwan } from './parseStrongSwan.ts'
import type { Expected, Fault, Rule } from './rule.ts'
import { strongSwanRules } from './strongSwanRules.ts'
import { windowsRules } from './windowsRules.ts'

interface Held {
  readonly parse: (text: string) => readonly Directive[]
  readonly rules: readonly Rule[]
}

const sections = (text: string) => parseSections(text, lineEnded)

/** The whole of a script, whatever it says. */
const whole = (value: string): readonly Directive[] => [{ section: [], name: '', value }]

const held: Readonly<Record<ServerKind, Held>> = {
  'strongswan-pubkey': { parse: parseStrongSwan, rules: strongSwanRules['strongswan-pubkey'] },
  'strongswan-eap-tls': { parse: parseStrongSwan, rules: strongSwanRules['strongswan-eap-tls'] },
  'strongswan-eap-radius': { parse: parseStrongSwan, rules: strongSwanRules['strongswan-eap-radius'] },
  openvpn: { parse: parseOpenVpn, rules: openVpnRules },
  freeradius: { parse: sections, rules: freeRadiusRules },
  ocserv: { parse: parseOcserv, rules: ocservRules },
  nginx: { parse: (text) => parseSections(text, semicolonEnded), rules: nginxRules },
  nps: { parse: whole, rules: windowsRules.nps },
  rras: { parse: whole, rules: windowsRules.rras },
}

/** The configuration of a server as it is installed. */
export interface Installed {
  /** What the server reads, in its order. */
  readonly texts: readonly string[]
  /** Programs by their paths, as far as they were looked for; undefined for one that is missing. */
  readonly programs: ReadonlyMap<string, string | undefined>
  /** Configurations of the agent by their paths, likewise. */
  readonly agents?: ReadonlyMap<string, string | undefined>
}

const programFault = ({ path, content }: RecipeFile, found: string | undefined): readonly Fault[] => {
  if (found === content) return []
  return [
    {
      finding: `${path} is ${found === undefined ? 'missing' : 'not what it should be now'}`,
      why: 'it pins issuers, ends sessions, or has the server load the next bundle.',
      remedy: 'Take the one that server-config prints.',
    },
  ]
}

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
const guardFaults = ({ content }: RecipeFile, agents: NonNullable<Installed['agents']>): readonly Fault[] => {
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

/** Compares an installed configuration with what it should be now. Additions are let alone. @returns what is wrong with it */
export const checkInstalled = (
  kind: ServerKind,
  { texts, programs, agents }: Installed,
  expected: Expected,
): readonly Fault[] => {
  const { parse, rules } = held[kind]
  const directives = parse(texts.join('\n'))
  const broken = rules.filter(({ isBroken }) => isBroken(directives, expected))
  const { files } = recipes[kind](expected.settings)
  const altered = files.flatMap((file) =>
    programs.has(file.path) ? programFault(file, programs.get(file.path)) : [],
  )
  const unguarded = agents
    ? files.filter(({ path }) => path.endsWith('.toml')).flatMap((file) => guardFaults(file, agents))
    : []
  return [...broken.map(({ finding, why, remedy }) => ({ finding, why, remedy })), ...altered, ...unguarded]
}
