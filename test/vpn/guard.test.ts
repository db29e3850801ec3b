import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { readSessionCertificate } from '../../client/guard/readSessionCertificate.ts'
import { writeBundle } from '../../client/restoreFiles.ts'
import type { ServerKind } from '../../client/serverConfig/recipes.ts'
import { digestLines, trustFiles } from '../../client/trustFiles.ts'
import { openTrustBundle, type TrustBundle } from '../../lib/bundle/trustBundle.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { encodePem } from '../../lib/x509/pemBlock.ts'
import { localServerIdentity } from '../../local/serverIdentity.ts'
import { runCommand } from '../cli/runCommand.ts'
import { createBundleWorld } from '../client/bundleWorld.ts'
import { serve } from '../client/serve.ts'
import { openssl } from '../openssl.ts'
import { makeDeviceKey } from '../world.ts'
import { connect, makeMachine, type Machine } from './machine.ts'
import { isThere, type Running } from './program.ts'

const isRoot = process.platform === 'linux' && process.getuid?.() === 0
const has = (...programs: readonly string[]) => isRoot && isThere('nsenter', 'unshare', 'ip', ...programs)

/** An authority, its service as far as a guard asks it, and the files of both. */
const openBench = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-guard-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const bench = await createBundleWorld('ES256', new Date())
  onTestFinished(() => bench[Symbol.asyncDispose]())
  const drops: Record<string, unknown>[] = []
  const { url } = await serve(({ path, headers }) => {
    if (path !== `/v1/${bench.tenant}/drops` || headers.authorization === undefined) return { status: 404 }
    return { body: { tenant: bench.tenant, sequence: drops.length, hintSeconds: 15, drops } }
  })
  return {
    folder,
    bench,
    url,
    identity: await localServerIdentity(join(folder, 'identity'), 'vpn.example.com'),
    /** Stops a subject, of whom the ledger knows no user. */
    stop(kind: 'user' | 'device' | 'key', value: string) {
      drops.push({ kind, value, at: '2026-01-01T00:00:00Z', until: null, users: [] })
    },
  }
}

type Bench = Awaited<ReturnType<typeof openBench>>

/** What a client has: files that each machine sees. */
interface Credential {
  readonly key: string
  readonly certificate: string
  readonly whole: string
  readonly der: Uint8Array
}

const enroll = async ({ folder, bench }: Bench, upn: string): Promise<Credential> => {
  const key = makeDeviceKey()
  const { world } = bench
  const token = await world.issuer.token({ claims: { upn, sub: upn } })
  const { entry, chain } = await world.enroll({ key, token })
  const name = join(folder, upn)
  const [leaf = '', ...issuers] = [entry.certificate, ...chain].map((der) => encodePem('CERTIFICATE', der))
  await writeFile(`${name}.key`, key.privateKey.export({ format: 'pem', type: 'pkcs8' }))
  await writeFile(`${name}.pem`, leaf)
  await writeFile(`${name}.whole.pem`, [leaf, ...issuers].join(''))
  return {
    key: `${name}.key`,
    certificate: `${name}.pem`,
    whole: `${name}.whole.pem`,
    der: entry.certificate,
  }
}

const bundleOf = ({ bench }: Bench): Promise<TrustBundle> => {
  const anchors = bench.authority.generations
    .filter(({ kind }) => kind === 'root')
    .map(({ digest }) => digest)
  return openTrustBundle(bench.jws, { tenant: bench.tenant, anchors })
}

/** Puts the bundle in force where the agent would. */
const installBundle = async (bench: Bench, machine: Machine): Promise<string> => {
  const bundle = await bundleOf(bench)
  const folder = join(bench.folder, `trust-${bundle.sequence}`)
  await mkdir(folder)
  await writeBundle(trustFiles(folder), bundle)
  await writeFile(join(folder, 'anchors'), digestLines(bundle.roots.map(({ sha256 }) => sha256)))
  await machine.shell(`mkdir -p /etc/mayfly/trust && cp -r ${folder}/. /etc/mayfly/trust/`)
  return folder
}

/** Makes a server of what server-config writes, unchanged. */
const makeServer = async (kind: ServerKind, bench: Bench): Promise<Machine> => {
  const machine = await makeMachine()
  const trust = await installBundle(bench, machine)
  const root = join(bench.folder, kind)
  const secret = join(bench.folder, 'secret')
  await writeFile(secret, 'c2VjcmV0', { mode: 0o600 })
  const words = ['--tenant', bench.bench.tenant, '--server-name', 'vpn.example.com', '--lifetime', '1h']
  const party = ['--relying-party', 'vpn', '--secret-file', '/run/secrets/vpn.secret']
  await runCommand(
    ['server-config', kind, ...words, ...party, '--bundle', trust, '--service', bench.url, '--out', root],
    () => Promise.reject(new Refusal('deployment-unknown', 'There is none here.')),
  )
  const { certificate, key } = bench.identity
  for (const [path, text] of [
    ['etc/mayfly/server/certificate.pem', certificate],
    ['etc/mayfly/server/key.pem', key],
    ['etc/swanctl/x509/mayfly-server.pem', certificate],
    ['etc/swanctl/private/mayfly-server.pem', key],
  ] as const) {
    await mkdir(join(root, path, '..'), { recursive: true })
    await writeFile(join(root, path), text)
  }
  await machine.shell(
    `install -m 600 ${secret} /run/secrets/vpn.secret; cp -r --no-preserve=ownership ${root}/. /`,
  )
  await machine.shell('chmod 600 /etc/mayfly/server/key.pem')
  return machine
}

