import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { testTables } from '../../azurite.ts'
import {
  offlineRoot,
  type OfflineRootChanges,
  rootExtensions,
} from '../../lib/authority/change/offlineRoot.ts'
import { type AuthorityBench, changingNothing, day, tooWide, withAuthority } from '../withAuthority.ts'

beforeAll(() => testTables())

const year = 365 * day

interface Listed {
  readonly id: string
  readonly state: string
  readonly keyReference: string
}

const generations = (json: unknown) => (json as { readonly generations: readonly Listed[] }).generations

/** Takes the key of a generation away, as if its vault had lost it. */
const removeKey = async (bench: AuthorityBench, id: string): Promise<void> => {
  const { json } = await bench.run('authority status')
  const name = generations(json)
    .find((one) => one.id === id)
    ?.keyReference.replace('local:', '')
  await rm(join(bench.folder, 'keys', `${name}.pem`))
}

/** An authority, and a PEM file of a root that openssl made then. */
const withOfflineRoot = async (changes: OfflineRootChanges = {}) => {
  const { certificate, from } = await offlineRoot(changes)
  const bench = await withAuthority({}, from)
  const file = join(bench.folder, 'offline.pem')
  await writeFile(file, encodePem('CERTIFICATE', certificate))
  return { bench, file }
}

