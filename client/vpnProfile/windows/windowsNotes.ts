import type { VpnProfile, VpnTunnel } from '../vpnProfile.ts'

const serverNote = ({ servers, name }: VpnTunnel): readonly string[] =>
  servers.length < 2
    ? []
    : [
        `${name}: Windows only ever tries the first of its servers, ${servers[0]?.host}; people can choose another by hand. Give it a name that leads to whichever is up (Traffic Manager, DNS), or a backup tunnel.`,
      ]

const markerNote = ({ certificate: { marker } }: VpnProfile): readonly string[] =>
  marker === '1.3.6.1.4.1.311.87'
    ? [
        'The marker is that of the VPN CA of Microsoft Entra: a client with certificates of both shows either, where the issuers do not tell them apart.',
      ]
    : []

/** Tells what Windows makes of a profile that whoever wrote it may not expect. */
export const windowsNotes = (profile: VpnProfile, tunnels: readonly VpnTunnel[]): readonly string[] => [
  ...markerNote(profile),
  ...tunnels.flatMap(serverNote),
]
