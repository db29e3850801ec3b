import { spawnSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { stoppedText } from '../../client/guard/writeStopped.ts'
import { serverKinds, type ServerKind } from '../../client/serverConfig/recipes.ts'
import { isWindowsKind, type WindowsKind } from '../../client/serverConfig/windowsFiles.ts'
import { serverFiles } from '../../lib/bundle/serverFiles.ts'
import { digestLines } from '../../client/trustFiles.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { localServerIdentity } from '../../local/serverIdentity.ts'
import { runCommand } from '../cli/runCommand.ts'
import { isThere, run } from './program.ts'
import { makeStages, type Stage } from './stages.ts'

let folder: string
let stages: Awaited<ReturnType<typeof makeStages>>
let identity: Awaited<ReturnType<typeof localServerIdentity>>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mayfly-server-'))
  stages = await makeStages(join(folder, 'stages'), { displayName: hostile })
  identity = await localServerIdentity(join(folder, 'identity'), 'vpn.example.com')
  return () => rm(folder, { recursive: true, force: true })
})

/** What a tenant may be called: every character that means something in one of the formats, or in RFC 2253. */
const hostile = String.raw`#"a\b', ${'${x}'} %{y} {z}; ~<+=> $q Ä 😀`

/** A path that has to be quoted in each format. */
const trustPath = '/etc/mayfly/Brücke 1 of two'

/** Puts what server-config writes where it would be, unchanged, for a process that sees another /etc, /usr/lib and /run. */
const machine = async (kind: ServerKind, stage: Stage, ...args: readonly string[]) => {
  const root = await mkdtemp(join(folder, `${kind}-`))
  const trust = join(root, trustPath)
  await cp(stage.folder, trust, { recursive: true })
  await writeFile(join(trust, 'anchors'), digestLines(stage.bundle.roots.map(({ sha256 }) => sha256)))
  const common = ['--tenant', stage.bundle.tenant, '--server-name', 'vpn.example.com', '--bundle', trust]
  const told = ['--trust', trustPath, '--service', 'https://mayfly.example.com', '--lifetime', '1h', ...args]
  const command = async (...words: readonly string[]) =>
    runCommand([...words, ...common, ...told], () =>
      Promise.reject(new Refusal('deployment-unknown', 'There is none here.')),
    )
  await command('server-config', kind, '--out', root)
  for (const [path, text] of [
    ['etc/mayfly/server/certificate.pem', identity.certificate],
    ['etc/mayfly/server/key.pem', identity.key],
    ['etc/swanctl/x509/mayfly-server.pem', identity.certificate],
    ['etc/swanctl/private/mayfly-server.pem', identity.key],
    ['etc/strongswan.d/mayfly-radius.secret', 'secret = "of a test"\n'],
  ] as const) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  const overlay = (path: string) =>
    `mkdir -p "$1/${path}" "$1/scratch/${path}" && mount -t overlay overlay -o "lowerdir=/${path},upperdir=$1/${path},workdir=$1/scratch/${path}" /${path}`
  const script = (lines: string) =>
    `set -e; ${overlay('etc')}; ${overlay('usr/lib')}; mount -t tmpfs tmpfs /run; ip link set lo up\n${lines}`
  return {
    command,
    root,
    run: (lines: string) => run('unshare', ['-m', '-n', 'sh', '-c', script(lines), 'sh', root]),
  }
}

const charon = `mkdir -p /run/swan
charon-systemd >/run/charon.log 2>&1 & daemon=$!
trap 'kill $daemon; wait $daemon || :; rm -f /run/charon.log' EXIT
for i in $(seq 300); do [ -S /run/charon.vici ] && break; sleep 0.1; done
`

/** What OpenVPN says once it serves. */
const hasBegun = 'Initialization Sequence Completed'

interface Loading {
  readonly programs: readonly string[]
  readonly lines: string
  readonly says: RegExp
}

