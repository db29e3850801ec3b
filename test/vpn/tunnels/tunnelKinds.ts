import { openVpn } from './openVpn.ts'
import type { TunnelKind } from './tunnelServer.ts'

/** The servers, in the order of the table. */
export const tunnelKinds: Readonly<Record<string, TunnelKind>> = { openvpn: openVpn }
