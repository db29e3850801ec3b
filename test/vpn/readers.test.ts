import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../local/freePort.ts'
import { localServerIdentity } from '../../local/serverIdentity.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { defaultMarkerOid } from '../lib/profile/fixtures/markerOid.ts'
import { isThere, run, start } from './program.ts'
import { makeStages, type Stage, stageNames } from './stages.ts'

let stages: Readonly<Record<(typeof stageNames)[number], Stage>>

/** What a server proves itself with, and whom clients trust for it: nothing of the tenant's. */
let server: { readonly key: string; readonly certificate: string; readonly authority: string }

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-vpn-'))
  stages = await makeStages(folder)
  const identity = await localServerIdentity(join(folder, 'server'), 'localhost')
  server = {
    key: join(folder, 'server.key'),
    certificate: join(folder, 'server.pem'),
    authority: identity.caFile,
  }
  await writeFile(server.key, identity.key, { mode: 0o600 })
  await writeFile(server.certificate, identity.certificate)
  return () => rm(folder, { recursive: true, force: true })
})

/** The programs that a reader consists of, and how it loads what the stage gave. */
interface Reader {
  readonly programs: readonly string[]
  readonly load: (stage: Stage, folder: string) => Promise<void>
}

/** @param theirs the options by which the client of a stage proves itself. */
const openVpn = async ({ pem }: Stage, theirs: readonly string[]): Promise<void> => {
  const port = String(await freePort())
  const common = [
    '--dev',
    'null',
    '--proto',
    'udp4',
    '--verb',
    '3',
    '--ifconfig-noexec',
    '--cipher',
    'AES-256-GCM',
  ]
  const own = ['--cert', server.certificate, '--key', server.key, '--dh', 'none', '--ca', pem]
  const checks = ['--remote-cert-tls', 'client', '--remote-cert-eku', defaultMarkerOid]
  const listening = start('openvpn', [
    ...common,
    '--tls-server',
    '--local',
    '127.0.0.1',
    '--lport',
    port,
    ...own,
    ...checks,
  ])
  await listening.says(/UDPv4 link local \(bound\)/)
  const to = ['--remote', '127.0.0.1', port, '--nobind', '--ca', server.authority]
  const dialling = start('openvpn', [...common, '--tls-client', ...to, ...theirs])
  await dialling.says(/Initialization Sequence Completed/)
  await listening.says(/Initialization Sequence Completed/)
  expect(listening.said()).not.toMatch(/VERIFY ERROR|Cannot load CA/)
}

