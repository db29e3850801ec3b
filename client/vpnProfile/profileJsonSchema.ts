import * as z from 'zod'
import { profileSchema } from './profileDocument.ts'

/** Says each member of vpn.toml for who hovers over it, by its path without indices; what all tunnels have stands under `tunnel`. */
const memberWords: Readonly<Record<string, string>> = {
  tenant: 'Whose certificates clients show.',
  service: 'Base URL of the service; its host stays outside of every tunnel.',
  server: 'What the VPN server (or NPS) shows. It is always validated.',
  'server.names': 'Names in the certificate of the server.',
  'server.roots': 'SHA-1 of the roots that the certificate of the server may come from.',
  'server.ca': 'A file with these roots, which clients other than Windows need.',
  certificate: 'Which certificates clients show.',
  'certificate.issuers': 'SHA-1 of the issuers of the tenant; the bundle tells them as well.',
  'certificate.marker': 'The marker of the tenant, a dotted object identifier.',
  'certificate.lifetime-seconds': 'How long a certificate lives.',
  tunnels: 'What connects.',
  'tunnels.user': 'The tunnel of people.',
  'tunnels.backup': 'A second one that people choose; it has of the first what it does not say.',
  'tunnels.device': "That of the machine, before somebody signs in, by the domain's certificate.",
  'tunnel.name': 'What people see.',
  'tunnel.servers': 'In order; Windows only ever tries the first.',
  'tunnel.servers.name': 'The host name that is called.',
  'tunnel.servers.label': 'What people see of it.',
  'tunnel.protocol': 'How the tunnel is built, and what is tried where that fails; ikev2 when left out.',
  'tunnel.authentication':
    'EAP-TLS by itself, or within PEAP with its crypto binding; eap-tls when left out.',
  'tunnel.always-on': 'Whether it connects by itself: true when left out, and never of a backup.',
  'tunnel.routing': 'split: routes are in the tunnel; full: all is but exclusions.',
  'tunnel.routes': 'Networks, addresses, or host names with a dot.',
  'tunnel.exclusions': 'Networks, addresses, or host names with a dot that stay outside.',
  'tunnel.exclusion-lists':
    'Published lists of networks that stay outside: microsoft-365, https URLs, or files.',
  'tunnel.dns': 'Which DNS servers names have.',
  'tunnel.dns.name': 'A name, a suffix with a dot before it, or a dot for all.',
  'tunnel.dns.servers': 'Addresses; none: resolved outside of the tunnel.',
  'tunnel.suffixes': 'DNS suffixes in this order: the first is the primary one.',
  'tunnel.trusted-networks': 'DNS suffixes of networks in which no tunnel is wanted.',
  'tunnel.register-dns': 'Whether the addresses of the tunnel are registered in DNS.',
  'tunnel.route-metric': 'The metric of routes into the tunnel.',
  'tunnel.interface-metric': 'The metric of the interface of the tunnel.',
  'tunnel.mtu': 'In octets; 1400 when left out.',
  'tunnel.outage-seconds':
    'How long a connection is held without a network: never longer than a certificate lives.',
  'tunnel.proxy': 'Where browsers go while all traffic is in the tunnel: a server or a script.',
  'tunnel.proxy.server': 'Host and port.',
  'tunnel.proxy.script': 'The URL of a configuration script.',
  'tunnel.proxy.exceptions': 'Hosts that the server is not asked for.',
  'tunnel.proxy.bypass-local': 'Whether hosts without a dot go past the server.',
  'tunnel.filters': 'The only traffic that the tunnel lets through.',
  'tunnel.filters.name': 'What the filter is called.',
  'tunnel.filters.application': 'A package family name, the path of a program, or SYSTEM.',
  'tunnel.filters.protocol': 'icmp, tcp, udp, or a number.',
  'tunnel.filters.local-ports': 'Ports, or two with a hyphen between.',
  'tunnel.filters.remote-ports': 'Ports, or two with a hyphen between.',
  'tunnel.filters.local-addresses': 'Networks or addresses of IPv4.',
  'tunnel.filters.remote-addresses': 'Networks or addresses of IPv4.',
  'tunnel.filters.direction': 'Which traffic is meant; outbound when left out.',
  'tunnel.filters.routing': 'Whether all traffic of the application is in the tunnel.',
  'tunnel.hide-edit-button': 'Hides the button that edits the profile.',
  'tunnel.hide-disconnect-button': 'Hides the button that disconnects.',
  'tunnel.machine-purposes':
    "Key purposes that the machine's certificate must have; of a device tunnel alone.",
  'tunnel.kerberos': "The domain's certificate for Kerberos, besides the one that connects.",
  'tunnel.kerberos.issuers': 'SHA-1 of the issuers of the domain.',
  'tunnel.kerberos.purposes': 'Key purposes that it must have.',
}

/** As much of a JSON schema as leads to members. */
interface Part {
  readonly properties?: Readonly<Record<string, Part>>
  readonly items?: Part
}

/** All tunnels have the same members. */
const wordsOf = (path: string): string | undefined =>
  memberWords[path.replace(/^tunnels\.(?:user|backup|device)\./, 'tunnel.')]

/** Puts words to each member beneath a part. @param at the path of the part, with a dot at its end where it is not empty */
const described = (part: Part, at = ''): Part => {
  const { properties, items } = part
  const members = Object.entries(properties ?? {}).map(([name, one]) => {
    const description = wordsOf(`${at}${name}`)
    return [name, { ...(description && { description }), ...described(one, `${at}${name}.`) }]
  })
  return {
    ...part,
    ...(properties && { properties: Object.fromEntries(members) as Record<string, Part> }),
    ...(items && { items: described(items, at) }),
  }
}

/**
 * Makes a JSON schema (2020-12) of vpn.toml for editors. It knows members, types and bounds; what several members say together, and
 * what texts may be, `mayfly profile check` tells.
 */
export const profileJsonSchema = (): object =>
  described(z.toJSONSchema(profileSchema, { io: 'input' }) as Part)