interface Guarded {
  readonly events: readonly Readonly<Record<string, unknown>>[]
  readonly servers: readonly { readonly sessions?: number }[]
}

/** Looks once, as the program does. */
const guardOnce = async (machine: Machine): Promise<Guarded> => {
  // What was asked just now is not asked again.
  const told = await machine.shell(
    'rm -f /etc/mayfly/trust/drops.json; mayfly agent guard --once --json 2>/run/events; cat /run/events >&2',
  )
  const at = told.lastIndexOf('\n{"time"') === -1 ? told.length : told.indexOf('\n{"time"')
  const { guards } = JSON.parse(told.slice(0, at)) as {
    readonly guards: readonly { readonly servers: Guarded['servers'] }[]
  }
  return {
    events: told
      .slice(at)
      .split('\n')
      .filter((line) => line.startsWith('{"time"'))
      .map((line) => JSON.parse(line) as Guarded['events'][number]),
    servers: guards[0]?.servers ?? [],
  }
}

const ended = ({ events }: Guarded) =>
  events.filter(({ event }) => event === 'session-ended').map(({ user, reason }) => [user, reason])

const keyOf = (credential: Credential | undefined): string =>
  (credential && readSessionCertificate(credential.der)?.keyHash) ?? ''

/** Taints the only issuer, and puts the next to work. */
const taint = async (bench: Bench, machine: Machine): Promise<void> => {
  await bench.bench.stageIssuer('root 1')
  await bench.bench.activate('issuer 2')
  await bench.bench.taint('issuer 1')
  await installBundle(bench, machine)
}

const [ada, bob, eve] = ['ada', 'bob', 'eve'].map((name) => `${name}@contoso.example`) as [
  string,
  string,
  string,
]

let bench: Bench
beforeEach(async () => {
  if (isRoot) bench = await openBench()
}, 60_000)

