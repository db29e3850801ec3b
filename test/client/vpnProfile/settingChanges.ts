type Members = Readonly<Record<string, unknown>>

/** One filter, with every member. */
export const trafficFilter = {
  name: 'RDP',
  application: 'SYSTEM',
  protocol: 'tcp',
  'local-ports': ['5985'],
  'remote-ports': ['3389'],
  'remote-addresses': ['10.1.0.0/16'],
  direction: 'inbound',
  routing: 'full',
}

/** Every setting of a tunnel, and another value of each. */
export const settingChanges: readonly (readonly [string, Members, Members])[] = [
  ['servers', {}, { servers: [{ name: 'vpn2.example.com' }] }],
  ['label', {}, { servers: [{ name: 'vpn.example.com', label: 'Zürich' }] }],
  ['protocol', {}, { protocol: 'sstp' }],
  ['protocol order', { protocol: 'ikev2-then-sstp' }, { protocol: 'sstp-then-ikev2' }],
  ['authentication', {}, { authentication: 'peap-eap-tls' }],
  ['always-on', {}, { 'always-on': false }],
  ['routing', { routes: ['10.0.0.0/8'] }, { routing: 'full', routes: [] }],
  ['routes', {}, { routes: ['10.0.0.0/9'] }],
  ['exclusions', {}, { exclusions: ['10.1.0.0/16'] }],
  ['dns', {}, { dns: [{ name: '.corp.example' }] }],
  [
    'dns servers',
    { dns: [{ name: '.corp.example' }] },
    { dns: [{ name: '.corp.example', servers: ['10.0.0.1'] }] },
  ],
  ['suffixes', {}, { suffixes: ['corp.example'] }],
  [
    'the order of suffixes',
    { suffixes: ['a.example', 'b.example'] },
    { suffixes: ['b.example', 'a.example'] },
  ],
  ['trusted-networks', {}, { 'trusted-networks': ['corp.example'] }],
  ['register-dns', {}, { 'register-dns': true }],
  ['route-metric', {}, { 'route-metric': 7 }],
  ['interface-metric', {}, { 'interface-metric': 7 }],
  ['mtu', {}, { mtu: 1_300 }],
  ['outage-seconds', {}, { 'outage-seconds': 60 }],
  [
    'proxy',
    { routing: 'full', routes: [] },
    { routing: 'full', routes: [], proxy: { script: 'https://p.example/pac' } },
  ],
  [
    'bypass-local',
    { routing: 'full', routes: [], proxy: { server: 'p.example:80' } },
    { routing: 'full', routes: [], proxy: { server: 'p.example:80', 'bypass-local': true } },
  ],
  ['hide-edit-button', {}, { 'hide-edit-button': true }],
  ['hide-disconnect-button', {}, { 'hide-disconnect-button': true }],
  ['kerberos', {}, { kerberos: { issuers: ['d'.repeat(40)] } }],
  [
    'kerberos.purposes',
    { kerberos: { issuers: ['d'.repeat(40)], purposes: ['1.3.6.1.5.5.7.3.2'] } },
    { kerberos: { issuers: ['d'.repeat(40)], purposes: ['1.3.6.1.4.1.311.20.2.2'] } },
  ],
  ['filters', {}, { filters: [trafficFilter] }],
  ...Object.entries({
    application: 'Contoso.App_1',
    protocol: 'udp',
    'local-ports': ['5986'],
    'remote-ports': ['3390-3400'],
    'remote-addresses': ['10.2.0.0/16'],
    direction: 'outbound',
    routing: 'split',
  }).map(([name, value]): readonly [string, Members, Members] => [
    `filters.${name}`,
    { filters: [trafficFilter] },
    { filters: [{ ...trafficFilter, [name]: value }] },
  ]),
]
