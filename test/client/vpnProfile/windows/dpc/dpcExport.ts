import type { DpcSettings } from '../dpcCases.ts'

/** A value for Registry Editor: a text or a number. */
export type Value = string | number

const quoted = (text: string): string => `"${text.replaceAll(/[\\"]/g, String.raw`\$&`)}"`

const written = (value: Value): string =>
  typeof value === 'string' ? quoted(value) : `dword:${(value >>> 0).toString(16).padStart(8, '0')}`

type Values = Readonly<Record<string, Value | undefined>>

/** Writes keys below a root as Registry Editor does: UTF-16 with a byte order mark. */
export const registryExport = (
  keys: Readonly<Record<string, Values>>,
  root = String.raw`SOFTWARE\Policies\DPC\DPCClient`,
): Buffer => {
  const lines = Object.entries(keys).flatMap(([key, values]) => [
    `[HKEY_LOCAL_MACHINE\\${root}${key === '' ? '' : `\\${key}`}]`,
    ...Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [`${quoted(name)}=${written(value)}`],
    ),
    '',
  ])
  const text = ['Windows Registry Editor Version 5.00', '', ...lines].join('\r\n')
  return Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])
}

const numbered = (texts: readonly string[] = []): Values =>
  Object.fromEntries(texts.map((text, index) => [String(index + 1), text]))

const flag = (isOn: boolean | undefined): number | undefined =>
  isOn === undefined ? undefined : Number(isOn)

/** Says the settings of a case as DPC's policies write them, by its sources. */
export const dpcKeys = (settings: DpcSettings): Readonly<Record<string, Values>> => {
  const tunnel = settings.tunnel === 'user' ? 'UserTunnel' : 'MachineTunnel'
  const { proxy, deviceCompliance, limitEku } = settings
  const filters = (settings.trafficFilters ?? []).map((filter) => [
    `${tunnel}\\TrafficFilters\\${filter.name}`,
    {
      Enabled: 1,
      AppId: filter.app,
      Protocol: filter.protocol ?? -1,
      Direction: filter.direction === 'inbound' ? 1 : 0,
      RoutingPolicyType: filter.routing === 'force' ? 1 : 0,
      LocalPorts: filter.localPorts,
      RemotePorts: filter.remotePorts,
      LocalAddresses: filter.localAddresses,
      RemoteAddresses: filter.remoteAddresses,
    },
  ])
  const lists: Readonly<Record<string, Values>> = {
    [`${tunnel}\\RouteList`]: settings.routes ?? {},
    [`${tunnel}\\RouteListExclude`]: settings.excludedRoutes ?? {},
    [`${tunnel}\\DNSRouteList`]: settings.includedHostNames ?? {},
    [`${tunnel}\\DNSExcludeRouteList`]: settings.excludedHostNames ?? {},
    [`${tunnel}\\DomainNameInfo`]: settings.nameResolution ?? {},
    [`${tunnel}\\DNSSuffix`]: numbered(settings.dnsSuffixes),
    [`${tunnel}\\TrustedNetworks`]: numbered(settings.trustedNetworks),
    [`${tunnel}\\MachineEKU`]: numbered(settings.machineEku),
    [`${tunnel}\\ProxyExcludeList`]: numbered(proxy?.exceptions),
    [`${tunnel}\\RootCertificates`]: numbered(settings.serverRootThumbprints),
    [`${tunnel}\\IssuingCertificates`]: numbered(settings.clientIssuerThumbprints),
    [`${tunnel}\\NPSList`]: numbered(settings.radiusServerNames),
  }
  return {
    '': { [tunnel]: 1, MTU: settings.mtu },
    [tunnel]: {
      ProfileName: settings.name,
      URL: settings.server,
      ForceTunnel: flag(settings.routing === 'force'),
      RegisterDNS: flag(settings.registerDns),
      RouteMetric: settings.routeMetric,
      InterfaceMetric: settings.interfaceMetric,
      NetworkOutageTime: settings.networkOutageSeconds,
      DisableUIEditButton: flag(settings.disableEditButton),
      DisableUIDisconnectButton: flag(settings.disableDisconnectButton),
      EnableProxy: flag(proxy !== undefined),
      ProxyType: proxy && 2,
      ProxyValue: proxy?.server,
      ProxyBypassForLocal: flag(proxy?.bypassLocal),
      DeviceComplianceEnabled: flag(deviceCompliance !== undefined),
      DCEKUOID: deviceCompliance?.ssoEku,
      DCIssuerHash: deviceCompliance?.ssoIssuerHash,
      LimitEKU: limitEku && 1,
      EKUOID: limitEku?.oid,
    },
    ...Object.fromEntries(Object.entries(lists).filter(([, values]) => Object.keys(values).length > 0)),
    ...(Object.fromEntries(filters) as Readonly<Record<string, Values>>),
  }
}
