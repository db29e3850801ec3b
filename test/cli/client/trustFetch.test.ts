import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Deployment } from '../../../lib/deployment/deployment.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { localServerIdentity } from '../../../local/serverIdentity.ts'
import { type BundleWorld, createBundleWorld } from '../../client/bundleWorld.ts'
import { answering, listen, type Received, type Reply, serve } from '../../client/serve.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { runCommand, testDeployment } from '../runCommand.ts'

let world: BundleWorld

beforeAll(async () => {
  world = await createBundleWorld()
})

afterAll(() => world[Symbol.asyncDispose]())

const honest = ({ method, path = '' }: Received): Reply => {
  if (method === 'POST') return { body: { relyingParty: 'vpn', sequence: world.authority.bundle.sequence } }
  return path.endsWith('/trust.jws') ? { body: world.jws } : { status: 404 }
}

const nowhere = (): Promise<Deployment> => Promise.reject(new Error('Nobody asked for the deployment.'))

/** A folder with a secret file, a service, and `trust fetch` of the tenant into the folder `trust`. */
const bench = async (answer: (received: Received) => Reply = honest) => {
  const folder = await temporaryFolder()
  const secretFile = join(folder, 'secret')
  await writeFile(secretFile, 'c2VjcmV0\n', { mode: 0o600 })
  const service = await serve(answer)
  const out = join(folder, 'trust')
  const common = ['trust', 'fetch', '--tenant', world.tenant, '--out', out]
  const anchor = world.root(1).digest
  return {
    folder,
    out,
    anchor,
    secretFile,
    service,
    common,
    fetch: (...args: readonly string[]) =>
      runCommand([...common, '--service', service.url, ...args], nowhere),
    fetchIn: (deployment: Parameters<typeof runCommand>[1], ...args: readonly string[]) =>
      runCommand([...common, '--service', service.url, ...args], deployment),
  }
}

