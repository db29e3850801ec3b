import { createHash } from 'node:crypto'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { type IpPrefix, prefixOf, printPrefix } from '../../../lib/text/ipPrefix.ts'
import { ikeProposal } from '../../serverConfig/ikeProposal.ts'
import type { VpnTunnel } from '../vpnProfile.ts'
import { clientFolders } from './clientFolders.ts'
import { authorityFiles, type ClientFiles, clientName, type ClientSettings } from './clientFiles.ts'
import { printKeyfile } from './keyfile.ts'
import { mostSelectors } from './mostSelectors.ts'
import { remainingPrefixes } from './remainingPrefixes.ts'

const [connections, authorities] = clientFolders.networkmanager

const all: readonly IpPrefix[] = ['0.0.0.0/0', '::/0'].flatMap((cidr) => prefixOf(cidr) ?? [])

const refuse = (why: string): Refusal =>
  new Refusal('configuration-invalid', `Cannot use the profile with NetworkManager: ${why}.`)

/** What is in the tunnel, without what is excluded: NetworkManager leads nothing past a tunnel. */
const selectors = ({ tunnel, routed }: ClientSettings): string => {
  const inside = remainingPrefixes(tunnel.routing === 'full' ? all : routed.routes, routed.exclusions)
  if (inside.length === 0) throw refuse(`nothing is left in the tunnel "${tunnel.name}"`)
  if (inside.length <= mostSelectors) return inside.map(printPrefix).join(';')
  throw refuse(
    `"${tunnel.name}" without its exclusions are ${inside.length} networks, and IKEv2 takes ${mostSelectors}: have fewer or wider routes and exclusions`,
  )
}

/** One of RFC 9562, version 8: the same for a tunnel each time, so that a profile takes the place of the one before. */
const uuidOf = (name: string): string => {
  const digits = createHash('sha256').update(`mayfly networkmanager ${name}`).digest('hex')
  const [, a, b, c, d, e] = /^(.{8})(.{4}).(.{3}).(.{3})(.{12})/.exec(digits) ?? []
  return `${a}-${b}-8${c}-8${d}-${e}`
}

/** An agent of a user: the hook networkmanager copies what it keeps to where the plugin can read it. */
const credentialOf = ({ folder, profile }: ClientSettings) => {
  const base = folder.startsWith('/var/lib/mayfly-users/') ? `${folder}/${profile.tenant}.` : `${folder}/`
  return { certificate: `${base}certificate.pem`, key: `${base}key.pem` }
}

const listed = (values: readonly string[]): string => values.map((value) => `${value};`).join('')

/** A name of a rule, as the domain of which names are asked for in the tunnel alone. */
const routedDomain = (name: string): string => (name === '.' ? '~.' : `~${name.replace(/^\./, '')}`)

type Entries = readonly (readonly [string, string])[]

const family = ({ nameRules, suffixes }: VpnTunnel, isOwn: (server: string) => boolean): Entries => {
  const rules = nameRules.filter(({ servers }) => servers.length > 0)
  const servers = [...new Set(rules.flatMap((rule) => rule.servers))].filter(isOwn)
  const search = [...suffixes, ...(servers.length > 0 ? rules.map(({ name }) => routedDomain(name)) : [])]
  return [
    ['method', 'auto'],
    ['never-default', 'true'],
    ...(servers.length > 0 ? ([['dns', listed(servers)]] as const) : []),
    ...(search.length > 0 ? ([['dns-search', listed(search)]] as const) : []),
    ...(rules.some(({ name }) => name === '.') ? ([['dns-priority', '-50']] as const) : []),
    ...(rules.length > 0 ? ([['ignore-auto-dns', 'true']] as const) : []),
  ]
}

/** For charon-nm, the service of network-manager-strongswan. */
const plugin = (settings: ClientSettings, authority: string): Entries => {
  const { profile, tunnel, user } = settings
  const { certificate, key } = credentialOf(settings)
  const [server] = tunnel.servers
  return [
    ['service-type', 'org.freedesktop.NetworkManager.strongswan'],
    ['address', server?.host ?? ''],
    ['remote-identity', profile.server.names[0] ?? ''],
    ['certificate', authority],
    ['method', 'eap-tls'],
    ['cert-source', 'file'],
    ['usercert', certificate],
    ['userkey', key],
    ['local-identity', user],
    ['virtual', 'yes'],
    ['proposal', 'yes'],
    ['ike', ikeProposal.strongSwan.ike],
    ['esp', ikeProposal.strongSwan.esp],
    ['remote-ts', selectors(settings)],
    ...(tunnel.alwaysOn ? ([['persistent', 'true']] as const) : []),
  ]
}

/**
 * Makes a keyfile of NetworkManager 1.36 with network-manager-strongswan 1.6 and charon-nm 5.9.8, for a server that
 * `mayfly server-config strongswan-eap-radius` writes: with `strongswan-eap-tls` charon-nm would reauthenticate in a loop.
 * @throws {Refusal} `configuration-invalid` where NetworkManager has no way to say it
 */
export const networkManagerProfile = (settings: ClientSettings): ClientFiles => {
  const { profile, tunnel } = settings
  const name = clientName(settings)
  const roots = authorityFiles(settings, authorities)
  const [root, ...others] = roots
  if (!root || others.length > 0)
    throw refuse(`server.ca has ${roots.length} roots of the server, and the plugin takes one`)
  const uuid = uuidOf(name)
  const content = printKeyfile([
    [
      'connection',
      [
        ['id', tunnel.name],
        ['uuid', uuid],
        ['type', 'vpn'],
        ['autoconnect', 'false'],
      ],
    ],
    ['vpn', plugin(settings, root.path)],
    ['ipv4', family(tunnel, (server) => !server.includes(':'))],
    ['ipv6', family(tunnel, (server) => server.includes(':'))],
  ])
  const path = `${connections}/${name}.nmconnection`
  return {
    files: [
      root,
      { path, content: `# Written by mayfly profile networkmanager; it replaces this file.\n${content}` },
    ],
    steps: [
      'a server of strongswan-eap-radius: charon-nm reauthenticates ten minutes before it is asked to, which with the other recipes is at once, in a loop',
      `nmcli connection load ${path}`,
      `the hook infra/client/hooks/networkmanager for on-renew of ${profile.tenant}'s credential: the plugin reads it when the tunnel comes up`,
      tunnel.alwaysOn
        ? `nmcli connection modify NETWORK +connection.secondaries ${uuid}, for each network from which the tunnel is to come up by itself`
        : `nmcli connection up uuid ${uuid}, whenever it is wanted`,
    ],
  }
}