const loadings: Readonly<Record<Exclude<ServerKind, WindowsKind>, Loading>> = {
  'strongswan-pubkey': {
    programs: ['charon-systemd', 'swanctl'],
    lines: `${charon}/usr/lib/mayfly/reload-strongswan-pubkey; swanctl --list-conns`,
    says: /mayfly: IKEv2, reauthentication every 600s[^]*remote public key authentication:\n.*id: %any\n.*cacerts?: .*VPN issuer/,
  },
  'strongswan-eap-tls': {
    programs: ['charon-systemd', 'swanctl'],
    lines: `${charon}/usr/lib/mayfly/reload-strongswan-eap-tls; swanctl --list-conns`,
    says: /remote EAP_TLS authentication/,
  },
  'strongswan-eap-radius': {
    programs: ['charon-systemd', 'swanctl'],
    lines: `${charon}swanctl --load-all --noprompt; swanctl --list-conns; grep -i radius /run/charon.log || :`,
    says: /remote EAP_RADIUS authentication/,
  },
  openvpn: {
    programs: ['openvpn'],
    lines: `mkdir -p /run/openvpn-mayfly /run/openvpn-server
openvpn --config /etc/openvpn/server/mayfly.conf --dev-type tun --dev null --ifconfig-noexec --route-noexec --verb 3 >/run/said 2>&1 & daemon=$!
for i in $(seq 300); do ! grep -q '${hasBegun}' /run/said || break; sleep 0.1; done
kill $daemon; wait $daemon || :; cat /run/said`,
    says: new RegExp(hasBegun),
  },
  freeradius: {
    programs: ['freeradius'],
    lines: `cd /etc/freeradius/3.0 && rm -f mods-enabled/eap sites-enabled/default sites-enabled/inner-tunnel
chmod 644 /etc/mayfly/server/key.pem; mkdir -p /run/freeradius && freeradius -XC`,
    says: /Configuration appears to be OK/,
  },
  ocserv: {
    programs: ['ocserv'],
    lines: 'ocserv --test-config --config /etc/ocserv/ocserv.conf',
    says: /^/,
  },
  nginx: {
    programs: ['nginx'],
    lines: 'rm -f /etc/nginx/sites-enabled/*; nginx -t -e stderr',
    says: /test is successful/,
  },
}

/** Namespaces of its own, which a container may not let one have. */
const canMount =
  spawnSync('unshare', ['-m', '-n', 'sh', '-c', 'mount -t tmpfs tmpfs /run && ip link set lo up']).status ===
  0

for (const kind of serverKinds) {
  if (isWindowsKind(kind)) continue
  const { programs, lines, says } = loadings[kind]
  it.skipIf(!canMount || !isThere(...programs))(
    `what server-config writes for ${kind} is loaded as it is`,
    async () => {
      const server = await machine(kind, stages['issuer roll-over'])
      expect(server.run(lines)).toMatch(says)
      const { json, text } = await server.command('server-config', 'check', kind, '--installed', server.root)
      expect(json, text).toMatchObject({ faults: [], programsChecked: kind !== 'strongswan-eap-radius' })
    },
  )
}

it.skipIf(!canMount || !isThere('nginx', 'curl'))(
  'nginx lets in who has a certificate of an issuer of the bundle, and not whose issuer was tainted, whatever the tenant is called',
  async () => {
    const stage = stages['issuer roll-over']
    const server = await machine('nginx', stage)
    const ask = (client: Stage['client'] | undefined) => {
      const own = client ? `--cert '${client.whole}' --key '${client.key}'` : ''
      return `curl -sk -o /dev/null -w '%{http_code}\\n' ${own} https://127.0.0.1/`
    }
    const said = server.run(`rm -f /etc/nginx/sites-enabled/*; mkdir -p /var/log/nginx; nginx -e stderr
trap 'kill $(cat /run/nginx.pid)' EXIT
${[stage.client, stages.fresh.client, undefined].map(ask).join('\n')}`)
    expect(said.match(/^\d{3}$/gm)).toEqual(['204', '403', '400'])
    const dn = await readFile(join(server.root, trustPath, 'issuers.dn'), 'latin1')
    expect(dn).toContain(String.raw`O=\\#\\\"a`)
  },
)

