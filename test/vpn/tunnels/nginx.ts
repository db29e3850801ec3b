import type { Credential } from './credential.ts'
import { follow, type Site, type TunnelKind, writeCredential } from './tunnelServer.ts'

const log = '/var/log/nginx/tunnels.log'

/** As the package starts it, with a log that tells why a certificate was refused: nginx calls that information. */
const unit = `mkdir -p /var/log/nginx /var/lib/nginx
exec nginx -g 'daemon off; error_log ${log} info;'
`

const options = async (site: Site, credential: Credential): Promise<string> => {
  const { key, whole, authority } = await writeCredential(site, credential)
  const own = credential.key === '' ? '' : `--cert ${whole} --key ${key}`
  return `-sS -o /dev/null -w '%{http_code}\\n' --max-time 10 --cacert ${authority} ${own} https://vpn.example.com/`
}

/** nginx, and curl. What it answers who is let in is 204, as its recipe has it. */
export const nginx: TunnelKind = {
  recipes: ['nginx'],
  programs: ['nginx', 'curl'],
  refuses: {
    expired: /certificate verify error: \(10:certificate has expired\)/,
    'not yet valid': /certificate verify error: \(9:certificate is not yet valid\)/,
    'another tenant': /certificate verify error: \(20:unable to get local issuer certificate\)/,
    'twin tenant of the same display name': /verify error: \(20:unable to get local issuer certificate\)/,
    'look-alike: same names and key ids': /certificate verify error: \(7:certificate signature failure\)/,
    "the server's own CA": /certificate verify error: \(19:self-signed certificate in certificate chain\)/,
    'self-signed': /certificate verify error: \(21:unable to verify the first certificate\)/,
    'a leaf as CA': /verify error: \(32:key usage does not include certificate signing\)/,
    'right issuer, no marker': 'cannot tell',
    'right issuer, no clientAuth': /certificate verify error: \(26:unsuitable certificate purpose\)/,
    'right issuer, no key purpose': 'cannot tell',
    'none at all': /client sent no required SSL certificate/,
    'tainted issuer, sent along': /" 403 /,
    'once more with the same client, after the end': /verify error: \(10:certificate has expired\)/,
  },
  open: (site) => ({
    async prepare() {
      // The package has a server of its own on this port, which the administrator removes.
      await site.server.run('rm -f /etc/nginx/sites-enabled/*')
      await site.server.unit('nginx', unit)
      await site.server.run('systemctl start nginx; while [ ! -s /run/nginx.pid ]; do sleep 0.1; done')
    },
    isUp: async () => (await site.client.attempt('curl -sk https://vpn.example.com/')).code === 0,
    async dial(credential) {
      const [said, access] = [
        await follow(site.server, log),
        await follow(site.server, '/var/log/nginx/access.log'),
      ]
      const { said: status } = await site.client.attempt(`curl ${await options(site, credential)}`)
      return { isAccepted: status.trim() === '204', log: (await said()) + (await access()) }
    },
  }),
}