describe('mayfly trust fetch', () => {
  it('installs the bundle and tells what and where', async () => {
    const { fetch, anchor, out } = await bench()
    const { text, json } = await fetch('--anchor', anchor)
    const files = { pem: join(out, 'trust.pem'), certificates: join(out, 'certificates') }
    expect(json).toStrictEqual({
      installed: 'new',
      sequence: 1,
      previousSequence: null,
      issuedAt: '2026-03-02T10:00:00Z',
      nextActivation: '2026-03-09T10:00:00Z',
      refreshSeconds: 3600,
      relyingParty: null,
      files,
    })
    expect(text.split('\n')).toEqual([
      'bundle           1, the first',
      'issued           2026-03-02T10:00:00Z (in 0 seconds)',
      'next activation  2026-03-09T10:00:00Z (in 7 days)',
      'refresh          every 3600 s',
      `trust.pem        ${files.pem}`,
      `certificates     ${files.certificates}`,
    ])
    expect(await readFile(join(out, 'trust.jws'), 'utf8')).toBe(world.jws)
  })

  it('asks mirrors first, and tells which of them failed', async () => {
    const { common, anchor, service } = await bench()
    const mirror = await serve(() => ({ status: 404, body: '' }))
    const notices: string[] = []
    const args = [...common, '--anchor', anchor, '--mirror', mirror.url, '--service', service.url]
    const { json } = await runCommand(args, nowhere, { notices })
    expect(json).toMatchObject({ installed: 'new', sequence: 1 })
    expect(notices).toEqual([expect.stringContaining(mirror.url)])
  })

  it.skipIf(process.platform === 'win32')(
    'runs the hook when the bundle changed, and again after it failed',
    async () => {
      const { fetch, anchor, folder, out } = await bench()
      const [hook, runs] = [join(folder, 'hook'), join(folder, 'runs')]
      const fails = join(folder, 'fails')
      await writeFile(
        hook,
        `#!/bin/sh\necho "$MAYFLY_EVENT $MAYFLY_TRUST_SEQUENCE $MAYFLY_TRUST_PEM" >> ${runs}\ntest ! -e ${fails}\n`,
        { mode: 0o755 },
      )
      await writeFile(fails, '')
      const args = ['--anchor', anchor, '--on-trust-change', hook]
      await expect(fetch(...args)).toRefuse('trust-not-loaded', /Cannot load bundle 1: the hook ended with 1/)
      await rm(fails)
      expect((await fetch(...args)).json).toMatchObject({ installed: 'unchanged', sequence: 1 })
      await fetch(...args)
      const line = `trust-changed 1 ${join(out, 'trust.pem')}\n`
      expect(await readFile(runs, 'utf8')).toBe(line + line)
    },
  )

  it.skipIf(process.platform === 'win32')('runs no hook that others can write to', async () => {
    const { fetch, anchor, folder } = await bench()
    const hook = join(folder, 'hook')
    await writeFile(hook, '#!/bin/sh\n')
    await chmod(hook, 0o777)
    const fetching = fetch('--anchor', anchor, '--on-trust-change', hook)
    await expect(fetching).toRefuse('trust-not-loaded', /was not run \(.*others can write to it/)
  })

  it('needs the anchor once, and tells that nothing changed', async () => {
    const { fetch, anchor } = await bench()
    await fetch('--anchor', anchor)
    const { text, json } = await fetch()
    expect(json).toMatchObject({ installed: 'unchanged', sequence: 1, previousSequence: 1 })
    expect(text).toMatch(/^bundle +1, installed already$/m)
  })

  it('waits for the bundle of a change, which an instance serves a while later', async () => {
    await using own = await createBundleWorld()
    const old = own.jws
    const later = await own.stageIssuer('root 1')
    let asked = 0
    const service = await serve(() => ({ body: (asked += 1) < 3 ? old : later }))
    const out = join(await temporaryFolder(), 'trust')
    const common = ['trust', 'fetch', '--tenant', own.tenant, '--out', out, '--service', service.url]
    const fetch = (...args: readonly string[]) => runCommand([...common, ...args], nowhere)
    await expect(fetch('--anchor', own.root(1).digest, '--at-least', '2', '--timeout', '0s')).toRefuse(
      'service-unavailable',
      /^Cannot install bundle 2: what is served still is bundle 1\./,
    )
    const { json, text } = await fetch('--at-least', '2', '--timeout', '1m')
    expect(asked).toBe(3)
    expect(json).toMatchObject({ installed: 'new', sequence: 2, previousSequence: 1 })
    expect(text).toMatch(/^bundle +2, after 1$/m)
  })

  it.each([
    ['--at-least', '0'],
    ['--at-least', '1.5'],
    ['--timeout', '2h'],
    ['--timeout', '-1'],
    ['--timeout', '1m'],
  ])('refuses %s %s', async (...args) => {
    const { fetch } = await bench()
    await expect(fetch(...args)).toRefuse('usage-wrong', new RegExp(args[0] ?? ''))
  })

  it('tells after which bundle it installed another', async () => {
    await using own = await createBundleWorld()
    const folder = await temporaryFolder()
    const service = await serve(() => ({ body: own.jws }))
    const args = [
      '--tenant',
      own.tenant,
      '--out',
      folder,
      '--service',
      service.url,
      '--anchor',
      own.root(1).digest,
    ]
    await runCommand(['trust', 'fetch', ...args], nowhere)
    await own.stageIssuer('root 2')
    const { text, json } = await runCommand(['trust', 'fetch', ...args], nowhere)
    expect(json).toMatchObject({ installed: 'new', sequence: 2, previousSequence: 1 })
    expect(text).toMatch(/^bundle +2, after 1$/m)
  })

  it('takes several anchors, spelled as any program prints them', async () => {
    const { fetch, anchor } = await bench()
    const fingerprint = anchor.toUpperCase().replaceAll(/..(?=.)/g, '$&:')
    expect(fingerprint).toMatch(/^([\dA-F]{2}:){31}[\dA-F]{2}$/)
    const { json } = await fetch('--anchor', `${'ab'.repeat(32)}, ${fingerprint}`)
    expect(json).toMatchObject({ sequence: 1 })
  })

  it.each(['', 'ab', 'xy'.repeat(32), `${'ab'.repeat(32)},`, 'ab'.repeat(33), `sha512:${'ab'.repeat(32)}`])(
    'does not take %j for anchors',
    async (anchor) => {
      const { fetch, service } = await bench()
      await expect(fetch(`--anchor=${anchor}`)).toRefuse(
        'usage-wrong',
        /Cannot read --anchor: it takes the SHA-256 of a root/,
      )
      expect(service.received).toEqual([])
    },
  )

  it('trusts nobody on first use without an anchor', async () => {
    const { fetch, service } = await bench()
    await expect(fetch()).toRefuse('usage-wrong', /give the SHA-256 of a root to trust \(--anchor\)/)
    expect(service.received).toEqual([])
  })

  it('reports as the relying party whose secret it is given', async () => {
    const { fetch, anchor, secretFile, service } = await bench()
    const party = ['--relying-party', 'vpn', '--secret-file', secretFile, '--report-to', service.url]
    const { text, json } = await fetch('--anchor', anchor, ...party)
    expect(json).toMatchObject({ relyingParty: 'vpn' })
    expect(text).toMatch(/^reported as +vpn$/m)
    const authorization = `Basic ${Buffer.from('vpn:c2VjcmV0').toString('base64')}`
    expect(service.received.map(({ headers }) => headers.authorization)).toEqual([undefined, authorization])
  })

  it('tells no secret to what --service names, which may be a mirror', async () => {
    const { fetchIn, anchor, secretFile, service } = await bench()
    const party = ['--anchor', anchor, '--relying-party', 'vpn', '--secret-file', secretFile]
    const undeployed = () => Promise.reject(new Refusal('deployment-unknown', 'There is none.'))
    await expect(fetchIn(undeployed, ...party)).toRefuse('usage-wrong', /Name the service with --report-to/)
    expect(service.received).toEqual([])
  })

  it('reports to the service of the deployment, whose own authority counts there', async () => {
    const { fetchIn, folder, anchor, secretFile, service } = await bench()
    const { key, certificate, caFile } = await localServerIdentity(join(folder, 'tls'), 'localhost')
    const told: Received[] = []
    const server = createServer({ key, cert: certificate }, answering(honest, told))
    const url = `https://localhost:${await listen(server)}`
    const deployed = testDeployment(folder, { service: { url, caFile } })
    const other = await localServerIdentity(join(folder, 'other'), 'localhost')
    const party = ['--relying-party', 'vpn', '--secret-file', secretFile, '--ca', other.caFile]
    await fetchIn(deployed, '--anchor', anchor, ...party)
    expect(service.received.map(({ method }) => method)).toEqual(['GET'])
    expect(told.map(({ method }) => method)).toEqual(['POST'])
  })

  it.each([
    [['--relying-party', 'vpn']],
    [['--secret-file', 'secret']],
    [['--report-to', 'https://mayfly.example']],
  ])('wants name and secret of a relying party together, not %j', async (args) => {
    const { fetch, service } = await bench()
    await expect(fetch(...args)).toRefuse('usage-wrong', /--relying-party and --secret-file go together/)
    expect(service.received).toEqual([])
  })

  it('tells that the secret file cannot be read', async () => {
    const { fetch, folder, service } = await bench()
    const missing = fetch('--relying-party', 'vpn', '--secret-file', join(folder, 'none'))
    await expect(missing).toRefuse('usage-wrong', /none: ENOENT/)
    expect(service.received).toEqual([])
  })

  it.skipIf(process.platform === 'win32').each([
    [0o640, 'c2VjcmV0\n', /its mode is 0640, not 0600/],
    [0o604, 'c2VjcmV0\n', /its mode is 0604/],
    [0o600, Buffer.from('c2VjcmV0\n', 'utf16le'), /it is UTF-16/],
  ])('uses no secret file of mode %o that holds %s', async (mode, content, detail) => {
    const { fetch, secretFile, service } = await bench()
    await writeFile(secretFile, content)
    await chmod(secretFile, mode)
    const fetching = fetch('--relying-party', 'vpn', '--secret-file', secretFile, '--report-to', service.url)
    await expect(fetching).toRefuse('secret-file-refused', detail)
    expect(service.received).toEqual([])
  })

  it('finds the service in the deployment when none is given, and trusts its authority', async () => {
    const { folder, common, anchor } = await bench()
    const { key, certificate, caFile } = await localServerIdentity(join(folder, 'tls'), 'localhost')
    const url = `https://localhost:${await listen(createServer({ key, cert: certificate }, answering(honest)))}`
    const deployed = testDeployment(folder, { service: { url, caFile } })
    const args = [...common, '--anchor', anchor]
    expect((await runCommand(args, deployed)).json).toMatchObject({ installed: 'new' })
    const given = await runCommand([...args, '--service', url, '--ca', caFile], nowhere)
    expect(given.json).toMatchObject({ installed: 'unchanged' })
    const missing = runCommand([...args, '--service', url, '--ca', join(folder, 'none.pem')], nowhere)
    await expect(missing).toRefuse('usage-wrong', /none\.pem: ENOENT/)
  })

  it.each(['tenant', 'out'])('tells that --%s is missing', async (name) => {
    const options = { tenant: 'contoso', out: 'trust', [name]: '' }
    const args = Object.entries(options).map(([option, value]) => `--${option}=${value}`)
    await expect(runCommand(['trust', 'fetch', ...args], nowhere)).toRefuse(
      'usage-wrong',
      new RegExp(`--${name} is missing`),
    )
  })
})
