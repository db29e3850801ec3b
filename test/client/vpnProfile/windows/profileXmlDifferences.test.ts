import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { profileText } from '../../../../client/vpnProfile/profileText.ts'
import { profileXmlDifferences } from '../../../../client/vpnProfile/windows/profileXmlDifferences.ts'
import { readProfileXml } from '../../../../client/vpnProfile/windows/readProfileXml.ts'
import { xmlText } from '../../../../client/service/xmlText.ts'
import '../../../fastCheck.ts'
import { settingChanges, trafficFilter } from '../settingChanges.ts'
import { dpcCases } from './dpcCases.ts'
import { type Members, written } from './writtenProfile.ts'

const base: Members = { routes: ['10.0.0.0/8', '192.168.7.0/24', 'fd12:3456::/32'] }

const userOf = (members: Members): string => written({ user: { ...base, ...members } }).xml

/** All that there is to say, in one profile. */
const whole: Members = {
  servers: [{ name: 'vpn.example.com', label: 'Zürich' }, { name: 'vpn2.example.com' }],
  authentication: 'peap-eap-tls',
  exclusions: ['198.51.100.0/24', '2001:db8::/48'],
  dns: [
    { name: '.corp.example', servers: ['10.0.0.53', 'fd12:3456::53'] },
    { name: 'www.corp.example' },
    { name: '.', servers: ['10.0.0.54'] },
  ],
  suffixes: ['corp.example', 'lab.example'],
  'trusted-networks': ['corp.example', 'Büro & Söhne'],
  'route-metric': 5,
  filters: [trafficFilter, { ...trafficFilter, name: 'second', 'remote-ports': ['443', '1000-2000'] }],
  'hide-edit-button': true,
}

