import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { anchorStore } from '../../../lib/authority/trusted/anchorStore.ts'
import { asTold } from '../../../cli/runCommandLine.ts'
import { fromRow } from '../../../lib/authority/generation.ts'
import { signBundle } from '../../../lib/authority/publish/signBundle.ts'
import { localKeys } from '../../../lib/keys/localKeys.ts'
import type { Value } from '../../../lib/store/tables.ts'
import { parseTenantId } from '../../../lib/tenant/tenantId.ts'
import { testTables } from '../../azurite.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { type TableWriter, tableWriter } from './alteredAuthority.ts'
import { anchorsBeside, runCommand } from '../runCommand.ts'
import { type AuthorityBench, changingNothing, withAuthority } from '../withAuthority.ts'

beforeAll(() => testTables())

/** What would sign, record or hand out something; all of it confirmed and forced. */
const commands = [
  'authority init',
  'authority stage-issuer',
  'authority stage-root',
  'authority stage-root --dry-run',
  'authority activate --generation root~0002 --force --yes',
  'authority deactivate --generation issuer~0001 --force --yes',
  'authority retire --generation issuer~0001 --force --yes',
  'authority taint --generation issuer~0001 --force --yes',
  'authority confirm --relying-party vpn-1 --bundle 1',
  'authority export --out OUT',
] as const

interface Attack {
  readonly name: string
  /** Commands of the administrator before it. */
  readonly after?: readonly string[]
  readonly act: (writer: TableWriter, bench: AuthorityBench) => Promise<void>
  readonly detail: RegExp
}

/** Rows of an authority that the writer made: the keys are theirs. */
const foreignRow = async (row: string) => {
  const found = (await tableWriter(await withAuthority()).rows()).find((one) => one.row === row)
  return found?.values ?? {}
}

const textOf = (octets: Value | undefined): string => Buffer.from(octets as Uint8Array).toString('utf8')

const alter =
  (row: string, values: Readonly<Record<string, string | number>>): Attack['act'] =>
  (writer) =>
    writer.alter(row, (before) => ({ ...before, ...values }))

const early = '2020-01-01T00:00:00.000Z'
const times = /has another key reference, algorithm or times/

const attacks: readonly Attack[] = [
  {
    name: 'a staged root with a key of their own',
    act: async (writer) => writer.plant('root~0003', await foreignRow('root~0002')),
    detail: /: root~0003, staged, was never signed\.$/,
  },
  {
    name: 'a retired root with a key of their own',
    act: async (writer) =>
      writer.plant('root~0003', { ...(await foreignRow('root~0002')), state: 'retired' }),
    detail: /: root~0003, retired, was never signed\.$/,
  },
  {
    name: 'the certificate of the standby root',
    act: async (writer) => {
      const { certificate = '' } = await foreignRow('root~0002')
      await writer.alter('root~0002', (values) => ({ ...values, certificate }))
    },
    detail: /: root~0002 has another certificate than the bundle in force signs\.$/,
  },
  {
    name: 'the state of an issuer',
    act: alter('issuer~0001', { state: 'tainted' }),
    detail: /: issuer~0001 is tainted, and active in the bundle in force\.$/,
  },
  {
    name: 'a tainted issuer put back to work',
    after: ['authority taint --generation issuer~0001 --force --yes'],
    act: alter('issuer~0001', { state: 'active' }),
    detail: /: the bundle in force signs another row issuer~0001\.$/,
  },
  {
    name: 'the key of an issuer',
    act: alter('issuer~0001', { keyReference: 'local:theirs' }),
    detail: times,
  },
  { name: 'the publication window', act: alter('root~0002', { publishedAt: early }), detail: times },
  { name: 'who must have installed it', act: alter('root~0002', { publishedSequence: 0 }), detail: times },
  { name: 'the retirement rule', act: alter('issuer~0001', { changedAt: early }), detail: times },
  {
    name: 'the root of an issuer',
    act: alter('issuer~0001', { signedBy: 'root~0002' }),
    detail: /: issuer~0001 names root~0002 as its root, and root~0001 in the bundle in force\.$/,
  },
  {
    name: 'a row without meaning',
    act: alter('issuer~0001', { state: 'golden' }),
    detail: /does not know\.$/,
  },
  ...['event~00000002', 'event~00000009', 'event~x'].map((row) => ({
    name: `a row of history that would keep a change from being made, ${row}`,
    act: async (writer: TableWriter) => writer.plant(row, await foreignRow('event~00000001')),
    detail: new RegExp(`: ${row} tells of a later bundle than the one in force: `),
  })),
  {
    name: 'a row taken away',
    act: (writer) => writer.alter('root~0002', () => undefined),
    detail: /: root~0002 is missing\.$/,
  },
  {
    name: 'a cross certificate taken away',
    act: (writer) => writer.alter('cross~0002-0001', () => undefined),
    detail: /: cross~0002-0001 is missing\.$/,
  },
  {
    name: 'every row taken away',
    act: (writer) => writer.restore([]),
    detail: /: its bundle 1 was seen here, and the table has none any more\.$/,
  },
  {
    name: 'an authority of their own',
    async act(writer) {
      await writer.restore([])
      await writer.elsewhere('authority init')
    },
    detail: /: its trust\.jws: .*the root [\da-f]{64} that signed it is not among those trusted here\.$/,
  },
  {
    name: 'the old bundle with its rows',
    async act(writer, bench) {
      const old = await writer.rows()
      await bench.run('authority stage-issuer')
      await writer.restore(old)
    },
    detail: /: its bundle is an old one, 1 of [\dTZ:-]+: 2 was seen here\.$/,
  },
  {
    name: 'another bundle of the same number',
    async act(writer, bench) {
      const old = await writer.rows()
      await bench.run('authority stage-issuer')
      await writer.restore(old)
      const known = await anchorsBeside(bench.deployment).read(parseTenantId(bench.tenant))
      await writer.elsewhere(
        `authority activate --generation root~0002 --force --yes --anchor ${known?.anchors[0]}`,
        bench.folder,
      )
    },
    detail: /: its bundle is a fork: another bundle 2 was seen here\.$/,
  },
]

