import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { readSessionCertificate } from '../../client/guard/readSessionCertificate.ts'
import { writeBundle } from '../../client/restoreFiles.ts'
import type { ServerKind } from '../../client/serverConfig/recipes.ts'
import { digestLines, trustFiles } from '../../client/trustFiles.ts'
import { openTrustBundle, type TrustBundle } from '../../lib/bundle/trustBundle.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { rfc3339 } from '../../lib/text/rfc3339.ts'
import { encodePem } from '../../lib/x509/pemBlock.ts'
import { localServerIdentity } from '../../local/serverIdentity.ts'
import { runCommand } from '../cli/runCommand.ts'
import { createBundleWorld } from '../client/bundleWorld.ts'
import { serve } from '../client/serve.ts'
import { makeDeviceKey } from '../world.ts'
import { makeMachine, type Machine } from './machine.ts'

/** An authority, its service as far as a guard asks it, and the files of both. */
export const openBench = async () => {
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
    /** Stops a subject from now on, of whom the ledger knows these users. */
    stop(kind: 'user' | 'device' | 'key', value: string, users: readonly object[] = []) {
      drops.push({ kind, value, at: rfc3339(new Date()), until: null, users })
    },
  }
}

export type Bench = Awaited<ReturnType<typeof openBench>>

/** What a client has: files that each machine sees. */
export interface Credential {
  readonly key: string
  readonly certificate: string
  readonly whole: string
  readonly der: Uint8Array
}

export const enroll = async ({ folder, bench }: Bench, upn: string): Promise<Credential> => {
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
export const makeServer = async (kinds: readonly ServerKind[], bench: Bench): Promise<Machine> => {
  const machine = await makeMachine()
  const trust = await installBundle(bench, machine)
  const root = join(bench.folder, 'server')
  const secret = join(bench.folder, 'secret')
  await writeFile(secret, 'c2VjcmV0', { mode: 0o600 })
  const words = ['--tenant', bench.bench.tenant, '--server-name', 'vpn.example.com', '--lifetime', '1h']
  const party = ['--relying-party', 'vpn', '--secret-file', '/run/secrets/vpn.secret']
  for (const kind of kinds)
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
export const guardOnce = async (machine: Machine, options = ''): Promise<Guarded> => {
  // What was asked just now is not asked again.
  const told = await machine.shell(
    `rm -f /etc/mayfly/trust/drops.json; mayfly agent guard --once --json ${options} 2>/run/events; cat /run/events >&2`,
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

export const ended = ({ events }: Guarded) =>
  events.filter(({ event }) => event === 'session-ended').map(({ user, reason }) => [user, reason])

export const keyOf = (credential: Credential | undefined): string =>
  (credential && readSessionCertificate(credential.der)?.keyHash) ?? ''

/** Taints the only issuer, and puts the next to work. */
export const taint = async (bench: Bench, machine: Machine): Promise<void> => {
  await bench.bench.stageIssuer('root 1')
  await bench.bench.activate('issuer 2')
  await bench.bench.taint('issuer 1')
  await installBundle(bench, machine)
}

export const [ada, bob, eve] = ['ada', 'bob', 'eve'].map((name) => `${name}@contoso.example`) as [
  string,
  string,
  string,
]