it.skipIf(!canMount || !isThere('openssl', 'bash'))(
  'the programs of OpenVPN accept an issuer of the bundle alone, and end the session with the certificate',
  async () => {
    const { bundle, client } = stages['issuer roll-over']
    const server = await machine('openvpn', stages['issuer roll-over'])
    const login = (digest: string, certificate: string) => {
      const colons = digest.toUpperCase().replace(/..(?=.)/g, '$&:')
      const session = 'ifconfig_pool_remote_ip=10.20.0.2 time_unix=1764400000'
      const told = `${session} tls_serial_0=7 tls_digest_sha256_1='${colons}' peer_cert='${certificate}'`
      return `export ${told}; /usr/lib/mayfly/openvpn-verify 0 && : >/run/options && /usr/lib/mayfly/openvpn-connect /run/options && cat /run/options || echo refused`
    }
    const issuer = bundle.issuers[0]?.sha256 ?? ''
    const gone = stages.fresh.bundle.issuers[0]?.sha256 ?? ''
    const logins = [
      login(issuer, client.certificate),
      login(gone, client.certificate),
      login('', client.certificate),
    ]
    const said = server.run(['mkdir /run/openvpn-mayfly', ...logins, login(issuer, '/nowhere')].join('\n'))
    const [accepted, ...others] = said
      .trim()
      .split('\n')
      .filter((line) => /^(session|refused)/.test(line))
    const end = Date.parse(new X509Certificate(await readFile(client.certificate)).validTo)
    const left = Number(accepted?.replace('session-timeout ', ''))
    expect(Math.abs(Date.now() / 1000 + left - end / 1000)).toBeLessThan(60)
    expect(others).toEqual(['refused', 'refused', 'refused'])
  },
)

it.skipIf(!canMount || !isThere('openssl', 'bash'))(
  'the programs of OpenVPN and ocserv let nobody in whom an administrator stopped, however the name is spelled',
  async () => {
    const { bundle, client } = stages['issuer roll-over']
    const device = '0b5f7c86-9e5e-4c44-8a3f-3d2b9b0c7f11'
    const made = `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /run/key -out /run/device.pem -subj /CN=urn:uuid:eve -addext subjectAltName=URI:urn:uuid:${device.toUpperCase()} 2>&1`
    const issuer = bundle.issuers[0]?.sha256 ?? ''
    const asks = (user: string, certificate = client.certificate) => [
      `export X509_0_CN='${user}' tls_serial_0=7 tls_digest_sha256_1=${issuer} peer_cert=${certificate}
/usr/lib/mayfly/openvpn-verify 0 && echo in || echo refused`,
      `USERNAME='${user}' REASON=connect /usr/lib/mayfly/ocserv-connect && echo in || echo refused`,
    ]
    const spki = new X509Certificate(await readFile(client.certificate)).publicKey.export({
      type: 'spki',
      format: 'der',
    })
    const key = createHash('sha256').update(spki).digest('hex')
    const guest = 'ada_home.example#ext#@contoso.example'
    const answers = async (stopped: string | undefined, ...asked: readonly string[]) => {
      const servers = await Promise.all(
        (['openvpn', 'ocserv'] as const).map((kind) => machine(kind, stages['issuer roll-over'])),
      )
      const said = []
      for (const [index, server] of servers.entries()) {
        if (stopped !== undefined) await writeFile(join(server.root, trustPath, 'stopped'), stopped)
        said.push(
          server
            .run(['mkdir /run/openvpn-mayfly', made, asked[index] ?? ''].join('\n'))
            .match(/^(in|refused)$/gm)
            ?.join(),
        )
      }
      return said
    }
    const list = stoppedText([
      { kind: 'user', value: guest, users: [], at: new Date(), until: undefined },
      { kind: 'device', value: device, users: [], at: new Date(), until: undefined },
    ])
    expect(await answers(undefined, ...asks(guest))).toEqual(['in', 'in'])
    expect(await answers(list, ...asks('bob@contoso.example'))).toEqual(['in', 'in'])
    expect(await answers(list, ...asks('Ada_home.example_EXT_@contoso.example'))).toEqual([
      'refused',
      'refused',
    ])
    expect(await answers(list, ...asks(String.raw`ada_home.example\#ext\#@contoso.example`))).toEqual([
      'in',
      'refused',
    ])
    expect(await answers(list, ...asks('eve', '/run/device.pem'))).toEqual(['refused', 'in'])
    expect(await answers(`key ${key}\n`, ...asks('bob'))).toEqual(['refused', 'in'])
    expect(await answers(`key ${key}\n`, ...asks('bob', '/nowhere'))).toEqual(['refused', 'in'])
  },
)

it.skipIf(!canMount || !isThere('charon-systemd', 'swanctl'))(
  'strongSwan without an issuer asks for a group that nobody is in',
  async () => {
    const server = await machine('strongswan-pubkey', stages.fresh)
    const none = serverFiles({ ...stages.fresh.bundle, issuers: [] }).get('swanctl-cacerts.conf')
    await writeFile(join(server.root, trustPath, 'swanctl-cacerts.conf'), none ?? '')
    expect(server.run(loadings['strongswan-pubkey'].lines)).toMatch(/groups: mayfly-has-no-issuer/)
  },
)