describe.each(attacks)('who can write to the table alters $name', ({ act, after = [], detail }) => {
  it('and no command relies on it; status tells the same', async () => {
    const bench = await withAuthority()
    for (const command of after) await bench.run(command)
    await act(tableWriter(bench), bench)
    await changingNothing(bench, async () => {
      for (const command of commands) {
        const words = command.replace('OUT', `${bench.folder}/bundle`)
        await expect(bench.run(words), command).toRefuse('authority-altered', detail)
      }
    })
    const status = await bench.run('authority status').catch((error: unknown) => ({ error }))
    if ('error' in status)
      return expect(Promise.reject(status.error as Error)).toRefuse('authority-altered', detail)
    expect(status).toMatchObject({ exitCode: 3, json: { doubt: { code: 'authority-altered' } } })
    expect(status.text).toMatch(/^! Cannot rely on the authority/)
    expect(status.text).not.toContain('anchor  ')
  })
})

it('a history without a bundle is named to who would make the first authority', async () => {
  const writer = tableWriter(await withAuthority())
  await writer.restore((await writer.rows()).filter(({ row }) => row.startsWith('event~')))
  await expect(writer.elsewhere('authority init')).toRefuse('authority-altered', /: event~00000001 tells of/)
})

it.each([{ changes: '{' }, { forced: '"x"' }, { digests: '[' }, { at: 'never' }])(
  'a row of the history that holds %o is named, and no fault',
  async (values) => {
    const bench = await withAuthority()
    await alter('event~00000001', values)(tableWriter(bench), bench)
    const detail = new RegExp(`event~00000001 has (a )?${Object.keys(values)[0]} that`)
    for (const command of ['authority status', 'authority stage-issuer']) {
      const told = bench.run(command).catch((error: unknown) => Promise.reject(asTold(error) as Error))
      await expect(told, command).toRefuse('authority-altered', detail)
    }
  },
)

