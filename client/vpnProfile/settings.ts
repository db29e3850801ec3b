import type { VpnProfile, VpnTunnel } from './vpnProfile.ts'
import { isWindowsName, windowsNameWords } from './isWindowsName.ts'

/** What profiles are made for. */
export const platforms = ['windows', 'windows-entra', 'openvpn', 'strongswan', 'networkmanager'] as const

export type Platform = (typeof platforms)[number]

/** A setting of a tunnel, and what each platform that cannot express it does instead. */
interface Setting {
  /** Whether a tunnel says it, so that it is missed where a platform has no such thing. */
  readonly isSaid: (tunnel: VpnTunnel) => boolean
  /** In words that follow the name of the setting; what is not here, the platform has. */
  readonly lacking: Partial<Record<Platform, string>>
}

const noSuch = 'has no such setting there'
/** Of Windows alone. */
const ofNoLinux = { openvpn: noSuch, strongswan: noSuch, networkmanager: noSuch } as const
const firstServer = 'has several: charon only ever calls the first that has an address'
const withoutPeap = 'is EAP-TLS alone: it has no PEAP around EAP-TLS'
const byPolicies = 'has no meaning there: policies decide, not routes'
const ofKernel = 'is that of the kernel: it has no such setting of a connection'
const firstAlone =
  'has several: Windows only ever tries the first. Give it a name that leads to whichever is up (Traffic Manager, DNS), or a backup tunnel'
const byResolver = 'is left to the resolver of the system: the client sets none'

/** Every setting of a tunnel that some platform lacks, as the file calls it. */
export const settings: Readonly<Record<string, Setting>> = {
  servers: {
    isSaid: ({ servers }) => servers.length > 1,
    lacking: {
      windows: firstAlone,
      'windows-entra': firstAlone,
      strongswan: firstServer,
      networkmanager: firstServer,
    },
  },
  label: {
    isSaid: ({ servers }) => servers.some(({ label }) => label !== undefined),
    lacking: ofNoLinux,
  },
  protocol: {
    isSaid: ({ protocol }) => protocol !== 'ikev2',
    lacking: { openvpn: 'is its own', strongswan: 'is IKEv2 alone', networkmanager: 'is IKEv2 alone' },
  },
  authentication: {
    isSaid: ({ authentication }) => authentication === 'peap-eap-tls',
    lacking: { openvpn: 'is by TLS itself', strongswan: withoutPeap, networkmanager: withoutPeap },
  },
  'always-on': {
    isSaid: ({ alwaysOn }) => alwaysOn,
    lacking: {
      openvpn: 'is a matter of its unit: systemctl enable openvpn-client@NAME',
      networkmanager:
        'comes up with the networks whose connection.secondaries name it: NetworkManager starts no VPN by itself',
    },
  },
  dns: {
    isSaid: ({ nameRules }) => nameRules.length > 0,
    lacking: { openvpn: byResolver, strongswan: byResolver },
  },
  'dns servers': {
    isSaid: ({ nameRules }) => {
      const lists = nameRules.map(({ servers }) => servers.join())
      return lists.includes('') || new Set(lists).size > 1
    },
    lacking: {
      networkmanager:
        'differ from name to name: it has one list of servers, which are asked for all names that have any; a name without servers is asked for there too, where a suffix that has some ends it',
    },
  },
  suffixes: {
    isSaid: ({ suffixes }) => suffixes.length > 0,
    lacking: { openvpn: byResolver, strongswan: byResolver },
  },
  'trusted-networks': {
    isSaid: ({ trustedNetworks }) => trustedNetworks.length > 0,
    lacking: ofNoLinux,
  },
  'register-dns': {
    isSaid: ({ registerDns }) => registerDns,
    lacking: ofNoLinux,
  },
  'route-metric': {
    isSaid: ({ routeMetric }) => routeMetric !== undefined,
    lacking: { strongswan: byPolicies, networkmanager: byPolicies },
  },
  'interface-metric': {
    isSaid: ({ interfaceMetric }) => interfaceMetric !== undefined,
    lacking: ofNoLinux,
  },
  mtu: {
    isSaid: ({ mtu }) => mtu !== 1_400,
    lacking: { strongswan: ofKernel, networkmanager: ofKernel },
  },
  'outage-seconds': {
    isSaid: ({ outageSeconds }) => outageSeconds !== 1_800,
    lacking: ofNoLinux,
  },
  proxy: {
    isSaid: ({ proxy }) => proxy !== undefined,
    lacking: ofNoLinux,
  },
  filters: {
    isSaid: ({ filters }) => filters.length > 0,
    lacking: ofNoLinux,
  },
  'hide-edit-button': {
    isSaid: ({ hideEditButton }) => hideEditButton,
    lacking: ofNoLinux,
  },
  'hide-disconnect-button': {
    isSaid: ({ hideDisconnectButton }) => hideDisconnectButton,
    lacking: ofNoLinux,
  },
  kerberos: {
    isSaid: ({ kerberos }) => kerberos !== undefined,
    lacking: {
      windows:
        'is written beside a DeviceCompliance that is not enabled: whether Windows heeds it then is documented nowhere',
      ...ofNoLinux,
    },
  },
}

const isOfWindows = (platform: Platform): boolean => platform.startsWith('windows')

/** Tells of a name that clients of Linux take alone. */
const nameNotes = ({ name }: VpnTunnel, platform: Platform): readonly string[] =>
  isOfWindows(platform) && !isWindowsName(name)
    ? [`${name}: name is none that Windows takes: ${windowsNameWords}.`]
    : []

/** Tells of a metric that no route of a profile of Windows has. */
const metricNotes = ({ name, routing, routeMetric }: VpnTunnel, platform: Platform): readonly string[] =>
  isOfWindows(platform) && routing === 'full' && routeMetric !== undefined
    ? [`${name}: route-metric is of routes alone there, of which a tunnel for all traffic has none.`]
    : []

/** Tells what of a tunnel a platform cannot express: it is named, never dropped in silence. */
export const lackingNotes = (tunnel: VpnTunnel, platform: Platform): readonly string[] =>
  tunnel.kind === 'device' && !isOfWindows(platform)
    ? [`${tunnel.name}: a device tunnel is of Windows alone.`]
    : [
        ...nameNotes(tunnel, platform),
        ...metricNotes(tunnel, platform),
        ...Object.entries(settings).flatMap(([name, { isSaid, lacking }]) => {
          const words = lacking[platform]
          return words !== undefined && isSaid(tunnel) ? [`${tunnel.name}: ${name} ${words}.`] : []
        }),
      ]

/** Tells which names of the server a platform does not look for: a certificate that has only those is refused there. */
export const serverNotes = (
  { server: { names } }: Pick<VpnProfile, 'server'>,
  platform: Platform,
): readonly string[] =>
  names.length > 1 && !isOfWindows(platform)
    ? [`server.names has several: the certificate of every server must have the first, ${names[0]}.`]
    : []
