import type { Difference } from '../../profilePlace.ts'
import type { VpnTunnel } from '../../vpnProfile.ts'
import type { BesideProfileXml } from '../besideProfileXml.ts'
import type { ScriptBeside } from './scriptRequest.ts'

/** RASENTRY.dwVpnStrategy: IKEv2 alone, IKEv2 then SSTP alone, SSTP first, SSTP alone. */
const strategies: Readonly<Record<VpnTunnel['protocol'], string>> = {
  ikev2: '7',
  'ikev2-then-sstp': '14',
  'sstp-then-ikev2': '6',
  sstp: '5',
}

/** Says in the form of the script what has to be set beside a ProfileXML. A metric of 0 is Windows' own choice. */
export const scriptBeside = (beside: BesideProfileXml): ScriptBeside => {
  const metric = String(beside.interfaceMetric ?? 0)
  return {
    phonebook: {
      VpnStrategy: strategies[beside.protocols],
      NetworkOutageTime: String(beside.outageSeconds),
      // Without MOBIKE nothing outlasts an outage.
      DisableMobility: '0',
      IpInterfaceMetric: metric,
      Ipv6InterfaceMetric: metric,
      UseRasCredentials: beside.useRasCredentials ? '1' : '0',
    },
    mtu: beside.mtu,
    machinePurposes: beside.machinePurposes,
    proxyExceptions: beside.proxyExceptions,
    proxyBypassLocal: beside.proxyBypassLocal,
  }
}

/** Settings of a vpn.toml by the keys of the phonebook. */
const settingOf: Readonly<Record<string, string>> = {
  VpnStrategy: 'protocol',
  NetworkOutageTime: 'outage-seconds',
  DisableMobility: 'outage-seconds (MOBIKE off)',
  IpInterfaceMetric: 'interface-metric',
  Ipv6InterfaceMetric: 'interface-metric (IPv6)',
  UseRasCredentials: 'kerberos (UseRasCredentials)',
}

const protocolOf = (strategy: string): string =>
  Object.entries(strategies).find(([, number]) => number === strategy)?.[0] ?? `strategy ${strategy}`

const shownValue = (key: string, value: string): string => (key === 'VpnStrategy' ? protocolOf(value) : value)

const sorted = (values: readonly string[]): string => values.toSorted().join(', ')

/** What is set, in words, by the names of settings. */
const said = ({ phonebook, mtu, machinePurposes, proxyExceptions, proxyBypassLocal }: ScriptBeside) =>
  new Map<string, string>([
    ...Object.entries(phonebook).flatMap(([key, value]): [string, string][] => {
      const setting = settingOf[key]
      return setting === undefined ? [] : [[setting, shownValue(key, value)]]
    }),
    ['mtu', String(mtu)],
    ['machine-purposes', sorted(machinePurposes)],
    ['proxy.exceptions', sorted(proxyExceptions)],
    ['proxy.bypass-local', String(proxyBypassLocal)],
  ])

/** Compares what is beside two profiles; what nobody asked for does not count. */
export const besideDifferences = (wanted: ScriptBeside, installed: ScriptBeside): readonly Difference[] => {
  const found = said(installed)
  return [...said(wanted)].flatMap(([setting, value]) =>
    found.get(setting) === value ? [] : [{ setting, wanted: value, installed: found.get(setting) }],
  )
}
