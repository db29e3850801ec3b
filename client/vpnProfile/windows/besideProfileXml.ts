import type { VpnTunnel } from '../vpnProfile.ts'

/** What of a tunnel no schema of ProfileXML has: Windows keeps it in the phonebook, or elsewhere. */
export interface BesideProfileXml {
  /** Which protocol comes first; in ProfileXML that is "Automatic". */
  readonly protocols: VpnTunnel['protocol']
  readonly interfaceMetric: number | undefined
  readonly outageSeconds: number
  readonly mtu: number
  readonly machinePurposes: readonly string[]
  readonly proxyExceptions: readonly string[]
  readonly proxyBypassLocal: boolean
  /**
   * Whether Windows offers the certificate of the tunnel to whatever asks in it for a sign-in: Mayfly's, which no domain takes, must not
   * stand in the way of the user's own ticket; the one of the domain is there for that.
   */
  readonly useRasCredentials: boolean
}

/** Tells what has to be set beside the ProfileXML of a tunnel. */
export const besideProfileXml = (tunnel: VpnTunnel): BesideProfileXml => ({
  protocols: tunnel.protocol,
  interfaceMetric: tunnel.interfaceMetric,
  outageSeconds: tunnel.outageSeconds,
  mtu: tunnel.mtu,
  machinePurposes: tunnel.machinePurposes,
  proxyExceptions: tunnel.proxy?.exceptions ?? [],
  proxyBypassLocal: tunnel.proxy?.bypassLocal ?? false,
  useRasCredentials: tunnel.kerberos !== undefined,
})
