import { freeRadius } from './freeRadius.ts'
import { nginx } from './nginx.ts'
import { ocserv } from './ocserv.ts'
import { openVpn } from './openVpn.ts'
import { strongSwanEapRadius, strongSwanEapTls, strongSwanPubkey } from './strongSwan.ts'
import type { TunnelKind } from './tunnelServer.ts'

/** The servers by what the table calls them, in its order. */
export const tunnelKinds: Readonly<Record<string, TunnelKind>> = {
  'strongswan-pubkey': strongSwanPubkey,
  'strongswan-eap-tls': strongSwanEapTls,
  'strongswan-eap-radius': strongSwanEapRadius,
  openvpn: openVpn,
  'freeradius, TLS 1.2': freeRadius(false),
  'freeradius, TLS 1.3': freeRadius(true),
  ocserv,
  nginx,
}
