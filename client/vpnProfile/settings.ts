import type { VpnTunnel } from './vpnProfile.ts'

/** What profiles are made for. */
export const platforms = ['windows', 'openvpn', 'strongswan'] as const

export type Platform = (typeof platforms)[number]

/** A setting of a tunnel, and what each platform that cannot express it does instead. */
interface Setting {
  /** Whether a tunnel says it, so that it is missed where a platform has no such thing. */
  readonly isSaid: (tunnel: VpnTunnel) => boolean
  /** In words that follow the name of the setting; what is not here, the platform has. */
  readonly lacking: Partial<Record<Platform, string>>
}

const noSuch = 'has no such setting there'
const byResolver = 'is left to the resolver of the system: the client sets none'

/** Every setting of a tunnel that some platform lacks, as the file calls it. */
export const settings: Readonly<Record<string, Setting>> = {
  servers: {
    isSaid: ({ servers }) => servers.length > 1,
    lacking: {
      windows:
        'has several: Windows only ever tries the first. Give it a name that leads to whichever is up (Traffic Manager, DNS), or a backup tunnel',
    },
  },
  label: {
    isSaid: ({ servers }) => servers.some(({ label }) => label !== undefined),
    lacking: { openvpn: noSuch, strongswan: noSuch },
  },
  protocol: {
    isSaid: ({ protocol }) => protocol !== 'ikev2',
    lacking: { openvpn: 'is its own', strongswan: 'is IKEv2 alone' },
  },
  authentication: {
    isSaid: ({ authentication }) => authentication === 'peap-eap-tls',
    lacking: { openvpn: 'is by TLS itself', strongswan: 'is EAP-TLS alone: it has no PEAP around EAP-TLS' },
  },
  dns: {
    isSaid: ({ nameRules }) => nameRules.length > 0,
    lacking: { openvpn: byResolver, strongswan: byResolver },
  },
  suffixes: {
    isSaid: ({ suffixes }) => suffixes.length > 0,
    lacking: { openvpn: byResolver, strongswan: byResolver },
  },
  'trusted-networks': {
    isSaid: ({ trustedNetworks }) => trustedNetworks.length > 0,
    lacking: { openvpn: noSuch, strongswan: noSuch },
  },
  'register-dns': {
    isSaid: ({ registerDns }) => registerDns,
    lacking: { openvpn: noSuch, strongswan: noSuch },
  },
  'route-metric': {
    isSaid: ({ routeMetric }) => routeMetric !== undefined,
    lacking: { strongswan: 'has no meaning there: policies decide, not routes' },
  },
  'interface-metric': {
    isSaid: ({ interfaceMetric }) => interfaceMetric !== undefined,
    lacking: { openvpn: noSuch, strongswan: noSuch },
  },
  mtu: {
    isSaid: ({ mtu }) => mtu !== 1_400,
    lacking: { strongswan: 'is that of the kernel: it has no such setting of a connection' },
  },
  'outage-seconds': {
    isSaid: ({ outageSeconds }) => outageSeconds !== 1_800,
    lacking: { openvpn: noSuch, strongswan: noSuch },
  },
  proxy: {
    isSaid: ({ proxy }) => proxy !== undefined,
    lacking: { openvpn: noSuch, strongswan: noSuch },
  },
  filters: {
    isSaid: ({ filters }) => filters.length > 0,
    lacking: { openvpn: noSuch, strongswan: noSuch },
  },
  'hide-edit-button': {
    isSaid: ({ hideEditButton }) => hideEditButton,
    lacking: { openvpn: noSuch, strongswan: noSuch },
  },
  'hide-disconnect-button': {
    isSaid: ({ hideDisconnectButton }) => hideDisconnectButton,
    lacking: { openvpn: noSuch, strongswan: noSuch },
  },
}

/** Tells what of a tunnel a platform cannot express: it is named, never dropped in silence. */
export const lackingNotes = (tunnel: VpnTunnel, platform: Platform): readonly string[] =>
  Object.entries(settings).flatMap(([name, { isSaid, lacking }]) => {
    const words = lacking[platform]
    return words !== undefined && isSaid(tunnel) ? [`${tunnel.name}: ${name} ${words}.`] : []
  })
