import { Refusal } from '../../../../lib/errors/refusal.ts'
import { type TunnelKind, tunnelKinds } from '../../vpnProfile.ts'
import { type DpcRegistry, dpcRegistry } from './dpcRegistry.ts'
import { dpcTunnel } from './dpcTunnel.ts'
import { listsOf } from './listsOf.ts'
import { type Members, tunnelKeys } from './tunnelKeys.ts'
import { type LeftSetting, leftWhy } from './leftSetting.ts'
import { parseRegistryExport } from './parseRegistryExport.ts'
import { type Removed, withoutFaults } from './withoutFaults.ts'

/** What DPC does not know of a tenant. */
export interface ImportOptions {
  readonly tenant: string
  /** Base URL of the service. */
  readonly service: string
}

/** What members of a tunnel are in DPC's registry. */
const names: Readonly<Record<string, string>> = {
  name: 'ProfileName',
  servers: 'URL',
  routes: 'RouteList',
  exclusions: 'RouteListExclude',
  dns: 'DomainNameInfo',
  suffixes: 'DNSSuffix',
  'trusted-networks': 'TrustedNetworks',
  filters: 'TrafficFilters',
  'machine-purposes': 'MachineEKU',
  'route-metric': 'RouteMetric',
  'interface-metric': 'InterfaceMetric',
  'outage-seconds': 'NetworkOutageTime',
  proxy: 'ProxyValue',
  kerberos: 'DCIssuerHash',
  mtu: 'MTU',
}

const shown = (value: unknown): string => {
  const { name } = (typeof value === 'object' && value !== null ? value : {}) as Members
  return typeof name === 'string' ? `"${name}"` : JSON.stringify(value)
}

const leftOf = ({ path, members, value, why }: Removed): LeftSetting => {
  const [top, kind, member] = path.map(String)
  if (top === 'server') return { setting: `server.${kind} ${shown(value)}`, why: `is left: it ${why}` }
  const key = tunnelKeys[kind as TunnelKind]
  if (member === undefined) {
    const vital = String(members[2] ?? '')
    return { setting: key, why: `is left, all of it: ${names[vital] ?? vital} ${why}` }
  }
  return { setting: `${key}\\${names[member] ?? member} ${shown(value)}`, why: `is left: it ${why}` }
}

/** Drops what says nothing; a backup says it, or it would have what the user's tunnel says. */
const telling = (kind: TunnelKind, members: Members): Members =>
  Object.fromEntries(
    Object.entries(members).filter(
      ([, value]) =>
        value !== undefined &&
        (kind === 'backup' || !(value === false || (Array.isArray(value) && value.length === 0))),
    ),
  )

/** What a backup has of the user's tunnel in vpn.toml and cannot say that it has not. */
const inherited = (user: Members | undefined, backup: Members | undefined): readonly LeftSetting[] =>
  backup === undefined
    ? []
    : ['route-metric', 'interface-metric', 'proxy', 'kerberos']
        .filter((name) => user?.[name] !== undefined && backup[name] === undefined)
        .map((name) => ({
          setting: `${tunnelKeys.backup}\\${names[name] ?? name}`,
          why: `is not set: a backup tunnel has ${name} of the user's tunnel there`,
        }))

const serverOf = (registry: DpcRegistry, tunnels: readonly (readonly [TunnelKind, Members])[]) => {
  const people = tunnels.map(([kind]) => kind).filter((kind) => kind !== 'device')
  const [first, ...others] = people.map((kind) => {
    const { numbered } = listsOf(registry, tunnelKeys[kind])
    return { kind, names: numbered('NPSList'), roots: numbered('RootCertificates') }
  })
  const left = others
    .filter((other) => String([other.names, other.roots]) !== String([first?.names, first?.roots]))
    .map(({ kind }) => ({
      setting: `${tunnelKeys[kind]}\\RootCertificates, NPSList`,
      why: 'are left: vpn.toml has one server for all tunnels, which is that of the user tunnel',
    }))
  return { server: { names: first?.names ?? [], roots: first?.roots ?? [] }, left }
}

const isTunnelKey = (name: string): boolean =>
  Object.values(tunnelKeys).some((key) => key.toLowerCase() === name.toLowerCase())

/** What is not of a tunnel, and tunnels that are not there: not enabled, or written by hand as one XML. */
const leftAround = (registry: DpcRegistry): readonly LeftSetting[] => [
  ...registry
    .names('')
    .filter((name) => !isTunnelKey(name) && name.toLowerCase() !== 'mtu')
    .map((setting) => ({ setting, why: leftWhy.get(setting.toLowerCase()) ?? 'is not known' })),
  ...Object.values(tunnelKeys).flatMap((key) => {
    if (registry.names(key).length === 0) return []
    if (!registry.isOn('', key)) return [{ setting: key, why: 'is left: it is not enabled' }]
    const isXml = registry.text(key, 'OverrideXML') !== undefined
    return isXml ? [{ setting: `${key}\\OverrideXML`, why: 'replaces the whole tunnel: it is left' }] : []
  }),
]

const isImported = (registry: DpcRegistry, kind: TunnelKind): boolean =>
  registry.isOn('', tunnelKeys[kind]) && registry.text(tunnelKeys[kind], 'OverrideXML') === undefined

/**
 * Makes the document of a vpn.toml of DPC's settings. What would be a fault there is left out and named, as is all else that
 * it does not have.
 * @param octets an export of HKEY_LOCAL_MACHINE by Registry Editor, or of the keys of DPC in it.
 * @throws {Refusal} `usage-wrong` where it is none, `configuration-invalid` where no tunnel can be made of it
 */
export const importDpc = (
  octets: Uint8Array,
  { tenant, service }: ImportOptions,
): { readonly document: Members; readonly left: readonly LeftSetting[] } => {
  const registry = dpcRegistry(parseRegistryExport(octets))
  const kinds = tunnelKinds.filter((kind) => isImported(registry, kind))
  if (kinds.length === 0)
    throw new Refusal(
      'configuration-invalid',
      'Cannot make a vpn.toml of the export: it enables no tunnel of DPC.',
    )
  const read = kinds.map((kind) => ({ kind, ...dpcTunnel(registry, kind) }))
  const tunnels = read.map(({ kind, members }) => [kind, telling(kind, members)] as const)
  const { server, left } = serverOf(registry, tunnels)
  const byKind = Object.fromEntries(tunnels)
  const { document, removed } = withoutFaults({
    tenant,
    service,
    server,
    certificate: {},
    tunnels: byKind,
  })
  return {
    document,
    left: [
      ...leftAround(registry),
      ...left,
      ...read.flatMap((one) => one.left),
      ...removed.map(leftOf),
      ...inherited(byKind['user'], byKind['backup']),
    ],
  }
}
