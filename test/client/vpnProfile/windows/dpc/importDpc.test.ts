import { describe, expect, it } from 'vitest'
import { printToml } from '../../../../../client/agent/printToml.ts'
import { parseProfile } from '../../../../../client/vpnProfile/readProfile.ts'
import { importDpc } from '../../../../../client/vpnProfile/windows/dpc/importDpc.ts'
import { profileXml } from '../../../../../client/vpnProfile/windows/profileXml.ts'
import { profileXmlDifferences } from '../../../../../client/vpnProfile/windows/profileXmlDifferences.ts'
import { dpcCases, type DpcSettings, vpnToml } from '../dpcCases.ts'
import { dpcDifferences } from '../dpcDifferences.ts'
import { tunnelOf } from '../writtenProfile.ts'
import { dpcKeys, registryExport, type Value } from './dpcExport.ts'

const options = { tenant: 'contoso', service: 'https://192.0.2.200' }

const imported = (octets: Uint8Array) => {
  const { document, left } = importDpc(octets, options)
  const told = left.map(({ setting, why }) => `${setting} ${why}`)
  return { read: parseProfile(printToml(document), '/'), left: told }
}

const profileOf = (octets: Uint8Array) => {
  const { read, left } = imported(octets)
  if (read.kind === 'faults') throw new Error(JSON.stringify(read.faults))
  return { profile: read.profile, left }
}

/** What vpn.toml can say of a case. */
const sayable = (name: string, settings: DpcSettings): DpcSettings =>
  dpcDifferences
    .filter(({ cases }) => cases.includes(name))
    .reduce((so, { said }) => said?.(so) ?? so, settings)

const cases = dpcCases().filter(({ name, xml }) => xml !== undefined && name !== '03')

/** Of the user: what DPC has to have. */
const user: Readonly<Record<string, Value>> = { ProfileName: 'A & "B"', URL: 'vpn.example.com' }

const keysOf = (more: Readonly<Record<string, Readonly<Record<string, Value>>>> = {}) => ({
  '': { UserTunnel: 1 },
  UserTunnel: user,
  [String.raw`UserTunnel\RouteList`]: { '10.0.0.0/8': 'Corporate' },
  [String.raw`UserTunnel\RootCertificates`]: { 1: 'aa'.repeat(20) },
  [String.raw`UserTunnel\NPSList`]: { 1: 'nps.example.com' },
  ...more,
})

