import type { RecipeFile } from '../recipe.ts'
import { recipes, type ServerKind } from '../recipes.ts'
import { agentFaults, type AgentTexts } from './agentFaults.ts'
import type { Directive } from './directive.ts'
import { freeRadiusRules } from './freeRadiusRules.ts'
import { nginxRules } from './nginxRules.ts'
import { ocservRules } from './ocservRules.ts'
import { openVpnRules } from './openVpnRules.ts'
import { parseOcserv } from './parseOcserv.ts'
import { parseOpenVpn } from './parseOpenVpn.ts'
import { freeRadiusFormat, nginxFormat, parseSections } from './parseSections.ts'
import { parseStrongSwan } from './parseStrongSwan.ts'
import type { Expected, Fault, Rule } from './rule.ts'
import { spliced } from './spliced.ts'
import { strongSwanRules } from './strongSwanRules.ts'
import { windowsRules } from './windowsRules.ts'

interface Held {
  readonly parse: (text: string) => readonly Directive[]
  readonly rules: readonly Rule[]
}

const sections = (text: string) => parseSections(text, freeRadiusFormat)

/** The whole of a script, whatever it says. */
const whole = (value: string): readonly Directive[] => [{ section: [], name: '', value }]

const held: Readonly<Record<ServerKind, Held>> = {
  'strongswan-pubkey': { parse: parseStrongSwan, rules: strongSwanRules['strongswan-pubkey'] },
  'strongswan-eap-tls': { parse: parseStrongSwan, rules: strongSwanRules['strongswan-eap-tls'] },
  'strongswan-eap-radius': { parse: parseStrongSwan, rules: strongSwanRules['strongswan-eap-radius'] },
  openvpn: { parse: parseOpenVpn, rules: openVpnRules },
  freeradius: { parse: sections, rules: freeRadiusRules },
  ocserv: { parse: parseOcserv, rules: ocservRules },
  nginx: { parse: (text) => parseSections(text, nginxFormat), rules: nginxRules },
  nps: { parse: whole, rules: windowsRules.nps },
  rras: { parse: whole, rules: windowsRules.rras },
}

/** The configuration of a server as it is installed. */
export interface Installed {
  /** What the server reads, in its order. */
  readonly texts: readonly string[]
  /** Their paths, where they are known. */
  readonly paths?: readonly string[]
  /** Programs by their paths, as far as they were looked for; undefined for one that is missing. */
  readonly programs: ReadonlyMap<string, string | undefined>
  /** Those of them that others than root may change, or that nobody can run. */
  readonly misplaced?: readonly string[]
  /** What the agent and systemd read by their paths, likewise. */
  readonly agents?: AgentTexts
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

const misplacedFault = (path: string): Fault => ({
  finding: `${path} can be changed by others than root, or cannot be run`,
  why: 'who changes it lets anybody in, and runs what they like as root; and nobody is let in by a program that does not run.',
  remedy: `chown root:root ${path} && chmod 755 ${path}`,
})

/** Compares an installed configuration with what it should be now. Additions are let alone. @returns what is wrong with it */
export const checkInstalled = (
  kind: ServerKind,
  { texts, paths = [], programs, misplaced = [], agents }: Installed,
  expected: Expected,
): readonly Fault[] => {
  const { parse, rules } = held[kind]
  const directives = parse(spliced(texts, paths).join('\n'))
  const broken = rules.filter(({ isBroken }) => isBroken(directives, expected))
  const { files } = recipes[kind](expected.settings)
  const altered = files.flatMap((file) =>
    programs.has(file.path) ? programFault(file, programs.get(file.path)) : [],
  )
  const ofAgent = agents ? agentFaults(files, agents, expected.settings) : []
  return [
    ...broken.map(({ finding, why, remedy }) => ({ finding, why, remedy })),
    ...altered,
    ...misplaced.map(misplacedFault),
    ...ofAgent,
  ]
}