/** Ways to say the same otherwise, as programs that pass XML on do. */
const respellings: readonly (readonly [string, (xml: string) => string])[] = [
  ['with a mark of byte order and a declaration', (xml) => `\uFEFF<?xml version="1.0"?>${xml}`],
  ['on one line', (xml) => xml.replaceAll(/>\s+</g, '><')],
  ['with other line ends and spaces', (xml) => xml.replaceAll('\n', '\r\n  ').replaceAll('</', ' </')],
  ['escaped, as within a message', xmlText],
  ['with booleans of .NET', (xml) => xml.replaceAll('>true<', '>True<').replaceAll('>false<', '>False<')],
  ['with booleans in digits', (xml) => xml.replaceAll('>true<', '>1<').replaceAll('>false<', '>0<')],
  ['without what is false', (xml) => xml.replaceAll(/<(\w+)[^>]*>false<\/\1>/g, '')],
  [
    'with digests in capitals, with nothing between',
    (xml) =>
      xml.replaceAll(
        /<(IssuerHash|TrustedRootCA)>([^<]*)/g,
        (_, name: string, digest: string) => `<${name}>${digest.replaceAll(' ', '').toUpperCase()}`,
      ),
  ],
  [
    'with the EAP configuration as a text',
    (xml) => xml.replace(/<EapHostConfig[^]*<\/EapHostConfig>/, xmlText),
  ],
  [
    'with the EAP configuration as CDATA',
    (xml) => xml.replace(/<EapHostConfig[^]*<\/EapHostConfig>/, (eap) => `<![CDATA[${eap}]]>`),
  ],
  [
    'with prefixes of namespaces',
    (xml) =>
      xml.replace(/<EapMethod>[^]*<\/EapMethod>/, (method) =>
        method
          .replaceAll(/<(\/?)(Type|VendorId|VendorType|AuthorId)( xmlns="[^"]*")?>/g, '<$1c:$2>')
          .replace('<EapMethod>', '<EapMethod xmlns:c="http://www.microsoft.com/provisioning/EapCommon">'),
      ),
  ],
  [
    'with routes, filters and rules the other way round',
    (xml) =>
      ['Route', 'TrafficFilter', 'DomainNameInformation'].reduce((so, name) => {
        const all = so.match(new RegExp(`<${name}>[^]*?</${name}>`, 'g')) ?? []
        const rest = all.reduce((less, one) => less.replace(one, ''), so)
        return rest.replace('</VPNProfile>', `${all.toReversed().join('')}</VPNProfile>`)
      }, xml),
  ],
  ['with its name', (xml) => xml.replace('<VPNProfile>', '<VPNProfile><ProfileName>A &amp; B</ProfileName>')],
  [
    'with names in capitals',
    (xml) => xml.replace(/(?<=<Servers>|<DnsSuffix>|<DomainName>)[a-z.]+/g, (name) => name.toUpperCase()),
  ],
  ['with comments', (xml) => xml.replaceAll('<Route>', '<!-- & ü --><Route>')],
]

describe('profileXmlDifferences()', () => {
  it.each(respellings)('shows none where a profile comes back %s', (_, respelled) => {
    const xml = userOf(whole)
    expect(respelled(xml)).not.toBe(xml)
    expect(profileXmlDifferences(xml, respelled(xml))).toEqual([])
  })

  it.each(settingChanges)(
    'shows one, by its name, when %s changes, unless it is set beside',
    (name, before, after) => {
      const [one, other] = [before, after].map((members) => written({ user: { ...base, ...members } }))
      const differences = profileXmlDifferences(one?.xml ?? '', other?.xml ?? '')
      expect(profileXmlDifferences(one?.xml ?? '', one?.xml ?? '')).toEqual([])
      if (differences.length === 0) return expect(one?.beside).not.toEqual(other?.beside)
      const [first = ''] = name.replace('the order of ', '').replace('label', 'servers').split(/[ .]/)
      return expect(differences.map(({ setting }) => setting.split('.')[0])).toContain(first)
    },
  )

  it('shows none for any profile, however it comes back, and one for any that says something else', () => {
    const split = settingChanges.filter(([name]) => !/^(?:routing|proxy|bypass-local)$/.test(name))
    const members = fc
      .subarray([...split])
      .map((all) => all.reduce<Members>((so, [, , after]) => ({ ...so, ...after }), {}))
    fc.assert(
      fc.property(members, members, fc.constantFrom(...respellings), (one, other, [, respelled]) => {
        const [wanted, installed] = [userOf(one), userOf(other)]
        expect(profileXmlDifferences(wanted, respelled(wanted))).toEqual([])
        expect(profileXmlDifferences(wanted, respelled(installed)).length === 0).toBe(wanted === installed)
      }),
      { numRuns: 60 },
    )
  })

  it.each<[string, Members, string]>([
    [
      'the names of the server',
      { server: { names: ['other.example.com'], roots: ['a'.repeat(40)] } },
      'server.names',
    ],
    ['its roots', { server: { names: ['nps.example.com'], roots: ['c'.repeat(40)] } }, 'server.roots'],
    ['the issuers', { certificate: { issuers: ['c'.repeat(40)] } }, 'certificate.issuers'],
    ['the marker', { certificate: { issuers: ['b'.repeat(40)], marker: '1.2.3' } }, 'certificate.marker'],
    ['the host of the service', { service: 'https://192.0.2.201' }, 'exclusions'],
  ])('shows one when %s changes', (_, top, setting) => {
    const differences = profileXmlDifferences(written({ user: base }, top).xml, written({ user: base }).xml)
    expect(differences.map((one) => one.setting)).toEqual([setting])
  })

  it('tells each route that is missing or should not be there, and all that others set', () => {
    const theirs = userOf({ routes: ['10.0.0.0/8', '172.16.0.0/12', '172.20.0.0/16'] })
      .replace('<AlwaysOn>', '<RememberCredentials>true</RememberCredentials><AlwaysOn>')
      .replace('<Authentication>', '<L2tpPsk>hunter2</L2tpPsk><Authentication>')
    const differences = profileXmlDifferences(userOf(base), theirs)
    expect(differences).toEqual([
      { setting: 'routes', wanted: '192.168.7.0/24', installed: undefined },
      { setting: 'routes', wanted: 'fd12:3456::/32', installed: undefined },
      { setting: 'routes', wanted: undefined, installed: '172.16.0.0/12' },
      { setting: 'routes', wanted: undefined, installed: '172.20.0.0/16' },
      { setting: 'RememberCredentials', wanted: undefined, installed: 'true' },
      { setting: 'NativeProfile/L2tpPsk', wanted: undefined, installed: 'is set' },
    ])
  })

  it('sees a server that is validated no longer, also where only the namespace says so', () => {
    const xml = userOf({})
    for (const weakened of [
      xml.replace(/(<PerformServerValidation[^>]*>)true/, '$1false'),
      xml.replace('EapTlsConnectionPropertiesV2">true', 'EapTlsConnectionPropertiesV1">true'),
      xml.replace('<CAHashList Enabled="true">', '<CAHashList Enabled="false">'),
    ])
      expect(profileXmlDifferences(xml, weakened)).not.toEqual([])
  })

  it.each(['', 'x', '<VPNProfile>', '<Other/>'])('takes "%s" for another profile', (installed) => {
    expect(profileXmlDifferences(userOf({}), installed)).toMatchObject([{ setting: 'ProfileXML' }])
  })

  it('shows none between a profile of DPC and itself', () => {
    for (const { xml = '' } of dpcCases()) if (xml !== '') expect(profileXmlDifferences(xml, xml)).toEqual([])
  })
})

const line = fc.string({ unit: 'binary', minLength: 1, maxLength: 255 }).filter((text) => {
  return profileText.line.safeParse(text).success && !/[,/]/.test(text) && text.trim() !== ''
})

describe('what DPC did', () => {
  it('any text in a name is read back, and another text is another one (fault 4)', () => {
    fc.assert(
      fc.property(line, line, (text, other) => {
        const of = (application: string) => userOf({ filters: [{ ...trafficFilter, application }] })
        const values = readProfileXml(of(text)).map(({ value }) => value)
        expect(values).toContainEqual(expect.stringContaining(`application ${text.trim()}; `))
        expect(profileXmlDifferences(of(text), of(other)).length > 0).toBe(text.trim() !== other.trim())
      }),
      { numRuns: 60 },
    )
    const names = ['&<>"\'', 'Büro Zürich', '界'.repeat(255), ']]> <!-- & -->']
    for (const text of names)
      expect(readProfileXml(userOf({ 'trusted-networks': [text] }))).toContainEqual({
        setting: 'trusted-networks',
        value: text.toLowerCase(),
      })
  })

  it('a filter without a protocol, and a device profile with key purposes, are the same read back (fault 5)', () => {
    const { protocol: _, 'local-ports': _ports, 'remote-ports': _others, ...rest } = trafficFilter
    const xml = userOf({ filters: [rest] })
    for (const all of ['', '<Protocol/>', '<Protocol>-1</Protocol>', '<Protocol>256</Protocol>'])
      expect(profileXmlDifferences(xml, xml.replace('</App>', `</App>${all}`))).toEqual([])
    const none = xml.replace('</App>', '</App><Protocol>0</Protocol>')
    expect(profileXmlDifferences(xml, none), 'of all is not of protocol 0').not.toEqual([])
    const device = { ...base, 'machine-purposes': ['1.2.3'], 'route-metric': 5 }
    expect(profileXmlDifferences(written({ device }).xml, written({ device }).xml)).toEqual([])
  })

  it('the order of suffixes and servers, the protocol and the bypass of the proxy are compared (fault 6)', () => {
    const servers = [{ name: 'vpn.example.com' }, { name: 'vpn2.example.com' }]
    const of = (members: Members) => userOf({ suffixes: ['a.example', 'b.example'], servers, ...members })
    const settings = (members: Members) =>
      profileXmlDifferences(of({}), of(members)).map(({ setting }) => setting)
    expect(settings({ suffixes: ['b.example', 'a.example'] })).toEqual(['suffixes'])
    expect(settings({ servers: servers.toReversed() })).toEqual(['servers'])
    expect(settings({ protocol: 'ikev2-then-sstp' })).toEqual(['protocol'])
    const full = (bypass: boolean) =>
      written({
        user: { routing: 'full', proxy: { server: 'p.example:80', 'bypass-local': bypass } },
      }).beside
    expect(full(true)).not.toEqual(full(false))
  })
})