describe('importDpc() says in vpn.toml what DPC was told', () => {
  it.each(cases)('in case $name', ({ name, settings }) => {
    const { profile, left } = profileOf(registryExport(dpcKeys(settings)))
    const { profile: expected } = tunnelOf(vpnToml(sayable(name, settings)))
    expect(profile.server).toEqual(expected.server)
    expect(profile.tunnels).toEqual(expected.tunnels)
    const issuers = expect.stringMatching(/^UserTunnel\\IssuingCertificates is left: .*--trust tells/)
    expect(left).toContainEqual(issuers)
  })

  it.each(cases.filter(({ settings }) => settings.resolver === undefined))(
    'so that the profile of case $name differs from the one DPC made in what Mayfly means to do otherwise',
    ({ settings, xml = '' }) => {
      const { document } = importDpc(registryExport(dpcKeys(settings)), options)
      const { profile, tunnel, routed } = tunnelOf(printToml(document))
      const isEntra = settings.deviceCompliance !== undefined
      const ours = profileXml(profile, tunnel, routed, { isEntra })
      const meant = [
        /^CryptographySuite\/\w+: undefined, \w+$/,
        /^certificate\.issuers within PEAP: [0-9a-f]{40}, undefined$/,
        /^exclusions: undefined, 192\.0\.2\.200\/32$/,
        /^dns: undefined, name \.v6\.example\.com; servers 2001:db8::53$/,
      ]
      const others = profileXmlDifferences(xml, ours)
        .map(({ setting, wanted, installed }) => `${setting}: ${wanted}, ${installed}`)
        .filter((difference) => !meant.some((pattern) => pattern.test(difference)))
      expect(others).toEqual([])
    },
  )

  it('and names what it does not take over: filters, suffixes and networks that would be faults', () => {
    const leftIn = (name: string) =>
      profileOf(registryExport(dpcKeys(cases.find((one) => one.name === name)?.settings as DpcSettings))).left
    const filters = ['ports without protocol', 'both addresses', 'v6', 'empty']
    for (const filter of filters)
      expect(leftIn('06')).toContainEqual(
        expect.stringContaining(`UserTunnel\\TrafficFilters "Bad: ${filter}" is left: it `),
      )
    expect(leftIn('07')).toEqual(
      expect.arrayContaining([
        'UserTunnel\\DNSSuffix "bad suffix" is left: it is no host name',
        expect.stringContaining('UserTunnel\\TrustedNetworks "10.0.0.0/8" is left: it has , or /'),
      ]),
    )
    expect(leftIn('15')).toContainEqual(
      expect.stringMatching(/RouteList is empty: 10\.0\.0\.0\/8, .* as DPC has it/),
    )
  })

  it('of the machine too, beside a tunnel of people', () => {
    const device = dpcCases().find(({ name }) => name === '03')?.settings as DpcSettings
    const keys = { ...keysOf(), ...dpcKeys(device), '': { UserTunnel: 1, MachineTunnel: 1, MTU: 1_300 } }
    const { profile, left } = profileOf(
      registryExport({ ...keys, UserTunnel: { ...user, IncludeDeviceTunnelRoutes: 1 } }),
    )
    expect(
      profile.tunnels.map(({ kind, routing, routes, mtu }) => [kind, routing, routes.length, mtu]),
    ).toEqual([
      ['user', 'split', 3, 1_300],
      ['device', 'split', 2, 1_300],
    ])
    expect(profile.tunnels[1]?.machinePurposes).toEqual(['1.3.6.1.4.1.57200.1.100.2'])
    expect(left).toEqual([
      expect.stringMatching(/^MachineTunnel\\ForceTunnel is left/),
      'MachineTunnel\\InterfaceMetric 12000 is left: it is more than 9999',
    ])
  })

  it('of a backup, which has nothing of the user tunnel that DPC did not give it', () => {
    const backup = { ProfileName: 'Backup', URL: 'vpn2.example.com', ForceTunnel: 1 }
    const keys = keysOf({
      '': { UserTunnel: 1, UserBackupTunnel: 1 },
      UserTunnel: { ...user, RouteMetric: 7, RegisterDNS: 1, VPNStrategy: 14, ExcludeOffice365: 1 },
      [String.raw`UserTunnel\DNSSuffix`]: { 2: 'b.example', 10: 'c.example', 1: 'a.example' },
      UserBackupTunnel: backup,
    })
    const { profile, left } = profileOf(registryExport(keys))
    expect(profile.tunnels).toMatchObject([
      {
        protocol: 'ikev2-then-sstp',
        suffixes: ['a.example', 'b.example', 'c.example'],
        exclusionLists: [{}],
        registerDns: true,
        alwaysOn: true,
      },
      {
        kind: 'backup',
        protocol: 'ikev2',
        routing: 'full',
        routes: [],
        suffixes: [],
        exclusionLists: [],
        registerDns: false,
        alwaysOn: false,
      },
    ])
    expect(left).toContainEqual(expect.stringMatching(/^UserBackupTunnel\\RouteMetric is not set: a backup/))
    expect(left).toContainEqual(
      expect.stringMatching(/^UserBackupTunnel\\RootCertificates, NPSList are left/),
    )
  })

  it('by policy first, and by hand where no policy says it', () => {
    const policy = registryExport(keysOf())
    const byHand = registryExport(
      {
        UserTunnel: { ProfileName: 'no', RegisterDNS: 1 },
        [String.raw`UserTunnel\RouteList`]: { '10.9.0.0/16': '' },
      },
      String.raw`Software\DPC\DPCClient`,
    )
    const { profile } = profileOf(Buffer.concat([policy, byHand.subarray(2 + 2 * 36)]))
    expect(profile.tunnels).toMatchObject([
      { name: 'A & "B"', registerDns: true, routes: [{ kind: 'prefix' }] },
    ])
  })

  it('names what Mayfly has elsewhere or will not do, what is off, and what it does not know', () => {
    const { left } = imported(
      registryExport(
        keysOf({
          '': { UserTunnel: 1, RefreshPeriod: 60, Novelty: 1, ProductKey: 'secret' },
          UserTunnel: {
            ...user,
            DisableCryptoBinding: 1,
            DisableNPSValidation: 1,
            VPNStrategy: 2,
            NetworkOutageTime: 7_200,
          },
          MachineTunnel: { URL: 'x' },
          [String.raw`UserTunnel\TrafficFilters\Filter1`]: { Enabled: 0 },
        }),
      ),
    )
    expect(left).toEqual([
      expect.stringMatching(/^RefreshPeriod .*check-minutes/),
      'Novelty is not known',
      'ProductKey is left: it is of DPC itself',
      'MachineTunnel is left: it is not enabled',
      expect.stringMatching(
        /^UserTunnel\\DisableCryptoBinding is left: crypto binding cannot be switched off/,
      ),
      expect.stringMatching(/^UserTunnel\\DisableNPSValidation is left: validation of the server cannot be/),
      'UserTunnel\\TrafficFilters\\Filter1 is left: it is not enabled',
      expect.stringMatching(/^UserTunnel\\VPNStrategy is 2, which vpn\.toml does not have/),
      expect.stringMatching(/^UserTunnel\\NetworkOutageTime 7200 is left: it is 7200: it may not outlive/),
    ])
    expect(left.join()).not.toContain('secret')
  })

  it('and names the setting without which a tunnel, or every one, is left', () => {
    const routes = { '0.0.0.0/1': '', '128.0.0.0/1': '' }
    expect(() =>
      importDpc(registryExport(keysOf({ [String.raw`UserTunnel\RouteList`]: routes })), options),
    ).toRefuse('configuration-invalid', /tunnels\.user\.routes together are all public addresses of IPv4/)
    const device = {
      MachineTunnel: { ProfileName: 'Device', URL: 'vpn' },
      [String.raw`MachineTunnel\RouteList`]: { '10.0.0.1': '' },
    }
    const { left } = imported(registryExport(keysOf({ '': { UserTunnel: 1, MachineTunnel: 1 }, ...device })))
    expect(left).toContainEqual(
      expect.stringMatching(/^MachineTunnel is left, all of it: URL must have a dot/),
    )
  })

  it('and refuses what is the tunnel itself, or no settings of DPC', () => {
    const none = registryExport({ '': { UserTunnel: 0 } })
    expect(() => importDpc(none, options)).toRefuse('configuration-invalid', /enables no tunnel/)
    const xml = keysOf({ UserTunnel: { ...user, OverrideXML: '<VPNProfile/>' } })
    expect(() => importDpc(registryExport(xml), options)).toRefuse(
      'configuration-invalid',
      /enables no tunnel/,
    )
    const nameless = keysOf({ [String.raw`UserTunnel\NPSList`]: {} })
    expect(() => importDpc(registryExport(nameless), options)).toRefuse(
      'configuration-invalid',
      /server\.names must name/,
    )
  })
})