const strongSwan = async ({ certificates, names, client }: Stage, folder: string): Promise<void> => {
  const swanctl = join(folder, 'swanctl')
  await mkdir(join(swanctl, 'pkcs12'), { recursive: true })
  run('cp', ['-r', certificates, join(swanctl, 'x509ca')])
  run('cp', [client.pkcs12, join(swanctl, 'pkcs12', 'credential.p12')])
  const [conf, vici] = [join(folder, 'strongswan.conf'), join(folder, 'vici')]
  const socket = `unix://${vici}`
  const plugins =
    'random nonce x509 revocation constraints pubkey pkcs1 pem openssl vici kernel-netlink socket-default'
  await writeFile(
    conf,
    `charon-systemd {
      load = ${plugins}
      port = 0
      port_nat_t = 0
      plugins { vici { socket = ${socket} } kernel-netlink { install_routes_xfrmi = no } }
      install_routes = no
      interfaces_use = lo
    }\n`,
  )
  const secret = (await readFile(client.password, 'utf8')).trim()
  await writeFile(
    join(swanctl, 'swanctl.conf'),
    `secrets { pkcs12-client { file = credential.p12
      secret = "${secret}" } }\n`,
  )
  const variables = { STRONGSWAN_CONF: conf, SWANCTL_DIR: swanctl }
  await start('charon-systemd', [], variables).makes(vici)
  const loaded = run('swanctl', ['--load-creds', '--noprompt', '--uri', socket], variables)
  expect(loaded.match(/^loaded certificate from .*\/x509ca\//gm)).toHaveLength(names.length)
  // The leaf and its issuer, and the key of both.
  expect(loaded.match(/^loaded certificate from .*\/credential\.p12/gm)?.length).toBeGreaterThanOrEqual(2)
  expect(loaded).toMatch(/^loaded \w+ key from .*\/credential\.p12/m)
  const listed = run(
    'swanctl',
    ['--list-certs', '--type', 'x509', '--flag', 'ca', '--uri', socket],
    variables,
  )
  expect(listed.match(/^ +subject:/gm)).toHaveLength(names.length)
}

const freeRadius = async ({ pem }: Stage, folder: string): Promise<void> => {
  await writeFile(
    join(folder, 'radiusd.conf'),
    `prefix = /usr
    logdir = ${folder}
    raddbdir = ${folder}
    run_dir = ${folder}
    libdir = /usr/lib/freeradius
    security { allow_core_dumps = no }
    modules { eap {
      default_eap_type = tls
      tls-config mayfly {
        certificate_file = ${server.certificate}
        private_key_file = ${server.key}
        auto_chain = no
        ca_file = ${pem}
        check_crl = no
        tls_min_version = "1.2"
        tls_max_version = "1.2"
        cipher_list = "DEFAULT"
        ecdh_curve = ""
      }
      tls { tls = mayfly }
    } }
    server default {
      listen { type = auth
        ipaddr = 127.0.0.1
        port = ${await freePort()} }
      authorize {
        eap
      }
      authenticate {
        eap
      }
    }\n`,
  )
  await writeFile(join(folder, 'dictionary'), '')
  const said = run('freeradius', ['-XC', '-d', folder, '-n', 'radiusd'])
  expect(said).toMatch(/Configuration appears to be OK/)
}

const nginx = async ({ pem, client }: Stage, folder: string): Promise<void> => {
  const port = await freePort()
  const conf = join(folder, 'nginx.conf')
  const kept = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder};`,
  )
  await writeFile(
    conf,
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr notice;
    events {}
    http {
      access_log off; ${kept.join(' ')}
      server {
        listen 127.0.0.1:${port} ssl;
        ssl_certificate ${server.certificate}; ssl_certificate_key ${server.key};
        ssl_client_certificate ${pem}; ssl_verify_client on; ssl_verify_depth 3;
        return 200 "$ssl_client_verify\\n";
      }
    }\n`,
  )
  run('nginx', ['-t', '-e', 'stderr', '-p', folder, '-c', conf])
  await start('nginx', ['-e', 'stderr', '-p', folder, '-c', conf]).says(/using the "\w+" event method/)
  const url = `https://localhost:${port}/`
  const trusted = ['-sS', '--fail', '--cacert', server.authority, '--retry', '5', '--retry-connrefused']
  expect(run('curl', [...trusted, '--cert', client.whole, '--key', client.key, url])).toBe('SUCCESS\n')
  expect(() => run('curl', [...trusted, url])).toThrow(/ended with 22/)
}

const ocserv = async ({ pem, client }: Stage, folder: string): Promise<void> => {
  const port = await freePort()
  const conf = join(folder, 'ocserv.conf')
  await writeFile(
    conf,
    `auth = "certificate"
listen-host = 127.0.0.1
tcp-port = ${port}
run-as-user = root
run-as-group = root
socket-file = ${folder}/ocserv.sock
isolate-workers = false
server-cert = ${server.certificate}
server-key = ${server.key}
ca-cert = ${pem}
cert-user-oid = 2.5.4.3
device = vpns
ipv4-network = 192.0.2.0/24
pid-file = ${folder}/pid
use-occtl = false
`,
  )
  await start('ocserv', ['-f', '-d', '2', '-c', conf]).says(/listening \(TCP\)|initialized/)
  const asked = ['-sS', '-o', '/dev/null', '-w', '%{http_code}', '--cacert', server.authority]
  const url = `https://localhost:${port}/`
  const code = run('curl', [
    ...asked,
    '--retry',
    '5',
    '--retry-connrefused',
    '--cert',
    client.whole,
    '--key',
    client.key,
    url,
  ])
  expect(code).toMatch(/^[1-4]\d\d/)
}

