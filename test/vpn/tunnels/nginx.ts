import { setTimeout as sleep } from 'node:timers/promises'
import type { Credential } from './credential.ts'
import { follow, listens, type Site, type TunnelKind, writeCredential } from './tunnelServer.ts'

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
  bent: {
    by: "sed -i 's/ssl_session_tickets off/ssl_session_tickets on/' /etc/nginx/conf.d/mayfly.conf",
    names: /`ssl_session_tickets` is not off/,
    resumedAfter: 'systemctl reload nginx; sleep 1',
  },
  refuses: {
    expired: /certificate verify error: \(10:certificate has expired\)/,
    'not yet valid': /certificate verify error: \(9:certificate is not yet valid\)/,
    'another tenant': /certificate verify error: \(20:unable to get local issuer certificate\)/,
    'twin tenant of the same display name': /verify error: \(20:unable to get local issuer certificate\)/,
    'look-alike: same names and key ids': /certificate verify error: \(7:certificate signature failure\)/,
    "the server's own CA": /certificate verify error: \(19:self-signed certificate in certificate chain\)/,
    'self-signed': /certificate verify error: \(18:self-signed certificate\)/,
    'a leaf as CA': /verify error: \(32:key usage does not include certificate signing\)/,
    'right issuer, no marker': 'cannot tell',
    'right issuer, no clientAuth': /certificate verify error: \(26:unsuitable certificate purpose\)/,
    'right issuer, no key purpose': 'cannot tell',
    'none at all': /client sent no required SSL certificate/,
    'tainted issuer, sent along': /" 403 /,
    'once more with the same client, after the end': /verify error: \(10:certificate has expired\)/,
    'resumption after the end':
      /verify error: \(10:certificate has expired\)[^]*verify error: \(10:certificate has expired\)/,
  },
  open: (site) => ({
    async prepare() {
      // The package has a server of its own on this port, which the administrator removes.
      await site.server.run('rm -f /etc/nginx/sites-enabled/*')
      await site.server.unit('nginx', unit)
      await site.server.run('systemctl start nginx; while [ ! -s /run/nginx.pid ]; do sleep 0.1; done')
    },
    finish: async () => void (await site.server.run('systemctl reload nginx')),
    isUp: () => listens(site.server, 'tcp', 443),
    follow: () => follow(site.server, log),
    async dial(credential) {
      const [said, access] = [
        await follow(site.server, log),
        await follow(site.server, '/var/log/nginx/access.log'),
      ]
      const { said: status } = await site.client.attempt(`curl ${await options(site, credential)}`)
      return { isAccepted: status.trim() === '204', log: (await said()) + (await access()) }
    },
    async resume(begin) {
      const { credential, endsAt } = begin()
      const { key, whole } = await writeCredential(site, credential)
      const get = String.raw`printf 'GET / HTTP/1.1\r\nHost: vpn.example.com\r\nConnection: close\r\n\r\n'`
      const own = `-connect vpn.example.com:443 -cert ${whole} -key ${key} -ign_eof`
      const ask = (version: string, more: string) =>
        site.client.attempt(`${get} | openssl s_client -${version} ${own} ${more}`)
      const versions = ['tls1_2', 'tls1_3']
      for (const version of versions) {
        const { said } = await ask(version, `-sess_out /run/${version}`)
        if (!said.includes('HTTP/1.1 204')) throw new Error(`It is not in: ${said}`)
      }
      await sleep(endsAt + 2_000 - Date.now())
      const said = await follow(site.server, log)
      let answers = ''
      for (const version of versions)
        answers += (await ask(version, `$([ ! -s /run/${version} ] || echo -sess_in /run/${version})`)).said
      return { isAccepted: answers.includes('HTTP/1.1 204'), log: await said() }
    },
  }),
}
