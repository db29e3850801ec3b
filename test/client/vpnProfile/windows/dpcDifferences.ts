import type { DpcSettings } from './dpcCases.ts'

/** Something that a vpn.toml says, or its ProfileXML has, otherwise than DPC; and why. */
export interface Difference {
  /** Cases, by their numbers. */
  readonly cases: readonly string[]
  readonly dpc: string
  readonly mayfly: string
  /** Changes the settings of the case to what a vpn.toml can say. */
  readonly said?: (settings: DpcSettings) => DpcSettings
  /** Changes the ProfileXML of DPC, whose elements stand without anything between them. */
  readonly written?: (xml: string) => string
  /** What `mayfly profile check` names when the settings are said as they are. */
  readonly refused?: RegExp
}

const exclusion = (address: string, bits: number): string =>
  `<Route><Address>${address}</Address><PrefixSize>${bits}</PrefixSize><ExclusionRoute>true</ExclusionRoute></Route>`

const route = (address: string, bits: number): string =>
  `<Route><Address>${address}</Address><PrefixSize>${bits}</PrefixSize></Route>`

const adding = (element: string) => (xml: string) => xml.replace('</VPNProfile>', `${element}</VPNProfile>`)

const users = ['01', '02', '06', '07', '10', '13', '15']

/** Every difference there is: what is left is the same. */
export const dpcDifferences: readonly Difference[] = [
  {
    cases: [...users, '03', '04'],
    dpc: 'has no such exclusion',
    mayfly:
      'excludes the host of the service: a renewal through the tunnel would come from a trusted address',
    written: adding(exclusion('192.0.2.200', 32)),
  },
  {
    cases: [...users, '03', '04'],
    dpc: 'leaves the cryptography of IKEv2 to Windows unless it is set, whose defaults have DH group 2',
    mayfly: 'writes the one proposal that the recipes of the servers have',
    written: (xml) =>
      xml.replace(
        '<Authentication>',
        (element) =>
          `<CryptographySuite><AuthenticationTransformConstants>GCMAES256</AuthenticationTransformConstants><CipherTransformConstants>GCMAES256</CipherTransformConstants><PfsGroup>ECP384</PfsGroup><DHGroup>ECP384</DHGroup><IntegrityCheckMethod>SHA384</IntegrityCheckMethod><EncryptionMethod>AES_GCM_256</EncryptionMethod></CryptographySuite>${element}`,
      ),
  },
  {
    cases: users,
    dpc: 'writes digests as they were given',
    mayfly: 'writes them in lower case, so that spellings of one do not differ',
    written: (xml) => xml.replace(/<IssuerHash>.*?<\/IssuerHash>/g, (one) => one.replace('BB', 'bb')),
  },
  {
    cases: ['02'],
    dpc: 'excludes 127.0.0.1, to which a name resolved',
    mayfly: 'drops addresses of this machine, of its link, and of groups',
    written: (xml) => xml.replace(exclusion('127.0.0.1', 32), ''),
  },
  {
    cases: ['02'],
    dpc: 'drops IPv6 answers',
    mayfly: 'takes both families',
    written: adding(exclusion('2001:db8::7', 128)),
  },
  {
    cases: ['13'],
    dpc: 'drops IPv6 answers, and resolves an address as a name',
    mayfly: 'takes both families; an address is one',
    written: (xml) => adding(route('2001:db8::5', 128))(adding(route('10.1.1.1', 32))(xml)),
  },
  {
    cases: ['03'],
    dpc: 'makes a device tunnel for all traffic a split one',
    mayfly: 'refuses it',
    said: (settings) => ({ ...settings, routing: 'split' }),
    refused: /tunnels\.device\.routing: must be "split"/,
  },
  {
    cases: ['03'],
    dpc: 'lowers an interface metric of 12000 to 9999',
    mayfly: 'refuses what is above 9999',
    said: (settings) => ({ ...settings, interfaceMetric: 9_999 }),
    refused: /tunnels\.device\.interface-metric: is more than 9999/,
  },
  {
    cases: ['03'],
    dpc: 'lowers an MTU of 1500 to 1400',
    mayfly: 'refuses what is above 1400',
    said: (settings) => ({ ...settings, mtu: 1_400 }),
    refused: /tunnels\.device\.mtu: is more than 1400/,
  },
  {
    cases: ['04'],
    dpc: "writes issuers beside Entra's certificates in a list that is not enabled",
    mayfly: 'leaves out what restricts nothing; both choose by the purpose of Entra alone',
    written: (xml) => xml.replace(/<CAHashList Enabled="false">.*?<\/CAHashList>/, ''),
  },
  {
    cases: ['06'],
    dpc: 'leaves out filters that it does not take, and deploys the rest',
    mayfly: 'refuses the profile: a filter that is missing opens or closes traffic',
    said: (settings) => ({ ...settings, trafficFilters: (settings.trafficFilters ?? []).slice(0, 4) }),
    refused:
      /"Bad: ports without protocol" has ports[^]*"Bad: both addresses" has addresses of both ends[^]*"Bad: v6" has an address of IPv6[^]*"Bad: empty" says nothing/,
  },
  {
    cases: ['06'],
    dpc: 'sorts ports as texts',
    mayfly: 'leaves them in the order of the file',
    written: (xml) => xml.replace('1000-2000,3389,443', '3389,443,1000-2000'),
  },
  {
    cases: ['07'],
    dpc: 'leaves out "bad suffix" and the trusted network 10.0.0.0/8',
    mayfly: 'refuses both',
    said: (settings) => ({
      ...settings,
      dnsSuffixes: (settings.dnsSuffixes ?? []).slice(0, 3),
      trustedNetworks: (settings.trustedNetworks ?? []).slice(0, 2),
    }),
    refused: /suffixes\[3\]: is no host name[^]*trusted-networks\[2\]: has , or \//,
  },
  {
    cases: ['07'],
    dpc: 'writes the dot before a suffix',
    mayfly: 'leaves it out, for it says nothing',
    written: (xml) => xml.replace(',.lab.example.com<', ',lab.example.com<'),
  },
  {
    cases: ['07'],
    dpc: 'leaves out DNS servers of IPv6, and so the rule',
    mayfly: 'takes both families',
    written: (xml) =>
      xml.replace(
        '<DomainNameInformation><DomainName>.</DomainName>',
        (dot) =>
          `<DomainNameInformation><DomainName>.v6.example.com</DomainName><DnsServers>2001:db8::53</DnsServers></DomainNameInformation>${dot}`,
      ),
  },
  {
    cases: ['15'],
    dpc: 'routes the three blocks of RFC 1918 where a split tunnel has no routes',
    mayfly: 'refuses it',
    said: (settings) => ({
      ...settings,
      routes: { '10.0.0.0/8': '', '172.16.0.0/12': '', '192.168.0.0/16': '' },
    }),
    refused: /tunnels\.user\.routes: are missing/,
  },
]