const gnuTls = ({ pem, pkcs7, client, names }: Stage): Promise<void> => {
  const verify = ['--verify', '--load-ca-certificate', pem, '--infile']
  expect(run('certtool', [...verify, client.whole])).toMatch(/Chain verification output: Verified/)
  expect(run('certtool', ['--p7-info', '--inder', '--infile', pkcs7])).toContain(
    `Number of certificates: ${names.length}`,
  )
  return Promise.resolve()
}

const java = ({ certificates, names, pkcs7 }: Stage, folder: string): Promise<void> => {
  const store = ['-keystore', join(folder, 'store.p12'), '-storepass', 'changeit']
  for (const name of names)
    run('keytool', ['-importcert', '-noprompt', '-alias', name, '-file', join(certificates, name), ...store])
  expect(run('keytool', ['-list', ...store]).match(/trustedCertEntry/g)).toHaveLength(names.length)
  expect(
    run('keytool', ['-printcert', '-file', pkcs7]).match(/^Certificate\[|^Owner: /gm)?.length,
  ).toBeGreaterThanOrEqual(names.length)
  return Promise.resolve()
}

const nss = async ({ certificates, names, client }: Stage, folder: string): Promise<void> => {
  const db = ['-d', `sql:${folder}`]
  run('certutil', ['-N', ...db, '--empty-password'])
  for (const name of names) {
    const flags = name.startsWith('root') ? 'CT,C,C' : ',,'
    run('certutil', ['-A', ...db, '-n', name, '-t', flags, '-a', '-i', join(certificates, name)])
  }
  run('certutil', ['-A', ...db, '-n', 'leaf', '-t', ',,', '-a', '-i', client.certificate])
  expect(run('certutil', ['-V', ...db, '-n', 'leaf', '-u', 'C'])).toMatch(/certificate is valid/)
  expect(await readdir(folder)).toContain('cert9.db')
}

const readers: Readonly<Record<string, Reader>> = {
  OpenVPN: {
    programs: ['openvpn'],
    load: (stage) => {
      const { certificate, key, whole } = stage.client
      return openVpn(stage, ['--cert', certificate, '--key', key, '--extra-certs', whole])
    },
  },
  'OpenVPN, with PKCS#12': {
    programs: ['openvpn'],
    load: (stage) => openVpn(stage, ['--pkcs12', stage.client.pkcs12, '--askpass', stage.client.password]),
  },
  strongSwan: { programs: ['charon-systemd', 'swanctl'], load: strongSwan },
  FreeRADIUS: { programs: ['freeradius'], load: freeRadius },
  nginx: { programs: ['nginx', 'curl'], load: nginx },
  ocserv: { programs: ['ocserv', 'curl'], load: ocserv },
  GnuTLS: { programs: ['certtool'], load: gnuTls },
  Java: { programs: ['keytool'], load: java },
  NSS: { programs: ['certutil'], load: nss },
}

describe.each(stageNames)('what an authority gives out, %s,', (stage) => {
  for (const [name, { programs, load }] of Object.entries(readers))
    it.skipIf(!isThere(...programs))(`is loaded by ${name}`, async () => {
      await load(stages[stage], await temporaryFolder())
    })
})

it.skipIf(!isThere('openvpn'))(
  'tells when OpenVPN cannot load a bundle: two authorities of one name',
  async () => {
    const before = 'test/incidents/2026-11-28/openvpn-trust.pem'
    const own = ['--cert', server.certificate, '--key', server.key, '--dh', 'none', '--ca', before]
    await start('openvpn', ['--dev', 'null', '--tls-server', ...own]).says(/Cannot load CA certificate file/)
  },
)
