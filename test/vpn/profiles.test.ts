import { spawnSync } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { Refusal } from '../../lib/errors/refusal.ts'
import { runCommand } from '../cli/runCommand.ts'
import { vpnTomlOf } from '../client/vpnProfile/vpnTomlOf.ts'
import { isThere, run } from './program.ts'
import { makeStages } from './stages.ts'

let folder: string
let stage: Awaited<ReturnType<typeof makeStages>>['fresh']

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mayfly-profiles-'))
  stage = (await makeStages(join(folder, 'stages'))).fresh
  return () => rm(folder, { recursive: true, force: true })
})

const nowhere = () => Promise.reject(new Refusal('deployment-unknown', 'There is none here.'))

const user = {
  name: 'Büro "North" #1; $x {y}',
  servers: [{ name: 'vpn.example.com' }, { name: 'vpn2.example.com' }],
  routes: ['10.0.0.0/8', 'fd12::/16'],
  exclusions: ['10.9.0.0/16'],
}

/** Writes a profile where it would be, and runs lines where /etc and /run are those of a client. */
const client = async (platform: string, ...args: readonly string[]) => {
  const root = await mkdtemp(join(folder, `${platform}-`))
  const authority = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    '/CN=Server CA',
  ]
  run('openssl', [
    'req',
    '-x509',
    ...authority,
    '-keyout',
    join(root, 'ca.key'),
    '-out',
    join(root, 'server-ca.pem'),
  ])
  const server = { names: ['vpn.example.com'], ca: 'server-ca.pem' }
  await writeFile(join(root, 'vpn.toml'), vpnTomlOf({ user }, { server }), { mode: 0o600 })
  const words = ['profile', platform, '-f', join(root, 'vpn.toml'), '--out', root, ...args]
  await runCommand(words, nowhere)
  await mkdir(join(root, 'scratch'))
  const overlay = `mount -t overlay overlay -o "lowerdir=/etc,upperdir=$1/etc,workdir=$1/scratch" /etc`
  const script = (lines: string) =>
    `set -e; ${overlay}; mount -t tmpfs tmpfs /run; ip link set lo up\n${lines}`
  return (lines: string) => run('unshare', ['-m', '-n', 'sh', '-c', script(lines), 'sh', root])
}

const canMount = spawnSync('unshare', ['-m', '-n', 'sh', '-c', 'mount -t tmpfs tmpfs /run']).status === 0

it.skipIf(!canMount || !isThere('openvpn'))(
  'OpenVPN starts with the profile that is written for it',
  async () => {
    const { folder: credential, client: own } = stage
    await copyFile(own.whole, join(credential, 'chain.pem'))
    const within = await client('openvpn', '--credential', credential)
    const said = within(`mkdir /run/openvpn-client
openvpn --config /etc/openvpn/client/mayfly-contoso-user.conf --remote 127.0.0.1 9 udp >/run/said 2>&1 & client=$!
for i in $(seq 300); do ! grep -q 'UDPv4 link remote\\|Cannot resolve' /run/said && kill -0 $client || break; sleep 0.1; done
kill $client || :; wait $client || :; cat /run/said`)
    expect(said).not.toMatch(/Options error|fatal error/)
    expect(said).toMatch(/UDPv4 link remote: \[AF_INET\]127\.0\.0\.1:9|RESOLVE: Cannot resolve/)
  },
)

it.skipIf(!canMount || !isThere('charon-systemd', 'swanctl'))(
  'strongSwan loads the profile that is written for it',
  async () => {
    const within = await client('strongswan', '--user', 'ann@contoso.example')
    const said = within(`mkdir -p /run/swan
charon-systemd >/run/charon.log 2>&1 & daemon=$!
trap 'kill $daemon; wait $daemon || :' EXIT
for i in $(seq 300); do [ -S /run/charon.vici ] && break; sleep 0.1; done
swanctl --load-all --noprompt; swanctl --list-conns`)
    expect(said).toContain("loaded connection 'mayfly-contoso-user'")
    expect(said).toMatch(/remote: +vpn\.example\.com\n +remote: vpn2\.example\.com/)
    expect(said).toMatch(/local EAP_TLS authentication:\n +id: ann@contoso\.example/)
    expect(said).toMatch(
      /remote public key authentication:\n +id: vpn\.example\.com\n +cacerts: CN=Server CA/,
    )
    expect(said).toMatch(/user: TUNNEL[^]*remote: +10\.0\.0\.0\/8 fd12::\/16/)
    expect(said).toMatch(/outside: PASS[^]*remote: +10\.9\.0\.0\/16 192\.0\.2\.200\/32/)
  },
)
