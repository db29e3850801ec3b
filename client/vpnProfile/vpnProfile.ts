import type { IpPrefix } from '../../lib/text/ipPrefix.ts'

/** What connects: people; people who choose a second server themselves; or the machine, before somebody signs in. */
export const tunnelKinds = ['user', 'backup', 'device'] as const

export type TunnelKind = (typeof tunnelKinds)[number]

/** How the tunnel is built, and what is tried where that fails. */
export const protocols = ['ikev2', 'ikev2-then-sstp', 'sstp-then-ikev2', 'sstp'] as const

/** EAP-TLS (RFC 5216) by itself, or within PEAP. */
export const authentications = ['eap-tls', 'peap-eap-tls'] as const

/** Where a route leads to: addresses, or a host name in lower case that is resolved again and again. */
export type Destination =
  | { readonly kind: 'prefix'; readonly prefix: IpPrefix }
  | { readonly kind: 'host'; readonly host: string }

/** Networks that somebody publishes, all of which stay outside of a tunnel; `name` is what the file calls them. */
export type ExclusionList =
  /** Those that Microsoft 365 calls Optimize. */
  | { readonly kind: 'microsoft-365'; readonly name: string }
  | { readonly kind: 'url'; readonly name: string; readonly url: URL }
  /** An absolute path. */
  | { readonly kind: 'file'; readonly name: string; readonly file: string }

/** Which DNS servers a name has in the tunnel. */
export interface NameRule {
  /** A host name, a suffix that begins with a dot, or a dot for all names. */
  readonly name: string
  /** Addresses; none: the name is resolved outside the tunnel. */
  readonly servers: readonly string[]
}

/** Where browsers go while all traffic is in the tunnel. */
export interface ProxySettings {
  /** Host and port, or the URL of a configuration script. */
  readonly server: string | undefined
  readonly script: string | undefined
  readonly exceptions: readonly string[]
  readonly bypassLocal: boolean
}

/** Traffic that the tunnel lets through. */
export interface TrafficFilter {
  readonly name: string
  /** A package family name, a path of a program, or SYSTEM; undefined: of all. */
  readonly application: string | undefined
  /** An IP protocol number; undefined: of all. */
  readonly protocol: number | undefined
  /** Ports, or two with a hyphen between. */
  readonly localPorts: readonly string[]
  readonly remotePorts: readonly string[]
  readonly localAddresses: readonly IpPrefix[]
  readonly remoteAddresses: readonly IpPrefix[]
  readonly direction: 'outbound' | 'inbound'
  readonly routing: Routing | undefined
}

/** A certificate of the domain that people have beside Mayfly's, which no domain controller takes. */
export interface KerberosCertificate {
  /** SHA-1 of its issuers, 40 lower-case hexadecimal digits. */
  readonly issuers: readonly string[]
  readonly purposes: readonly string[]
}

/** Split: what routes name is in the tunnel; full: all is but exclusions. */
export type Routing = 'split' | 'full'

/** One tunnel of a file. */
export interface VpnTunnel {
  readonly kind: TunnelKind
  /** What people see. */
  readonly name: string
  readonly servers: readonly { readonly host: string; readonly label: string | undefined }[]
  readonly protocol: (typeof protocols)[number]
  readonly authentication: (typeof authentications)[number]
  readonly alwaysOn: boolean
  readonly routing: Routing
  readonly routes: readonly Destination[]
  readonly exclusions: readonly Destination[]
  readonly exclusionLists: readonly ExclusionList[]
  readonly nameRules: readonly NameRule[]
  /** In this order: the first is the primary one. */
  readonly suffixes: readonly string[]
  readonly trustedNetworks: readonly string[]
  readonly registerDns: boolean
  readonly routeMetric: number | undefined
  readonly interfaceMetric: number | undefined
  /** In octets. */
  readonly mtu: number
  /** How long a connection is held while there is no network. */
  readonly outageSeconds: number
  readonly proxy: ProxySettings | undefined
  readonly filters: readonly TrafficFilter[]
  readonly hideEditButton: boolean
  readonly hideDisconnectButton: boolean
  /** Key purposes that the machine's certificate must have; only of a device tunnel. */
  readonly machinePurposes: readonly string[]
  /** By which certificate Windows signs in to the domain; undefined: by the ticket of the user, as without a tunnel. */
  readonly kerberos: KerberosCertificate | undefined
}

/** What vpn.toml says. */
export interface VpnProfile {
  /** Whose certificates clients show. */
  readonly tenant: string
  /** Base URL of the service; its host stays outside every tunnel. */
  readonly service: string
  /** What the server shows: never one of the tenant's certificates. */
  readonly server: {
    /** Names in its certificate. */
    readonly names: readonly string[]
    /** SHA-1 of the roots it may come from, 40 lower-case hexadecimal digits, as Windows takes them. */
    readonly roots: readonly string[]
    /** The roots themselves, DER, for clients that take files; none where the file names digests alone. */
    readonly authorities: readonly Uint8Array[]
  }
  /** Which certificates a client may show. */
  readonly certificate: {
    /** SHA-1 of the tenant's issuers, 40 lower-case hexadecimal digits. */
    readonly issuers: readonly string[]
    /** The tenant's marker, a dotted object identifier; undefined: certificates are chosen by issuer alone. */
    readonly marker: string | undefined
    readonly lifetimeSeconds: number
  }
  readonly tunnels: readonly VpnTunnel[]
}