describe('the anchors of an authority', () => {
  it('are asked for where there are none, taken by --anchor, and moved on', async () => {
    const bench = await withAuthority()
    const file = `${await temporaryFolder()}/anchors.json`
    const elsewhere = (words: string) =>
      runCommand([...words.split(' '), '--tenant', bench.tenant], bench.deployment, {
        anchors: () => anchorStore(file),
      })
    for (const command of commands)
      await expect(elsewhere(command), command).toRefuse('anchors-refused', /no root of it is known/)
    const { json } = await bench.run('authority status')
    const roots = (json as { generations: { kind: string; sha256: string }[] }).generations
    const [anchor, standby] = roots
      .filter(({ kind }) => kind === 'root')
      .map(({ sha256 }) => sha256.toUpperCase())
    const asStandby = await elsewhere(`authority status --anchor ${standby}`)
    expect(asStandby.json).toMatchObject({ doubt: null })
    await expect(elsewhere(`authority stage-issuer --anchor ${'0'.repeat(64)}`)).toRefuse('authority-altered')
    await elsewhere(`authority stage-issuer --anchor ${anchor}`)
    await elsewhere('authority taint --generation root~0001 --force --yes')
    // This machine saw neither change, nor does it trust root 1 any more once it did.
    await bench.run('authority status')
    await bench.run('authority stage-root')
    const known = await anchorsBeside(bench.deployment).read(parseTenantId(bench.tenant))
    expect(known).toMatchObject({ sequence: 3 })
    expect(known?.anchors).not.toContain(anchor?.toLowerCase())
    expect(known?.ended).toContain(anchor?.toLowerCase())
  })
})

describe('a bundle of an earlier version, which signs no digests of rows', () => {
  it('is held against what it shows; the next one signs them', async () => {
    const bench = await withAuthority()
    const writer = tableWriter(bench)
    const root = (await writer.rows()).map(fromRow).find((row) => row?.id === 'root~0001')
    if (!root) throw new Error('There is no root.')
    await writer.alter('bundle~current', (values) => {
      const { rowDigests, ...earlier } = JSON.parse(textOf(values['json'])) as Record<string, unknown>
      expect(rowDigests).toBeDefined()
      return { ...values, json: Buffer.from(JSON.stringify(earlier)) }
    })
    const json = (await writer.rows()).find(({ row }) => row === 'bundle~current')?.values[
      'json'
    ] as Uint8Array
    const keys = localKeys(join(bench.folder, 'keys'))
    const jws = Buffer.from(await signBundle(json, root, { keys, requestId: 'a test' }))
    await writer.alter('bundle~current', (values) => ({ ...values, jws }))
    const store = anchorStore(join(await temporaryFolder(), 'constructor.json'))
    const elsewhere = (words: string) =>
      runCommand([...words.split(' '), '--tenant', bench.tenant, '--anchor', root.digest], bench.deployment, {
        anchors: () => store,
      })
    const refusing = (detail: RegExp) =>
      expect(elsewhere('authority stage-issuer')).toRefuse('authority-altered', detail)
    const honest = await writer.rows()
    await writer.plant('root~0003', await foreignRow('root~0002'))
    await refusing(/: root~0003, staged, was never signed\.$/)
    await writer.restore(honest)
    await writer.alter('issuer~0001', (values) => ({ ...values, state: 'retiring' }))
    await refusing(/: issuer~0001 is retiring, and active in the bundle in force\.$/)
    await writer.alter('issuer~0001', () => undefined)
    await refusing(/: issuer~0001 is missing\.$/)
    await writer.restore(honest)
    await elsewhere('authority stage-issuer --dry-run')
    const doctor = ['doctor', '--tenant', bench.tenant]
    const { text } = await runCommand(doctor, bench.deployment, { anchors: () => store })
    expect(text).toMatch(/WARNING +bundle-content \S+\s+bundle 1 is\s+of an\s+earlier\s+version/)
    await elsewhere('authority stage-issuer')
    const next = (await writer.rows()).find(({ row }) => row === 'bundle~current')
    expect(textOf(next?.values['json'])).toContain('"rowDigests":{')
  })
})

it('a store of anchors knows nothing of a tenant called constructor, and refuses a file that others can write to', async () => {
  const file = join(await temporaryFolder(), 'local.anchors.json')
  const store = anchorStore(file)
  const tenant = parseTenantId('constructor')
  const known = { anchors: ['a'.repeat(64)], sequence: 0, bundle: '', ended: [] }
  expect(await store.read(tenant)).toBeUndefined()
  await Promise.all([
    store.update(tenant, () => known),
    store.update(parseTenantId('contoso'), () => known),
    store.update(parseTenantId('fabrikam'), () => known),
  ])
  expect(Object.keys(JSON.parse(await readFile(file, 'utf8')) as object).toSorted()).toEqual([
    'constructor',
    'contoso',
    'fabrikam',
  ])
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  await chmod(file, 0o622)
  await expect(store.read(tenant)).toRefuse('anchors-refused', /others can write to it/)
  await chmod(file, 0o600)
  await writeFile(file, '{"contoso":{"anchors":["x"]}}')
  await expect(store.read(tenant)).toRefuse('anchors-refused', /"contoso" is not what Mayfly wrote/)
})
