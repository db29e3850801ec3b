import { agentFiles, agentSteps, mustRun } from './agentFiles.ts'
import { quote } from './quote.ts'
import type { MakeRecipe, ServerSettings } from './recipe.ts'

const folder = '/etc/freeradius/3.0'
const purposes = '&TLS-Client-Cert-X509v3-Extended-Key-Usage-OID[*]'

/** Let through where it holds, and nowhere else. A comparison with an attribute that is not there is false, and its negation too. */
const demand = (condition: string): string =>
  [`if (${condition}) {`, '  noop', '}', 'else {', '  reject', '}'].map((line) => `    ${line}`).join('\n')

const modules = ({
  tenant,
  trust,
  certificate,
  key,
}: ServerSettings): string => `# EAP-TLS for clients of ${tenant}. Written by mayfly server-config; it replaces this file.
eap mayfly_eap {
  default_eap_type = tls
  timer_expire = 60
  tls-config mayfly {
    certificate_file = ${quote.radius(certificate)}
    private_key_file = ${quote.radius(key)}
    # Otherwise the server's own issuer is looked for among the clients'.
    auto_chain = no
    # Issuers and no root: paths may end at an issuer, and a tainted one is out.
    ca_file = ${quote.radius(`${trust}/issuers.pem`)}
    # Certificates of clients live shortly and name no CRL: yes would refuse all of them.
    check_crl = no
    tls_min_version = "1.2"
    tls_max_version = "1.3"
    cipher_list = "DEFAULT"
    ecdh_curve = ""
    # A resumed session has no key purposes to check, and may outlive the certificate.
    cache {
      enable = no
    }
    ocsp {
      enable = no
    }
  }
  tls {
    tls = mayfly
    virtual_server = mayfly-check
  }
}

# Reads the end of a certificate. Without utc it is off by the time zone.
date cert_date {
  format = "%y%m%d%H%M%SZ"
  utc = yes
}
`

const marked = (markers: readonly string[]): string =>
  markers.map((marker) => `(${purposes} == ${quote.radius(marker)})`).join(' || ')

const site = ({
  tenant,
  markerOids,
}: ServerSettings): string => `# Who of ${tenant} is let in, and until when. Written by mayfly server-config; it replaces this file.
server mayfly {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = 1812
  }
  authorize {
    mayfly_eap
  }
  authenticate {
    mayfly_eap
  }
}

# Asked when the certificate has verified. Every demand is positive, and what is not demanded is refused.
server mayfly-check {
  authorize {
    update config {
      &Auth-Type := Reject
    }
${demand(`${purposes} == "1.3.6.1.5.5.7.3.2"`)}
    # The marker of the tenant.
${demand(marked(markerOids))}
    # Nobody goes by another name than that of the certificate.
${demand('&TLS-Client-Cert-Subject-Alt-Name-Upn == &User-Name')}
    # The session ends with the certificate. cert_date takes the name of an attribute, and makes nothing of its value.
    update request {
      &Tmp-Integer-0 := "%{cert_date:TLS-Client-Cert-Expiration}"
    }
${demand('&Tmp-Integer-0 > "%l"')}
    update reply {
      &Session-Timeout := "%{expr:%{Tmp-Integer-0} - %l}"
      &Termination-Action := RADIUS-Request
    }
    update config {
      &Auth-Type := Accept
    }
  }
}
`

/** FreeRADIUS 3.2 with EAP-TLS, for whatever asks a RADIUS server. */
export const freeRadiusRecipe: MakeRecipe = (settings) => ({
  files: [
    { kind: 'configuration', path: `${folder}/mods-enabled/mayfly`, mode: 0o644, content: modules(settings) },
    { kind: 'configuration', path: `${folder}/sites-enabled/mayfly`, mode: 0o644, content: site(settings) },
    ...agentFiles(settings, {
      name: 'freeradius',
      lines: [
        '# SIGHUP reloads nothing of EAP. Without an issuer there is nobody to let in, and FreeRADIUS does not start.',
        'if [ ! -s "$trust/issuers.sha256" ]; then systemctl stop freeradius; exit; fi',
        'systemctl restart freeradius',
        ...mustRun('freeradius'),
      ],
    }),
  ],
  steps: [
    `rm ${folder}/mods-enabled/eap ${folder}/sites-enabled/default ${folder}/sites-enabled/inner-tunnel: they let others in by other means`,
    `clients.conf names the VPN servers that ask, each with a secret of its own`,
    `${settings.key} is readable for the group freerad, and for nobody else`,
    ...agentSteps,
  ],
  cannotCheck: [
    'whether a session is resumed after the end of the certificate: resumption is off',
    ...(settings.policyOid === undefined
      ? []
      : [`the policy ${settings.policyOid}: the marker stands in for it`]),
  ],
  ends: 'with the certificate, by Session-Timeout, where the VPN server heeds it',
})