describe('mayfly authority stage-root', () => {
  it('leaves the standby root that waits since the beginning alone', async () => {
    const bench = await withAuthority()
    const { text, json } = await changingNothing(bench, () => bench.run('authority stage-root'))
    expect(json).toMatchObject({ tenant: bench.tenant, sequence: 1, staged: 'root~0002', changed: false })
    expect(text).toMatch(
      /^root~0002 is staged already\nactivate from 2026-03-09T10:00:00Z \(in 7 days\) on\n\n/,
    )
  })

  it('publishes the next one when that grew old, once, and tells when it may be activated', async () => {
    const bench = await withAuthority()
    const after = 2 * year
    const { text, json } = await bench.run('authority stage-root', { after })
    expect(json).toMatchObject({ sequence: 2, staged: 'root~0003', changed: true })
    expect(JSON.parse(JSON.stringify(json))).toEqual(json)
    expect(generations(json).find(({ id }) => id === 'root~0003')).toMatchObject({
      kind: 'root',
      state: 'staged',
      algorithm: 'ES256',
      keyReference: `local:${bench.tenant}.root-3-es256`,
      signedBy: 'root~0003',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      publishedAt: '2028-03-01T10:00:00.000Z',
      publishedSequence: 2,
      notBefore: '2028-03-01T09:00:00.000Z',
    })
    expect(text.split('\n').slice(0, 4)).toEqual([
      'root~0003 published in bundle 2',
      'activate from 2028-03-08T10:00:00Z (in 7 days) on',
      '',
      'root~0003  staged',
    ])
    expect(tooWide(text)).toEqual([])
    expect(await bench.keyFiles()).toContain(`${bench.tenant}.root-3-es256.pem`)
    const again = await changingNothing(bench, () => bench.run('authority stage-root', { after }))
    expect(again.json).toMatchObject({ sequence: 2, staged: 'root~0003', changed: false })
  })

  it('certifies the new root by the older ones, and the other way round when asked to', async () => {
    const bench = await withAuthority()
    const crossRows = async () =>
      (await bench.rows())
        .map((row) => (row as { readonly row: string }).row)
        .filter((row) => row.startsWith('cross~'))
    const [first] = await crossRows()
    await bench.run('authority stage-root', '--old-with-new', { after: 2 * year })
    const cross = await crossRows()
    expect(cross).toContain(first)
    // By roots 1 and 2, and of both.
    expect(cross).toHaveLength(5)
  })

  it('refuses to certify the older roots by a standby root that waits already, with --dry-run too', async () => {
    const bench = await withAuthority()
    for (const words of ['authority stage-root', 'authority stage-root --dry-run'])
      await changingNothing(bench, () =>
        expect(() => bench.run(words, '--old-with-new')).toRefuse(
          'transition-refused',
          /root~0002 was staged without that\. Leave --old-with-new out, or retire root~0002 first\.$/,
        ),
      )
    const twice = () => bench.run('authority stage-root', '--old-with-new', { after: 2 * year })
    expect((await twice()).json).toMatchObject({ staged: 'root~0003', changed: true })
    expect((await twice()).json).toMatchObject({ staged: 'root~0003', changed: false })
  })

  it('goes on without the key of an older root, and tells which certificate is missing', async () => {
    const bench = await withAuthority()
    await removeKey(bench, 'root~0001')
    const { text, json } = await bench.run('authority stage-root', { after: 2 * year })
    expect(json).toMatchObject({ staged: 'root~0003', changed: true })
    expect(text.split('\n').slice(-2)).toEqual([
      'cross~0003-0001 not made: the key of root~0001 does not answer',
      'cross~0003-0002 made',
    ])
    expect(tooWide(text)).toEqual([])
  })

  it('is the way out when the key of every root is lost, or every root has ended', async () => {
    const lost = await withAuthority()
    for (const id of ['root~0001', 'root~0002']) await removeKey(lost, id)
    await expect(lost.run('authority stage-issuer')).toRefuse('key-file-refused')
    const { json } = await lost.run('authority stage-root', { after: 2 * year })
    expect(json).toMatchObject({ sequence: 2, staged: 'root~0003' })

    const ended = await withAuthority()
    const after = 3 * year + day
    await expect(ended.run('authority stage-issuer', { after })).toRefuse(
      'transition-refused',
      /its root root~0001 ended at 2029-03-01T/,
    )
    const staged = await ended.run('authority stage-root', { after })
    expect(staged.text).not.toContain('cross~')
    const { json: status } = await ended.run('authority status', { after })
    const { nextSteps } = status as { readonly nextSteps: readonly { id: string; nextStep: string }[] }
    expect(nextSteps.find(({ id }) => id === 'root~0002')?.nextStep).toBe('retire: it ended')
  })

  it('stages a standby root beside one whose key is offline', async () => {
    const { bench, file } = await withOfflineRoot()
    await bench.run('authority stage-root', '--certificate-in', file)
    await bench.run('authority retire --yes --force', '--generation', 'root~0002')
    const { json } = await bench.run('authority stage-root')
    expect(json).toMatchObject({ staged: 'root~0004', changed: true })
  })

  it('tells with --dry-run what it would do, and makes neither row nor key', async () => {
    const bench = await withAuthority()
    const dry = (after: number) =>
      changingNothing(bench, () => bench.run('authority stage-root --dry-run', { after }))
    const waiting = await dry(0)
    expect(waiting.text).toBe('root~0002 is staged already; nothing was changed')
    expect(waiting.json).toMatchObject({ sequence: 1, staged: 'root~0002', changed: false })
    const next = await dry(2 * year)
    expect(next.text).toBe('would stage root~0003; nothing was changed')
    expect(next.json).toMatchObject({ sequence: 1, staged: 'root~0003', changed: false })
  })

  it('takes a root in whose key is offline, once', async () => {
    const { bench, file } = await withOfflineRoot()
    const taking = ['--certificate-in', file] as const
    const dry = await changingNothing(bench, () => bench.run('authority stage-root --dry-run', ...taking))
    expect(dry.text).toBe('would stage root~0003; nothing was changed')
    const { json } = await bench.run('authority stage-root', ...taking)
    expect(json).toMatchObject({ sequence: 2, staged: 'root~0003', changed: true })
    const root = generations(json).find(({ id }) => id === 'root~0003')
    expect(root).toMatchObject({ state: 'staged', keyReference: 'offline:', signedBy: 'root~0003' })
    expect(await bench.keyFiles()).toHaveLength(3)
    const again = await changingNothing(bench, () => bench.run('authority stage-root', ...taking))
    expect(again.json).toMatchObject({ staged: 'root~0003', changed: false })
  })

  it('takes in a root as DER, as Windows writes it', async () => {
    const bench = await withAuthority({}, new Date('2026-11-28T13:00:00Z'))
    const file = fileURLToPath(new URL('../../incidents/2026-11-28/root-der.cer', import.meta.url))
    const { json } = await bench.run('authority stage-root', '--certificate-in', file)
    expect(json).toMatchObject({ staged: 'root~0003', changed: true })
  })

  it('refuses a file that is not one good root, with --dry-run too', async () => {
    const extensions = [...rootExtensions, 'extendedKeyUsage=serverAuth']
    const { bench, file } = await withOfflineRoot({ extensions })
    const { folder } = bench
    const taking = (name: string) =>
      ['authority stage-root', 'authority stage-root --dry-run'].map(
        (words) => () => bench.run(words, '--certificate-in', name),
      )
    const twice = join(folder, 'two.pem')
    await writeFile(twice, (await readFile(file, 'utf8')).repeat(2))
    await writeFile(join(folder, 'none.pem'), 'x')
    await changingNothing(bench, async () => {
      for (const run of taking(file)) await expect(run).toRefuse('certificate-refused')
      for (const run of taking(twice))
        await expect(run).toRefuse('certificate-malformed', /one certificate alone/)
      for (const run of taking(join(folder, 'none.pem'))) await expect(run).toRefuse('certificate-malformed')
      for (const run of taking(join(folder, 'gone.pem'))) await expect(run).toRefuse('usage-wrong', /ENOENT/)
    })
  })
})