describe('mayfly agent guard', () => {
  const dialOpenVpn = (machine: Machine, { key, certificate }: Credential): Running =>
    machine.start('openvpn', [
      ...'--client --dev null --nobind --ifconfig-noexec --route-noexec --remote 127.0.0.1 1194'.split(' '),
      '--ca',
      bench.identity.caFile,
      '--cert',
      certificate,
      '--key',
      key,
    ])

  it.skipIf(!has('openvpn'))('ends sessions of OpenVPN', async () => {
    const machine = await makeServer('openvpn', bench)
    await machine.shell('mkdir -p -m 700 /run/openvpn-server /run/openvpn-mayfly')
    const config = 'cd /etc/openvpn/server && exec openvpn --config mayfly.conf'
    const server = machine.start('sh', ['-c', config])
    await server.says(/Initialization Sequence Completed/)
    const [own, his, hers] = await Promise.all([ada, bob, eve].map((upn) => enroll(bench, upn)))
    const [adas, bobs] = [own, his].map((one) => one && dialOpenVpn(machine, one))
    await adas?.says(/Initialization Sequence Completed/)
    await bobs?.says(/Initialization Sequence Completed/)
    const before = await guardOnce(machine)
    expect(before.servers).toMatchObject([{ sessions: 2 }])
    expect(ended(before)).toEqual([])

    bench.stop('user', bob)
    bench.stop('key', keyOf(hers))
    expect(ended(await guardOnce(machine))).toEqual([[bob, 'dropped']])
    await bobs?.says(/Halt command was pushed by server/)
    // Who comes back is not let in, nor who comes first.
    for (const one of [his, hers]) if (one) dialOpenVpn(machine, one)
    await server.says(/(--tls-verify script\): external program exited with error status: 1[^]*){2}/)
    expect(adas?.said()).not.toMatch(/pushed by server/)
    await taint(bench, machine)
    // OpenVPN lists bob for five seconds more.
    expect(ended(await guardOnce(machine))).toContainEqual([ada, 'issuer-left'])
    await adas?.says(/Connection reset command was pushed by server/)
  })

  it.skipIf(!has('ocserv', 'occtl', 'openconnect'))('ends sessions of ocserv', async () => {
    const machine = await makeServer('ocserv', bench)
    const server = machine.start('ocserv', ['-f', '-c', '/etc/ocserv/ocserv.conf'])
    await machine.shell('for _ in $(seq 100); do [ -S /run/occtl.socket ] && break; sleep 0.1; done')
    expect((await guardOnce(machine)).servers).toMatchObject([{ sessions: 0 }])
    const dial = async ({ key, whole }: Credential, index: number) => {
      const own = ['-c', whole, '-k', key, '--cafile', bench.identity.caFile, '--interface', `tun${index}`]
      const client = machine.start('openconnect', [
        ...own,
        '--resolve',
        'vpn.example.com:127.0.0.1',
        '--script',
        '/bin/true',
        '--non-inter',
        'https://vpn.example.com',
      ])
      await client.says(/Connected as|Configured as|was rejected by server/)
      return client
    }
    const [own, his] = await Promise.all([ada, bob].map((upn) => enroll(bench, upn)))
    if (!own || !his) throw new Error('Not all enrolled.')
    const [adas, bobs] = await Promise.all([own, his].map(dial))
    const before = await guardOnce(machine)
    expect(before.servers, server.said()).toMatchObject([{ sessions: 2 }])
    expect(ended(before)).toEqual([])
    bench.stop('user', bob)
    expect(ended(await guardOnce(machine))).toEqual([[bob, 'dropped']])
    await bobs?.says(/terminated by server|disconnect/i)
    // Who comes back is not let in.
    const again = await dial(his, 2)
    expect(again.said()).toMatch(/Cookie was rejected by server/)
    expect((await guardOnce(machine)).servers).toMatchObject([{ sessions: 1 }])
    expect(adas?.said()).not.toMatch(/terminated/)
  })

  it.skipIf(!has('charon-systemd', 'swanctl'))('ends sessions of strongSwan', async () => {
    const [machine, client] = [await makeServer('strongswan-pubkey', bench), await makeMachine()]
    connect(machine, client)
    await machine.online(
      'ip addr add 192.0.2.1/24 dev eth0; ip link set eth0 up; ip addr add 10.0.0.1/32 dev lo',
    )
    await client.online('ip addr add 192.0.2.2/24 dev eth0; ip link set eth0 up')
    for (const one of [machine, client]) {
      one.start('charon-systemd')
      await one.shell('for _ in $(seq 100); do [ -S /run/charon.vici ] && break; sleep 0.1; done')
    }
    await machine.shell('/usr/lib/mayfly/reload-strongswan-pubkey')
    const all = await Promise.all([ada, bob, eve].map((upn) => enroll(bench, upn)))
    const dial = async (name: string, id: string, { key, certificate }: Credential) =>
      client.shell(`cp ${key} /etc/swanctl/private/${name}.pem; cp ${certificate} /etc/swanctl/x509/${name}.pem
cat >/etc/swanctl/conf.d/${name}.conf <<'END'
connections { ${name} { version = 2
 remote_addrs = 192.0.2.1
 vips = 0.0.0.0
 over_time = 5s
 rand_time = 0s
 local { auth = pubkey
  certs = ${name}.pem
  id = "${id}" }
 remote { auth = pubkey
  id = vpn.example.com }
 children { net { remote_ts = 10.0.0.0/8 } } } }
END
swanctl --load-all --noprompt >/dev/null; swanctl --initiate --child net --ike ${name}`)
    await client.shell(`cp ${bench.identity.caFile} /etc/swanctl/x509ca/
cp ${bench.folder}/trust-*/certificates/*.pem /etc/swanctl/x509ca/`)
    const [adas, bobs, eves] = all
    if (!adas || !bobs || !eves) throw new Error('Not all enrolled.')
    await dial('ada', ada, adas)
    await dial('bob', bob, bobs)
    const before = await guardOnce(machine)
    expect(before.servers).toMatchObject([{ sessions: 2 }])
    expect(ended(before)).toEqual([])

    // Who hides the name behind the identifier of the key is seen all the same.
    const keyIdentifier = openssl(['x509', '-in', eves.certificate, '-noout', '-ext', 'subjectKeyIdentifier'])
      .toString()
      .split('\n')[1]
      ?.replaceAll(/[\s:]/g, '')
    await dial('eve', `@#${keyIdentifier}`, eves)
    bench.stop('user', eve)
    bench.stop('key', keyOf(bobs))
    const second = await guardOnce(machine)
    expect(ended(second).map(([, reason]) => reason)).toEqual(['dropped', 'dropped'])
    expect(ended(second).map(([user]) => user)).toContain(bob)
    expect((await client.shell('swanctl --list-sas')).match(/^\w+: #/gm)).toEqual(['ada: #'])
    // A client that answers no more, whose tunnel charon would keep for minutes.
    await client.online('ip link set eth0 down')
    await taint(bench, machine)
    expect(ended(await guardOnce(machine))).toEqual([[ada, 'issuer-left']])
    expect(await machine.shell('swanctl --list-sas')).not.toContain('mayfly')
  })
})
