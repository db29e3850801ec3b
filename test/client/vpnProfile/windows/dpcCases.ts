import { readdirSync, readFileSync } from 'node:fs'
import { vpnTomlOf } from '../vpnTomlOf.ts'

const folder = new URL('../../../vectors/profileXml/', import.meta.url)

type Named = Readonly<Record<string, string>>

/** What a case of DPC says, as far as cases have it. */
export interface DpcSettings {
  readonly tunnel: 'user' | 'device'
  readonly name: string
  readonly server?: string
  readonly servers?: readonly { readonly host: string; readonly label: string }[]
  readonly routing: 'split' | 'force'
  readonly routes?: Named
  readonly excludedRoutes?: Named
  readonly includedHostNames?: Named
  readonly excludedHostNames?: Named
  readonly resolver?: Readonly<Record<string, string | readonly string[]>>
  readonly dnsSuffixes?: readonly string[]
  readonly trustedNetworks?: readonly string[]
  readonly nameResolution?: Named
  readonly registerDns?: boolean
  readonly routeMetric?: number
  readonly interfaceMetric?: number
  readonly networkOutageSeconds?: number
  readonly mtu?: number
  readonly machineEku?: readonly string[]
  readonly disableEditButton?: boolean
  readonly disableDisconnectButton?: boolean
  readonly proxy?: {
    readonly server: string
    readonly exceptions: readonly string[]
    readonly bypassLocal: boolean
  }
  readonly trafficFilters?: readonly DpcFilter[]
  readonly deviceCompliance?: { readonly ssoEku?: string; readonly ssoIssuerHash: string }
  readonly limitEku?: { readonly oid: string }
  readonly serverRootThumbprints?: readonly string[]
  readonly clientIssuerThumbprints?: readonly string[]
  readonly radiusServerNames?: readonly string[]
}

interface DpcFilter {
  readonly name: string
  readonly app?: string
  readonly protocol?: number
  readonly routing?: 'force'
  readonly direction?: string
  readonly localPorts?: string
  readonly remotePorts?: string
  readonly localAddresses?: string
  readonly remoteAddresses?: string
}

/** A case of DPC, and the ProfileXML that it makes of it. */
export interface DpcCase {
  readonly name: string
  readonly settings: DpcSettings
  readonly xml: string | undefined
}

const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8')

/** Reads all of them, in the order of their names. */
export const dpcCases = (): readonly DpcCase[] => {
  const files = readdirSync(folder)
  return files
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => {
      const { settings } = JSON.parse(read(name)) as { readonly settings: DpcSettings }
      const xml = name.replace('.json', '.xml')
      return { name: name.slice(0, 2), settings, xml: files.includes(xml) ? read(xml) : undefined }
    })
}

const list = (commas: string | undefined): readonly string[] | undefined =>
  commas
    ?.split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')

const filterOf = (filter: DpcFilter) => ({
  name: filter.name,
  application: filter.app,
  protocol: filter.protocol,
  direction: filter.direction,
  routing: filter.routing && 'full',
  'local-ports': list(filter.localPorts),
  'remote-ports': list(filter.remotePorts),
  'local-addresses': list(filter.localAddresses),
  'remote-addresses': list(filter.remoteAddresses),
})

const keys = (...named: readonly (Named | undefined)[]): readonly string[] =>
  named.flatMap((one) => Object.keys(one ?? {}))

/** Says the settings of a case in a vpn.toml. */
export const vpnToml = (settings: DpcSettings): string => {
  const { tunnel, name, server, servers, routing, proxy, deviceCompliance: sso, limitEku } = settings
  const said = {
    name,
    servers: servers?.map(({ host, label }) => ({ name: host, label })) ?? [{ name: server }],
    ...(tunnel === 'user' ? { authentication: 'peap-eap-tls' } : {}),
    routing: routing === 'force' ? 'full' : 'split',
    routes: keys(settings.routes, settings.includedHostNames),
    exclusions: keys(settings.excludedRoutes, settings.excludedHostNames),
    dns: Object.entries(settings.nameResolution ?? {}).map(([rule, all]) => ({
      name: rule,
      servers: list(all),
    })),
    suffixes: settings.dnsSuffixes,
    'trusted-networks': settings.trustedNetworks,
    'register-dns': settings.registerDns,
    'route-metric': settings.routeMetric,
    'interface-metric': settings.interfaceMetric,
    'outage-seconds': settings.networkOutageSeconds,
    mtu: settings.mtu,
    'machine-purposes': settings.machineEku,
    'hide-edit-button': settings.disableEditButton,
    'hide-disconnect-button': settings.disableDisconnectButton,
    filters: settings.trafficFilters?.map(filterOf),
    kerberos: sso && { issuers: [sso.ssoIssuerHash], purposes: sso.ssoEku && [sso.ssoEku] },
    proxy: proxy && { server: proxy.server, exceptions: proxy.exceptions, 'bypass-local': proxy.bypassLocal },
  }
  const { radiusServerNames: names = ['x.example.com'], serverRootThumbprints: roots = ['aa'.repeat(20)] } =
    settings
  const { clientIssuerThumbprints: issuers = [] } = settings
  return vpnTomlOf(
    { [tunnel]: said },
    { server: { names, roots }, certificate: { issuers, marker: limitEku?.oid } },
  )
}
