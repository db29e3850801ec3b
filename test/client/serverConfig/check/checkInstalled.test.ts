import { describe, expect, it } from 'vitest'
import { checkInstalled } from '../../../../client/serverConfig/check/checkInstalled.ts'
import { recipes, serverKinds, type ServerKind } from '../../../../client/serverConfig/recipes.ts'
import { serverSettings } from '../settings.ts'

const settings = { ...serverSettings, policyOid: '1.3.6.1.4.1.99999.1' }
const expected = { settings, issuers: ['issuer~0001', 'issuer~0002'] }

const textOf = (kind: ServerKind): string =>
  recipes[kind](settings)
    .files.filter((file) => file.kind === 'configuration')
    .map(({ content }) => content)
    .join('\n')

const findingsIn = (kind: ServerKind, text: string): readonly string[] =>
  checkInstalled(kind, { texts: [text], programs: new Map() }, expected).map(({ finding }) => finding)

/** One wrong thing: what is put in the place of what; and what is said of it. */
type Plant = readonly [from: string | RegExp, to: string | ((found: string) => string), finding: RegExp]

const marker = '1.3.6.1.4.1.311.87'
const include = 'include /etc/swanctl/mayfly-cacerts.conf'

const connectionForm = /connections \{\n( +)mayfly \{[^]*?\n\1\}/

/** A second connection beside the first, which lacks something. */
const beside =
  (left: string | RegExp) =>
  (all: string): string =>
    `${all}\n${all.replace(/^.*\n +mayfly/, 'old').replace(left, '')}`

const wholeBundle = 'base {\n remote {\n cacerts = root~0001.pem, issuer~0001.pem, issuer~0002.pem\n }\n}\n'

/** A connection beside the first, whose section `remote` is to be told. */
const open = (remote: string): string =>
  `\nconnections {\nopen {\nversion = 2\nreauth_time = 5s\nover_time = 2s\nrand_time = 0s\n${remote}}\n}\n`

const byCertificate: readonly Plant[] = [
  [include, '', /restricted to no CA/],
  [include, 'cacerts = root~0001.pem, issuer~0001.pem, issuer~0002.pem', /whole bundle is trusted/],
  [include, 'cacerts = /etc/swanctl/x509ca/issuer~0001.pem', /is not the issuers of the bundle/],
  [include, `${include}\n cacerts = other.pem`, /is not the issuers of the bundle/],
  ['= relaxed', '= strict', /`revocation` is strict/],
  [/reauth_time = .*/, '', /`reauth_time` is missing/],
  [/reauth_time = .*/, 'reauth_time = 1h', /`reauth_time` is missing/],
  [/over_time = .*/, '', /`over_time` is missing/],
  ['cert_policy = ', '# cert_policy = ', /`cert_policy` is missing/],
  ['id = %any', 'id = %any\ncerts = ann.pem', /named one by one/],
  ['send_certreq = yes', 'send_certreq = no', /`send_certreq` is no/],
  ['= relaxed', '="strict" # relaxed', /`revocation` is strict/],
  ['= relaxed', '= relaxed\n revocation = strict', /`revocation` is strict/],
  [/over_time = .*/, '$&\n}\n}\nconnections {\nmayfly {\n over_time = 24m', /`over_time` is missing/],
  [include, `include mayfly-cacerts.conf`, /restricted to no CA/],
  [include, 'cacerts =', /restricted to no CA/],
  ['cert_policy = ', 'cert_policy = 2.5.29.32.0, ', /`cert_policy` is missing/],
  ['version = 2', '', /IKEv1 is permitted/],
  ['version = 2', 'version = 0 # any', /IKEv1 is permitted/],
  ['version = 2', 'version = 1', /IKEv1 is permitted/],
  // What a section takes from others counts as if it were written in it.
  [' mayfly {', ' mayfly : nowhere {', /takes settings of another/],
  [
    connectionForm,
    (all) => `${wholeBundle}${all.replace(' mayfly {', ' mayfly : base {')}`,
    /whole bundle is trusted/,
  ],
  [
    connectionForm,
    (all) =>
      `${wholeBundle}other {\n far {\n reauth_time = 1h\n }\n}\nway : other.far {\n}\n${all.replace(/reauth_time = .*/, '').replace(' mayfly {', ' mayfly : way {')}`,
    /`reauth_time` is missing/,
  ],
  // Whatever a client does is good where nothing is said of it, and names count in any case.
  [/$/, open(''), /no connection takes clients/],
  [
    /$/,
    open(`REMOTE {\n${include}\ncert_policy = ${settings.policyOid}\n}\n`),
    /no connection takes clients/,
  ],
  [/(remote \{\s+)/, '$1AUTH = psk\n', /no connection takes clients/],
  [include, `${include}\nCacerts = /etc/swanctl/x509ca/root~0001.pem`, /whole bundle is trusted/],
  [include, `${include}\ncacert1 {\nfile = other.pem\n}`, /named by sections/],
  [include, `${include}\ncert-ann {\nhandle = 1\n}`, /named by sections/],
  // Neither a backslash nor a single quote means anything there.
  ['id = %any', 'id = %any \\\ncacerts = other.pem', /is not the issuers of the bundle/],
  ['id = %any', "id = o'neil\ncacerts = other.pem\nca_id = o'neil", /is not the issuers of the bundle/],
  ['send_certreq = yes', 'send_certreq = yes\ninclude more.conf', /another file is read/],
  [/ proposals = .*/, '$&, aes256-sha1-modp1024', /weak encryption/],
  [/esp_proposals = .*/, 'esp_proposals = null-sha256', /weak encryption/],
  // Each connection has settings of its own: those of another do not count for it.
  [connectionForm, beside(include), /restricted to no CA/],
  [connectionForm, beside(/reauth_time = .*/), /`reauth_time` is missing/],
  [connectionForm, beside(/cert_policy = .*/), /`cert_policy` is missing/],
]

const tlsConfig = `tls-config other {
auto_chain = no
ca_file = "${settings.trust}/issuers.pem"
cache {
enable = no
}
}
tls {`

const plants: Readonly<Record<ServerKind, readonly Plant[]>> = {
  'strongswan-pubkey': [
    ...byCertificate,
    [/(remote \{\s+auth =) pubkey/, '$1 psk', /no connection takes clients/],
  ],
  'strongswan-eap-tls': [
    ...byCertificate,
    ['auth = eap-tls', 'auth = eap-mschapv2', /no connection takes clients/],
  ],
  'strongswan-eap-radius': [
    ['auth = eap-radius', 'auth = eap-md5', /no connection takes clients/],
    ['over_time = 2s', '', /`over_time` is missing/],
    ['over_time = 2s', 'over_time = 24m', /`over_time` is missing/],
    ['rand_time = 0s', '', /`rand_time` is not 0/],
    ['version = 2', 'version = 0', /IKEv1 is permitted/],
    ['eap_id = %any', '', /not asked for their EAP identity/],
    ['address = 127.0.0.1', '', /no RADIUS server/],
    [/$/, open('remote {\neap_id = %any\n}\n'), /no connection takes clients/],
    [/$/, open(''), /no connection takes clients/],
    ['address = 127.0.0.1', 'address =', /no RADIUS server/],
    ['over_time = 2s', 'over_time = 2s\n over_time=10%', /`over_time` is missing/],
    [
      'eap_id = %any',
      'eap_id = %any\n}\n}\nold {\nversion = 2\nover_time = 2s\nrand_time = 0s\nremote {\nauth = eap-radius',
      /not asked for their EAP identity/,
    ],
  ],
  openvpn: [
    ['trust/trust.pem', 'trust/issuers.pem', /file of CAs is not trust\.pem/],
    ['dh none', 'dh none\ncapath /etc/ssl/certs', /`capath` is used/],
    ['tls-verify /usr', '#tls-verify /usr', /no issuer is pinned/],
    ['tls-export-cert', ';tls-export-cert', /`tls-export-cert` is missing/],
    ['script-security 2', 'script-security 1', /less than 2/],
    [`remote-cert-eku ${marker}`, '', /marker is not demanded/],
    [`remote-cert-eku ${marker}`, 'remote-cert-eku 1.3.6.1.5.5.7.3.2', /marker is not demanded/],
    [/(remote-cert-tls client)([^]*)(remote-cert-eku .*)/, '$3$2$1', /comes after `remote-cert-eku`/],
    ['verify-client-cert require', 'verify-client-cert optional', /not `require`/],
    ['client-connect ', '# client-connect ', /no session ends/],
    ['management /run', '# management /run', /nothing can end sessions/],
    [
      'management /run/openvpn-server/mayfly.sock unix',
      'management 127.0.0.1 7505',
      /nothing can end sessions/,
    ],
    ['management-client-user root', '', /others than root may use/],
    ['dh none', 'dh none\ncrl-verify crl.pem', /`crl-verify` is set/],
    ['dh none', 'dh none\nx509-username-field ext:subjectAltName', /read from elsewhere/],
    ['tls-version-min 1.2', 'tls-version-min 1.0', /TLS before 1\.2/],
    [
      'verify-client-cert require',
      'verify-client-cert require\n\tverify-client-cert\t"none"',
      /not `require`/,
    ],
    [/$/, '--remote-cert-tls client\n', /comes after `remote-cert-eku`/],
    [/$/, 'setenv opt remote-cert-tls client\n', /comes after `remote-cert-eku`/],
    [/$/, 'tls-verify /bin/true ; later\n', /no issuer is pinned/],
    [/$/, '<ca>\nremote-cert-eku x\n</ca>\n', /file of CAs is not trust\.pem/],
    [/$/, 'username-as-common-name\n', /takes the place of the common name/],
    [/$/, 'duplicate-cn\n', /`duplicate-cn` is set/],
    ['keepalive 10 30', '', /`keepalive` is missing/],
    ['keepalive 10 30', 'keepalive 10 120', /`keepalive` is missing/],
    [/$/, 'config more.conf\n', /another file is read/],
    [/$/, 'data-ciphers AES-256-GCM:none\n', /weak encryption/],
    [/$/, 'cipher BF-CBC\n', /weak encryption/],
    // A text that is written in ends with its own mark alone, and its beginning may have a comment.
    [/remote-cert-eku .*/, '<tls-crypt>\n</other>\n$&\n</tls-crypt>', /marker is not demanded/],
    [/$/, '<ca> # ours\nremote-cert-tls client\n</ca>\n', /file of CAs is not trust\.pem/],
  ],
  freeradius: [
    ['trust/issuers.pem', 'trust/trust.pem', /`ca_file` is not issuers\.pem/],
    ['auto_chain = no', 'auto_chain = no\nca_path = /etc/ssl/certs', /`ca_path` is used/],
    ['auto_chain = no', '', /`auto_chain` is not no/],
    ['check_crl = no', 'check_crl = yes', /`check_crl` is yes/],
    [
      'check_crl = no',
      'check_crl = no\ncheck_cert_issuer = "/O=contoso/CN=VPN issuer 1"',
      /`check_cert_issuer` is set/,
    ],
    [/(cache \{\s+enable =) no/, '$1 yes', /sessions are resumed/],
    [/(ocsp \{\s+enable =) no/, '$1 yes', /OCSP is asked/],
    ['virtual_server = mayfly-check', '', /nobody looks at the certificate/],
    ['server mayfly-check {', 'server other {', /nobody looks at the certificate/],
    [`OID[*] == "${marker}"`, 'OID[*] == "1.2.3"', /marker is not demanded/],
    [
      /if \(\((.*311\.87"\))\) \{\s+noop\s+\}\s+else \{\s+reject/,
      'if (!($1)) {\n reject',
      /marker is not demanded/,
    ],
    [/if \((\(.*311\.87"\))\)/, 'if (!$1)', /marker is not demanded/],
    ['OID[*] == "1.3.6.1.5.5.7.3.2"', 'OID[*] == "2.5.29.37.0"', /clientAuth is not demanded/],
    ['-Alt-Name-Upn == &User-Name', '-Alt-Name-Email == &User-Name', /not held to the UPN/],
    ['&Auth-Type := Reject', '&Auth-Type := Accept', /nobody is refused by default/],
    ['&Session-Timeout := ', '&Idle-Timeout := ', /no session ends/],
    [/cert_date:TLS-[^}]*/, 'cert_date:%{TLS-Client-Cert-Expiration}', /`cert_date` is given a value/],
    ['utc = yes', 'utc = no', /in local time/],
    ['tls {\n', 'peap {\n tls = mayfly\n}\ntls {\n', /other methods/],
    ['tls_min_version = "1.2"', 'tls_min_version = "1.0"', /TLS before 1\.2/],
    [/ca_file = .*/, '$&\n ca_file = ${cadir}/all.pem', /`ca_file` is not issuers\.pem/],
    [/(\(.*311\.87"\))\) \{/, '$1 || &User-Name) {', /marker is not demanded/],
    [/(&User-Name)\) \{/, '$1 || &User-Name == "root") {', /not held to the UPN/],
    [/(311\.87"\)\) \{\s+noop\s+\}\s+else \{\s+)reject/, '$1noop', /marker is not demanded/],
    [/(311\.87"\)\) \{\s+noop\s+\}\s+else \{\s+)reject/, '$1# reject', /marker is not demanded/],
    [' - %l}', ' - %l + 86400}', /no session ends/],
    ['tls {\n', 'md5 {\n}\ntls {\n', /other methods/],
    [/(authenticate \{\s+)(?=mayfly)/, '$1Auth-Type PAP {\npap\n}\n', /other methods/],
    [/$/, '\neap old {\ntls {\ntls = mayfly\n}\n}\n', /nobody looks at the certificate/],
    [/$/, '\n$INCLUDE more.conf\n', /another file is read/],
    ['tls {\n', 'MD5 {\n}\ntls {\n', /other methods/],
    ['tls {\n', 'sim {\nvirtual_server = mayfly-check\n}\ntls {\n', /other methods/],
    [
      /(cache \{\s+enable =) no([^]*?)  tls \{/,
      (all) => all.replace('tls {', tlsConfig).replace('= no', '= yes'),
      /sessions are resumed/,
    ],
    // Of two that tell a time, or a zone, one counts.
    [/&Tmp-Integer-0 := .*/, '$&\n&Tmp-Integer-0 := 1999999999', /`cert_date` is given a value/],
    ['%{Tmp-Integer-0}', '%{Tmp-Integer-1}', /no session ends/],
    [/utc = yes\s+\}/, 'utc = no\n}\ndate other {\nutc = yes\n}', /in local time/],
    // What counts is what the named server demands before it accepts, whatever else is there.
    [/if \(\(.*311\.87"\)\) \{[^}]*\}\s+else \{[^}]*\}/, 'if (0) {\n$&\n}', /marker is not demanded/],
    [
      /(    if \(\(.*311\.87"\)\) \{[^}]*\}\s+else \{[^}]*\}\n)([^]*Accept\s+\}\n)/,
      '$2return\n$1',
      /marker is not demanded/,
    ],
    // A quote in a regular expression hides nothing.
    [
      /(authenticate \{[^}]*\})/,
      `$1\npost-auth {\nif (&User-Name =~ /'/) {\nok\n}\nupdate control {\nAuth-Type := Accept\n}\nif (&User-Name =~ /^o\\/'/) {\nok\n}\n}`,
      /nobody is refused by default/,
    ],
    [
      /(authenticate \{[^}]*\})/,
      '$1\npost-auth {\nupdate control {\n&Response-Packet-Type := Access-Accept\n}\n}',
      /nobody is refused by default/,
    ],
    [
      /$/,
      '\nserver old {\nauthorize {\nupdate {\ncontrol:Auth-Type := Accept\n}\n}\n}\n',
      /nobody is refused by default/,
    ],
    [
      /$/,
      '\nserver old {\nauthorize {\nupdate control {\nAuth-Type := "Accept"\n}\n}\n}\n',
      /nobody is refused by default/,
    ],
  ],
  ocserv: [
    ['issuers-and-crosses.pem', 'trust.pem', /`ca-cert` is not/],
    ['device = vpns', 'device = vpns\nca-cert = /etc/ssl/other.pem', /`ca-cert` is not/],
    [
      'device = vpns',
      'device = vpns\nenable-auth = "plain[passwd=/etc/ocserv/passwd]"',
      /`auth` is something else/,
    ],
    ['= new-tunnel', '= ssl', /`rekey-method`/],
    ['rekey-time = 300', 'rekey-time = 172800', /`rekey-time`/],
    ['predictable-ips = true', '', /`predictable-ips`/],
    ['session-timeout = 3600', '', /`session-timeout`/],
    ['cookie-timeout = 60', 'persistent-cookies = true', /`cookie-timeout`/],
    ['cert-user-oid = 2.5.4.3', 'cert-user-oid = 0.9.2342.19200300.100.1.1', /`cert-user-oid`/],
    ['device = vpns', 'device = vpns\ncrl = /etc/ocserv/crl.pem', /`crl` is set/],
    ['use-occtl = true', '#use-occtl = true', /`use-occtl`/],
    [/connect-script = .*/, '$& # later\nconnect-script = /bin/true', /`connect-script`/],
    ['auth = "certificate"', '\tauth\t=\t"certificate[optional]"', /`auth` is something else/],
    [/$/, '[vhost:old]\nauth = "pam" # as before\n', /`auth` is something else/],
    [/$/, '[vhost:old]\nrekey-method = ssl\n', /`rekey-method`/],
    [/$/, 'session-timeout = 0 # none\n', /`session-timeout`/],
    [/$/, 'tls-priorities = "NORMAL:+VERS-TLS1.0"\n', /TLS before 1\.2/],
    [/tls-priorities = .*/, '', /TLS before 1\.2/],
    [/-VERS-TLS1\.1/, '$&:+VERS-ALL', /TLS before 1\.2/],
    // A colon is as good as an equals sign, and what is indented belongs to what is above.
    [/$/, 'enable-auth: "plain[passwd=/etc/ocserv/passwd]"\n', /`auth` is something else/],
    [/ca-cert = .*/, '$&\n  /etc/ssl/other.pem', /`ca-cert` is not/],
    [/$/, 'cisco-client-compat = true\n', /`cisco-client-compat`/],
  ],
  nginx: [
    ['trust/trust.pem', 'other.pem', /`ssl_client_certificate` is not/],
    ['ssl_verify_client on', 'ssl_verify_client optional', /`ssl_verify_client` is not on/],
    ['include "/etc/mayfly/trust/issuers.dn";', '', /issuers of the bundle are not pinned/],
    ['default 0;', 'default 1;', /map of issuers lets others through/],
    ['default 0;', 'default 0; "CN=other" 1;', /map of issuers lets others through/],
    [/if \(\$mayfly_issuer = 0\) \{[^}]*\}/, '', /nobody asks the map/],
    ['ssl_session_tickets off;', '', /`ssl_session_tickets`/],
    ['ssl_session_cache off', 'ssl_session_cache shared:a:1m', /`ssl_session_cache`/],
    ['ssl_verify_depth 3;', '# ssl_verify_depth 3;', /`ssl_verify_depth`/],
    ['ssl_verify_depth 3;', 'ssl_verify_depth 3; ssl_crl /etc/crl.pem;', /`ssl_crl` or/],
    ['TLSv1.2 TLSv1.3', 'TLSv1 TLSv1.2', /TLS before 1\.2/],
    [/$/, '\nserver { listen 443 ssl default_server; return 204; }', /asks for no certificate/],
    [/$/, '\nserver { listen 80; listen *:443 ssl; location / { return 204; } }', /asks for no certificate/],
    ['default 0;', 'default 0; include /etc/nginx/others.dn;', /map of issuers lets others through/],
    // An empty variable is not 0: everybody would be let in.
    ['default 0;', '', /map of issuers lets others through/],
    [/if \(\$mayfly_issuer = 0\) \{[^}]*\}/, 'location /a { $& }', /nobody asks the map/],
    ['return 403;', '# return 403;\n set $a 1;', /nobody asks the map/],
    [/server \{[^]*$/, (all: string) => `${all}\n${all.replace(/if \([^]*?\}/, '')}`, /nobody asks the map/],
    ['ssl_verify_depth 3;', 'ssl_verify_depth 3; ssl_verify_depth\t1;', /`ssl_verify_depth`/],
    // Nothing comes after these, nor the `if`.
    ['ssl_verify_depth 3;', 'ssl_verify_depth 3; rewrite ^/(.*)$ /app/$1 last;', /nobody asks the map/],
    [
      'ssl_verify_depth 3;',
      'ssl_verify_depth 3; if ($request_method = GET) { break; }',
      /nobody asks the map/,
    ],
    ['ssl_verify_depth 3;', 'ssl_verify_depth 3; set $mayfly_issuer 1;', /is given a value elsewhere/],
    [/$/, '\ngeo $mayfly_issuer { default 1; }', /is given a value elsewhere/],
    ['ssl_verify_depth 3;', 'ssl_verify_depth 3; error_page 403 404 = @open;', /`error_page` answers/],
    ['ssl_verify_depth 3;', 'ssl_verify_depth 3; error_page 495 /open;', /`error_page` answers/],
    ['ssl_verify_depth 3;', 'ssl_verify_depth 3; include more.conf;', /another file is read/],
    [
      /server \{[^]*$/,
      (all) => `${all}\n${all.replace('443', '8443').replace('ssl_session_tickets off;', '')}`,
      /`ssl_session_tickets`/,
    ],
    [
      'ssl_verify_depth 3;',
      "ssl_verify_depth 3; add_header A don't; ssl_crl x; add_header B don't;",
      /`ssl_crl` or/,
    ],
  ],
  nps: [['= 3600', '= 36000', /Settings\.ps1 is not what it should be/]],
  rras: [[marker, '1.2.3', /Settings\.ps1 is not what it should be/]],
}

describe.each(serverKinds)('checkInstalled(), for %s,', (kind) => {
  it('finds nothing wrong with what server-config writes', () =>
    expect(findingsIn(kind, textOf(kind))).toEqual([]))

  it.each(plants[kind])('finds one thing wrong when %s becomes %j', (from, to, finding) => {
    const text = textOf(kind)
    const wrong = typeof to === 'string' ? text.replace(from, to) : text.replace(from, to)
    expect(wrong).not.toBe(text)
    const [found, ...others] = findingsIn(kind, wrong)
    expect(found).toMatch(finding)
    expect(others).toEqual([])
  })

  it('tells of programs that are altered or missing', () => {
    const { files } = recipes[kind](settings)
    for (const { path, content } of files.filter((file) => file.kind === 'program'))
      for (const [found, says] of [
        [content, undefined],
        [`${content}#`, `${path} is not what it should be now`],
        [undefined, `${path} is missing`],
      ] as const) {
        const installed = { texts: [textOf(kind)], programs: new Map([[path, found]]) }
        const findings = checkInstalled(kind, installed, expected).map(({ finding }) => finding)
        expect(findings).toEqual(says === undefined ? [] : [says])
      }
  })
})

describe('checkInstalled()', () => {
  it('lets additions and other ways to write the same alone', () => {
    expect(
      findingsIn(
        'strongswan-pubkey',
        `${textOf('strongswan-pubkey').replace(/reauth_time = .*/, 'reauth_time=5m # sooner')}\nsecrets { eap-x { id = "a#b{"\n secret = "}" } }`,
      ),
    ).toEqual([])
    expect(
      findingsIn(
        'strongswan-pubkey',
        `base : times { version = 1\n reauth_time = 24h\n}\ntimes {\n over_time = 5s\n}\n${textOf(
          'strongswan-pubkey',
        )
          .replace(/over_time = .*/, '')
          .replace(' mayfly {', ' mayfly : base {')}`,
      ),
    ).toEqual([])
    expect(findingsIn('openvpn', textOf('openvpn').replaceAll('\n', ' # so\r\n'))).toEqual([])
    expect(
      findingsIn(
        'openvpn',
        textOf('openvpn').replace(
          /remote-cert-eku (.*)/,
          'remote-cert-eku\t"$1"\ndata-ciphers AES-256-GCM:CHACHA20-POLY1305',
        ),
      ),
    ).toEqual([])
    expect(
      findingsIn(
        'ocserv',
        textOf('ocserv')
          .replaceAll(/ = (\S+)$/gm, '\t=\t$1\t# so')
          .replaceAll('true', 'YES'),
      ),
    ).toEqual([])
    expect(
      findingsIn(
        'freeradius',
        textOf('freeradius').replaceAll('= no', '=\t"no" # yes').replaceAll('&Auth-', 'Auth-'),
      ),
    ).toEqual([])
    expect(
      findingsIn(
        'nginx',
        textOf('nginx')
          .replace('cache off', 'cache none')
          .replace('= 0)', '= "0")')
          .replace(/$/, '\nserver { listen 80; return 301 https://vpn.example.com; }')
          .replace(/$/, '\nserver { listen 127.0.0.1:443 ssl; return 204; } server { }'),
      ),
    ).toEqual([])
    expect(
      findingsIn(
        'strongswan-pubkey',
        `secrets {\neap-1 {\nid = o'neil\n}\n}\n${textOf('strongswan-pubkey')}`,
      ),
    ).toEqual([])
    expect(
      findingsIn(
        'freeradius',
        textOf('freeradius')
          .replaceAll('= no', '= off')
          .replaceAll(/(else \{\s+)reject/g, '$1update reply {\n&Reply-Message := "no"\n}\nreject'),
      ),
    ).toEqual([])
    expect(
      findingsIn(
        'ocserv',
        textOf('ocserv')
          .replace(/tls-priorities = .*/, 'tls-priorities = "SECURE128:-vers-all:+VERS-TLS1.3" ; new')
          .replace(/use-occtl = true/, 'use-occtl: true'),
      ),
    ).toEqual([])
    expect(
      findingsIn(
        'nginx',
        textOf('nginx')
          .replace(
            'ssl_verify_depth 3;',
            "ssl_verify_depth 3; add_header A don't; error_page 403 /no.html; error_page 404 = @no; rewrite ^/a$ /b;",
          )
          .replace('return 204;', 'rewrite ^/(.*)$ /$1 break; include proxy_params;'),
      ),
    ).toEqual([])
    expect(findingsIn('nginx', `# ssl_crl x;\n${textOf('nginx').replaceAll(/;\n */g, '; ')}`)).toEqual([])
  })

  it('does not ask for one marker where the tenant has two', () => {
    const two = { ...settings, markerOids: [marker, '1.3.6.1.4.1.99999.2'] }
    const [conf] = recipes.openvpn(two).files
    const installed = { texts: [conf?.content ?? ''], programs: new Map<string, string>() }
    expect(checkInstalled('openvpn', installed, { ...expected, settings: two })).toEqual([])
    expect(conf?.content).not.toMatch(/^remote-cert-eku/m)
  })
})

describe('checkInstalled(), of files that others read,', () => {
  const more = '/etc/more.conf'
  const findings = (kind: ServerKind, text: string, other = '', path = more) =>
    checkInstalled(
      kind,
      { texts: [text, other], paths: ['/etc/first.conf', path], programs: new Map() },
      expected,
    ).map(({ finding }) => finding)

  it.each([
    ['openvpn', `config ${more}`],
    ['freeradius', `$INCLUDE ${more}`],
    ['strongswan-pubkey', `include ${more}`],
  ] as const)('takes for looked at, for %s, what was named too', (kind, line) => {
    const reading = (name: string) => `${textOf(kind)}\n${line.replace(more, name)}\n`
    for (const name of [more, './more.conf', '*.conf', 'etc/', '/etc/mor?.conf'])
      expect(findings(kind, reading(name))).toEqual([])
    for (const name of ['/etc/one-more.conf', 'd/', 'd/*.conf', '/more.conf'])
      expect(findings(kind, reading(name))).toEqual([expect.stringMatching(/^another file is read/)])
    expect(findings(kind, reading(more), '', '/etc/morexconf')).toHaveLength(1)
  })

  it('takes the variables of FreeRADIUS for folders', () =>
    expect(findings('freeradius', `${textOf('freeradius')}\n$INCLUDE \${confdir}/more.conf\n`)).toEqual([]))

  it.each([
    [
      'strongswan-pubkey',
      'id = %any',
      `include ${more}`,
      'cacerts = root~0001.pem',
      /whole bundle is trusted/,
    ],
    ['openvpn', 'dh none', `config ${more}`, 'crl-verify crl.pem', /`crl-verify` is set/],
    ['freeradius', 'auto_chain = no', `$INCLUDE ${more}`, 'check_crl = yes', /`check_crl` is yes/],
    ['nginx', 'ssl_verify_depth 3;', 'include more.conf;', 'rewrite ^ /app last;', /nobody asks the map/],
    ['nginx', 'default 0;', `include "${more}"; # ours`, '"CN=other" 1;', /lets others through/],
  ] as const)('holds %s to it where %s reads it', (kind, before, line, other, finding) => {
    const text = textOf(kind).replace(before, `${before}\n${line}\n`)
    expect(findings(kind, text, other)).toEqual([expect.stringMatching(finding)])
  })

  it('looks at files that read each other, and tells that they do', () => {
    const text = `${textOf('openvpn')}\nduplicate-cn\nconfig ${more}\n`
    const both = [expect.stringMatching(/^`duplicate-cn`/), expect.stringMatching(/^another file is read/)]
    expect(findings('openvpn', text, 'config /etc/first.conf\n')).toEqual(both)
    expect(findings('openvpn', text.replace(more, 'first.conf'), '')).toEqual(both)
  })
})

describe('checkInstalled(), of who keeps the bundle and ends sessions,', () => {
  const found = (kind: ServerKind, change: (toml: string) => string | undefined) => {
    const { files } = recipes[kind](settings)
    const agents = files
      .filter(({ path }) => path.endsWith('.toml'))
      .map(({ path, content }) => [path, change(content)] as const)
    const installed = { texts: [textOf(kind)], programs: new Map(), agents: new Map(agents) }
    return checkInstalled(kind, installed, expected).map(({ finding }) => finding)
  }
  const guarded = [
    'strongswan-pubkey',
    'strongswan-eap-tls',
    'strongswan-eap-radius',
    'openvpn',
    'ocserv',
  ] as const

  it.each(guarded)('finds nothing wrong with what server-config writes for %s', (kind) =>
    expect(found(kind, (toml) => toml)).toEqual([]),
  )

  const nobodyEnds = expect.stringMatching(/^nobody ends sessions/)
  const nobodyKeeps = expect.stringMatching(/^nobody keeps the bundle current/)

  it.each(guarded)('names %s without a guard, or with that of another server', (kind) => {
    expect(found(kind, (toml) => toml.replace('[bundles.guard]', '[bundles.other]'))).toEqual([nobodyEnds])
    expect(found(kind, (toml) => toml.replace(/^kind = .*$/m, 'kind = "other"'))).toEqual([nobodyEnds])
    expect(found(kind, () => undefined)).toContainEqual(nobodyEnds)
  })

  it.each(serverKinds.filter((kind) => kind !== 'strongswan-eap-radius'))(
    'names %s without an agent that keeps its bundle and tells the server',
    (kind) => {
      for (const change of [
        () => undefined,
        () => '[[bundles',
        (toml: string) => toml.replace(/^folder = .*/m, 'folder = "/other"'),
        (toml: string) => toml.replace(/^on-trust-change = /m, 'on-change = '),
      ])
        expect(found(kind, change)).toContainEqual(nobodyKeeps)
      expect(
        found(kind, (toml) => toml.replace(/^on-trust-change = .*/m, "on-trust-change = '/own'")),
      ).toEqual([])
    },
  )

  it('names a drop-in of systemd that is missing, and lets one be changed', () => {
    const path = '/etc/systemd/system/openvpn-server@mayfly.service.d/mayfly.conf'
    const { files } = recipes.openvpn(settings)
    const agents = (text: string | undefined) =>
      new Map(
        files
          .filter((file) => file.kind === 'agent')
          .map((file) => [file.path, file.path === path ? text : file.content]),
      )
    const findings = (text: string | undefined) =>
      checkInstalled(
        'openvpn',
        { texts: [textOf('openvpn')], programs: new Map(), agents: agents(text) },
        expected,
      ).map(({ finding }) => finding)
    expect(findings(undefined)).toEqual([`${path} is missing`])
    expect(findings('[Service]\n')).toEqual([])
  })

  it('names a life of certificates that is not that of the tenant', () =>
    expect(
      found('ocserv', (toml) => toml.replace('lifetime-seconds = 3600', 'lifetime-seconds = 300')),
    ).toEqual([expect.stringMatching(/`lifetime-seconds`/)]))

  it('asks for no guard where the server ends sessions by itself alone', () =>
    expect(found('freeradius', (toml) => toml)).toEqual([]))
})
