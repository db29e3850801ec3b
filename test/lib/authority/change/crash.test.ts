import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { beforeAll, expect, it } from 'vitest'
import { verifyTrustBundle } from '../../../../lib/bundle/trustBundle.ts'
import { relyingPartiesTable } from '../../../../lib/authority/adopt/parties.ts'
import { bundleFromRow, bundleRowKey } from '../../../../lib/authority/storedBundle.ts'
import type { RefusalCode } from '../../../../lib/errors/catalogue.ts'
import type { StoredRow, Tables, Value } from '../../../../lib/store/tables.ts'
import { testTables } from '../../../azurite.ts'
import { anchorsBeside, runCommand, testDeployment } from '../../../cli/runCommand.ts'
import { testDocument } from '../../../cli/testDocument.ts'
import { temporaryFolder } from '../../../local/temporaryFolder.ts'
import { openssl } from '../../../openssl.ts'
import { applyDocument } from '../../../world.ts'
import { Crash, crashPoints, mortal } from './mortal.ts'
import { type BundleDocument, bundleDocument } from '../adopt/relyingServer.ts'
import { someAtATime } from '../someAtATime.ts'

/** A command that is killed at each of its operations in turn. */
interface Killed {
  /** `ROOT`, `CSR` and `SIGNED` stand for files. */
  readonly command: string
  /** Commands before it. */
  readonly after: readonly string[]
  /** How often it is killed. */
  readonly times: number
  /** How many generations it makes. */
  readonly makes: number
  /** What it says when it was done before, if it refuses then. */
  readonly onceDone?: readonly [code: RefusalCode, detail: RegExp]
}

const init = 'authority init'
const offline = 'authority stage-root --certificate-in ROOT'
const csr = 'authority stage-issuer --root root~0003 --csr-out CSR'

const commands: readonly Killed[] = [
  { command: init, after: [], times: 63, makes: 3 },
  {
    command: 'authority stage-root',
    after: [init, 'authority activate --generation root~0002'],
    times: 30,
    makes: 1,
  },
  { command: offline, after: [init], times: 24, makes: 1 },
  { command: 'authority stage-issuer', after: [init], times: 23, makes: 1 },
  { command: csr, after: [init, offline], times: 16, makes: 0 },
  {
    command: 'authority stage-issuer --root root~0003 --certificate-in SIGNED',
    after: [init, offline, csr],
    times: 20,
    makes: 1,
  },
  { command: 'authority activate --generation root~0002', after: [init], times: 19, makes: 0 },
  {
    command: 'authority deactivate --generation issuer~0001 --force',
    after: [init],
    times: 27,
    makes: 0,
  },
  {
    command: 'authority retire --generation issuer~0002',
    after: [init, 'authority stage-issuer'],
    times: 27,
    makes: 0,
  },
  { command: 'authority taint --generation root~0001 --force', after: [init], times: 25, makes: 0 },
  {
    command: 'authority confirm --relying-party vpn-1 --bundle 1',
    after: [init, 'relying-party add --name vpn-1'],
    times: 14,
    makes: 0,
  },
  {
    command: 'relying-party add --name vpn-1',
    after: [init],
    times: 38,
    makes: 0,
    onceDone: ['configuration-conflict', /cannot be shown again/],
  },
  {
    command: 'relying-party remove --name vpn-1',
    after: [init, 'relying-party add --name vpn-1'],
    times: 5,
    makes: 0,
    onceDone: ['relying-party-unknown', /has no vpn-1/],
  },
]

/** The commands' time: after the offline root was made, before this test ends. */
const now = new Date(Date.now() + 60_000)
let tables: Tables
let offlineRoot: { readonly certificate: string; readonly key: string }

const extensions = [
  ['basicConstraints', 'critical,CA:TRUE'],
  ['keyUsage', 'critical,digitalSignature,keyCertSign'],
  ['certificatePolicies', '2.5.29.32.0'],
  ['authorityKeyIdentifier', 'none'],
].flatMap(([name, value]) => ['-addext', `${name}=${value}`])

beforeAll(async () => {
  tables = await testTables(now)
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-crash-'))
  offlineRoot = { certificate: join(folder, 'offline.pem'), key: join(folder, 'offline.key') }
  const newKey = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    offlineRoot.key,
  ]
  const subject = ['-subj', '/CN=Offline root', '-days', '3650', ...extensions]
  openssl(['req', '-x509', ...newKey, '-out', offlineRoot.certificate, ...subject])
  return () => rm(folder, { recursive: true, force: true })
})

/** A tenant of its own for each time a command is killed. */
const createTenant = async () => {
  const folder = await temporaryFolder()
  const document = testDocument({ authority: { publicationWindowSeconds: 0 } })
  await applyDocument(tables, document, now)
  return { id: document.tenant, folder, deployment: testDeployment(folder) }
}

type TestTenant = Awaited<ReturnType<typeof createTenant>>

const fileOf = ({ folder }: TestTenant, word: string): string | undefined =>
  ({ ROOT: offlineRoot.certificate, CSR: join(folder, 'issuer.csr'), SIGNED: join(folder, 'issuer.pem') })[
    word
  ]

/** Runs a command, in a process that may be killed; connections are shared, for speed. */
const run = (tenant: TestTenant, command: string, process = mortal()) => {
  const words = command.split(' ').map((word) => fileOf(tenant, word) ?? word)
  return runCommand([...words, '--tenant', tenant.id], tenant.deployment, {
    now,
    answer: true,
    watchTables: () => process.watchTables(tables),
    watchKeys: (keys) => process.watchKeys(keys),
    anchors: (deployment) => process.watchAnchors(anchorsBeside(deployment)),
  })
}

