import { agentFiles, agentSteps } from './agentFiles.ts'
import { quote } from './quote.ts'
import type { MakeRecipe, ServerSettings } from './recipe.ts'

const conf = ({
  tenant,
  trust,
  certificate,
  key,
  serverName,
}: ServerSettings): string => `# Clients of ${tenant}, for a file of conf.d, which is read inside http. Written by mayfly server-config; it replaces this file.

# Names of issuers may be longer than the 64 octets that there are room for.
map_hash_bucket_size 2048;

# The issuers of the bundle. nginx trusts roots, for it takes no path that ends at an issuer: without this a tainted issuer
# stays trusted. It has no variable for key purposes either.
map $ssl_client_i_dn $mayfly_issuer {
  default 0;
  include ${quote.nginx(`${trust}/issuers.dn`)};
}

server {
  listen 443 ssl;
  server_name ${quote.nginx(serverName)};
  ssl_certificate ${quote.nginx(certificate)};
  ssl_certificate_key ${quote.nginx(key)};
  ssl_protocols TLSv1.2 TLSv1.3;

  ssl_client_certificate ${quote.nginx(`${trust}/trust.pem`)};
  ssl_verify_client on;
  # Leaf, issuer, cross certificate, root.
  ssl_verify_depth 3;
  # No ssl_crl: certificates of clients live shortly and name no CRL.

  # A resumed session is let in after the end of its certificate.
  ssl_session_tickets off;
  ssl_session_cache off;

  if ($mayfly_issuer = 0) {
    return 403;
  }

  location / {
    # What this is for: proxy_pass, root, ... The user is the common name in $ssl_client_s_dn.
    return 204;
  }
}
`

/** nginx, in front of portals. */
export const nginxRecipe: MakeRecipe = (settings) => ({
  files: [
    { kind: 'configuration', path: '/etc/nginx/conf.d/mayfly.conf', mode: 0o644, content: conf(settings) },
    ...agentFiles(settings, {
      name: 'nginx',
      lines: [
        '# Its own unit tests the configuration first. Here nginx -t could not open its log: the unit of the agent has no right to.',
        'systemctl reload nginx',
      ],
    }),
  ],
  steps: [...agentSteps, 'systemctl reload nginx'],
  cannotCheck: [
    `the marker (${settings.markerOids.join(', ')}) or any key purpose but clientAuth, which OpenSSL demands: nginx has no variable for them. The issuers of the map sign for no other`,
    ...(settings.policyOid === undefined ? [] : [`the policy ${settings.policyOid}`]),
    'the end of the certificate on a connection that is open: keepalive_timeout ends it',
  ],
  ends: 'with the connection: each new one is a whole handshake, which an ended certificate does not pass',
})