/** What the keeper of the offline root does with the request. */
const signOffline = async ({ folder }: TestTenant): Promise<void> => {
  const [request, extensionFile] = [join(folder, 'issuer.csr'), join(folder, 'issuer.ext')]
  await writeFile(extensionFile, 'authorityKeyIdentifier = keyid:always\n')
  const { certificate, key } = offlineRoot
  const by = ['-CA', certificate, '-CAkey', key, '-days', '90', '-copy_extensions', 'copyall']
  const out = ['-extfile', extensionFile, '-out', join(folder, 'issuer.pem')]
  openssl(['x509', '-req', '-in', request, ...by, ...out])
}

const prepare = async ({ command, after }: Killed): Promise<TestTenant> => {
  const tenant = await createTenant()
  for (const earlier of after) await run(tenant, earlier)
  if (command.includes('SIGNED')) await signOffline(tenant)
  return tenant
}

/** What differs from run to run. */
const random = new Set([
  'certificate',
  'digests',
  'changeId',
  'secretHash',
  'installedSha256',
  'jws',
  'pem',
  'pkcs7',
  'signatures',
])
const randomInBundle = new Set(['certificate', 'sha256', 'notBefore', 'notAfter', 'rowDigests'])

const shown = ([name, value]: readonly [string, Value]): readonly [string, unknown] =>
  name === 'json' ? [name, JSON.parse(Buffer.from(value as Uint8Array).toString())] : [name, value]

/** What a tenant has: keys, and rows, as far as they do not differ from run to run. */
interface State {
  readonly keys: readonly string[]
  readonly rows: readonly (readonly [row: string, values: object])[]
}

const lookAt = async ({ id, folder }: TestTenant) => {
  const lists = await Promise.all(['authorities', relyingPartiesTable].map((table) => tables.list(table, id)))
  const rows = lists.flat()
  const contents = rows.map(({ row, values }) => {
    const lasting = Object.entries(values).filter(([name]) => !random.has(name))
    // A request is named for its key, a change by chance.
    return [row.replace(/~[0-9a-f-]{36,64}$/, ''), Object.fromEntries(lasting.map(shown))]
  })
  const keys = await readdir(join(folder, 'keys')).catch((): string[] => [])
  // Changes of one moment stand in the order of chance.
  const sorted = contents.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))
  const text = JSON.stringify({ keys: keys.sort(), rows: sorted }, (name, value: unknown) =>
    randomInBundle.has(name) ? undefined : value,
  )
  return { rows, state: JSON.parse(text.replaceAll(id, 'TENANT')) as State }
}

const generationsOf = ({ rows }: State): readonly string[] =>
  rows.map(([row]) => row).filter((row) => /^(root|issuer)~/.test(row))

/** The bundle among the rows, once it was taken as a server's agent takes it. */
const verifiedBundle = async (tenant: string, rows: readonly StoredRow[]) => {
  const row = rows.find((candidate) => candidate.row === bundleRowKey)
  if (!row) throw new Error('There is no bundle.')
  const { encodings } = bundleFromRow(row)
  const document = bundleDocument({ encodings })
  const anchors = document.roots.map(({ sha256 }) => sha256)
  await verifyTrustBundle(Buffer.from(encodings['trust.jws']).toString(), { tenant, anchors, now })
  return document
}

const pemOf = (listed: readonly { readonly certificate: string }[]) =>
  listed.map(({ certificate }) => certificate).join('')

/** The issuers of bundles, each beneath its root, as openssl sees it. */
const checkPaths = async (bundles: readonly BundleDocument[]): Promise<void> => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'roots'), bundles.map(({ roots }) => pemOf(roots)).join(''))
  const issuers = bundles.flatMap((bundle) => bundle.issuers)
  const files = issuers.map((_, index) => join(folder, `${index}`))
  await Promise.all(issuers.map(({ certificate }, index) => writeFile(files[index] ?? '', certificate)))
  if (files.length > 0) openssl(['verify', '-x509_strict', '-CAfile', join(folder, 'roots'), ...files])
}

it.each(commands)(
  'mayfly $command finishes when it is run again, wherever it was killed',
  async (killed) => {
    const { command, onceDone } = killed
    const whole = await prepare(killed)
    const { state: before } = await lookAt(whole)
    const process = mortal()
    await run(whole, command, process)
    const { state: finished } = await lookAt(whole)
    const points = crashPoints(process.operations)
    expect(points).toHaveLength(killed.times)
    expect(generationsOf(finished)).toHaveLength(generationsOf(before).length + killed.makes)

    const bundles: BundleDocument[] = []
    await someAtATime(points, async (point) => {
      const where = `${point.when} ${point.operation} (${process.operations[point.operation]})`
      const tenant = await prepare(killed)
      await expect(run(tenant, command, mortal(point)), where).rejects.toThrow(Crash)
      const { state: left } = await lookAt(tenant)
      // All rows of a change are there, or none.
      expect([before.rows, finished.rows], where).toContainEqual(left.rows)
      const again = run(tenant, command)
      if (onceDone && isDeepStrictEqual(left.rows, finished.rows)) await expect(again).toRefuse(...onceDone)
      else await again
      const { state, rows } = await lookAt(tenant)
      expect(state, where).toEqual(finished)
      bundles.push(await verifiedBundle(tenant.id, rows))
    })
    await checkPaths(bundles)
  },
  300_000,
)
