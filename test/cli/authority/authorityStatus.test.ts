import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { exitCodeOf } from '../../../cli/commandLine/exitCodes.ts'
import { testTables } from '../../azurite.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { runCommand, testDeployment } from '../runCommand.ts'
import { testDocument } from '../testDocument.ts'
import {
  type AuthorityBench,
  changingNothing,
  day,
  tooWide,
  window,
  withAuthority,
} from '../withAuthority.ts'

beforeAll(() => testTables())

/** An authority in the middle of a roll-over, watched by three relying parties. */
const rollingOver = async (): Promise<AuthorityBench> => {
  const bench = await withAuthority()
  const { run } = bench
  for (const name of ['vpn-1', 'gateway-07.emea.remote-access.contoso.example', `vpn-${'y'.repeat(59)}`])
    await run('relying-party add', '--name', name)
  await run('authority stage-issuer', '--root', 'root 2')
  for (const name of ['vpn-1', 'gateway-07.emea.remote-access.contoso.example'])
    await run('authority confirm', '--relying-party', name, '--bundle', '2', { after: day })
  await run('authority activate --force --yes', '--generation', 'root 2', { after: window })
  await run('authority activate --force --yes', '--generation', 'issuer 2', { after: window })
  await run('authority deactivate --force --yes', '--generation', 'issuer 1', { after: window })
  await run('authority stage-issuer', { after: window })
  return bench
}

/** The sections of the text. */
const sections = ({ text }: { readonly text: string }): readonly string[] => text.split('\n\n')

describe('mayfly authority status', () => {
  it('shows a new authority: what there is, who holds it, what happened and what is to come', async () => {
    const bench = await withAuthority()
    const outcome = await changingNothing(bench, () => bench.run('authority status'))
    const { generations } = outcome.json as { readonly generations: readonly { readonly sha256: string }[] }
    const digests = generations.map(({ sha256 }) => sha256)
    expect(digests).toEqual([64, 64, 64].map((length) => expect.stringMatching(`^[0-9a-f]{${length}}$`)))
    expect(sections(outcome)).toEqual([
      `tenant  ${bench.tenant}\nbundle  1\nissued  2026-03-02T10:00:00Z (in 0 seconds)`,
      [
        'generation   state   until       days  key    next step',
        'issuer~0001  active  2026-05-31  89    ES256',
        'root~0001    active  2029-03-01  1094  ES256',
        'root~0002    staged  2029-03-01  1094  ES256  activate from 2026-03-09T10:00Z',
      ].join('\n'),
      `anchor     SHA-256\nroot~0001  ${digests[1]}\nroot~0002  ${digests[2]}`,
      'No relying parties are listed: only the publication window is waited for.',
      [
        '2026-03-02T10:00Z  init (bundle 1, local:tester@bench): root~0001 active,',
        '                   root~0002 staged, issuer~0001 active, cross~0002-0001 made',
        '2026-03-02T10:00Z  -- now --',
        '2026-03-09T10:00Z  root~0002 may be activated',
        '2026-05-31T09:59Z  issuer~0001 ends',
        '2029-03-01T09:59Z  root~0001 ends',
        '2029-03-01T09:59Z  root~0002 ends',
      ].join('\n'),
    ])
  })

  it('shows a roll-over within 80 columns, though parties have long names and many steps are told', async () => {
    const bench = await rollingOver()
    const { text } = await bench.run('authority status', { after: window })
    expect(tooWide(text)).toEqual([])
    const [, generations = '', , parties = ''] = text.split('\n\n')
    expect(generations.split('\n')).toEqual([
      'generation   state     until       days  key    next step',
      'issuer~0001  retiring  2026-05-31  82    ES256  retire from 2026-03-10T10:10Z',
      'issuer~0002  active    2026-05-31  82    ES256',
      'issuer~0003  staged    2026-06-07  89    ES256  activate from 2026-03-16T10:00Z',
      'root~0001    retiring  2029-03-01  1087  ES256  retire issuer~0001 first',
      'root~0002    active    2029-03-01  1087  ES256',
    ])
    expect(parties.split('\n')).toEqual([
      'relying party             bundle      told        by',
      'gateway-07...oso.example  2 (behind)  2026-03-03  local:tester@bench',
      'vpn-1                     2 (behind)  2026-03-03  local:tester@bench',
      'vpn-yyyyyyy..yyyyyyyyyyy  none',
    ])
  })

  it('tells whom a staged generation waits for, within 80 columns', async () => {
    const bench = await rollingOver()
    const { text } = await bench.run('authority status', { after: 2 * window })
    expect(tooWide(text)).toEqual([])
    const [, generations = ''] = text.split('\n\n')
    expect(generations.replaceAll(/\s+/g, ' ')).toMatch(
      /issuer~0003 staged 2026-06-07 82 ES256 wait for gateway-07.*, vpn-1, vpn-y.* to install bundle 6 root~0001/,
    )
  })

  it('tells the history in the order of the bundles, and what is to come in the order of time', async () => {
    const bench = await rollingOver()
    const { text } = await bench.run('authority status', { after: window })
    const lines = (sections({ text }).at(-1) ?? '').split('\n')
    const [past, future] = [
      lines.slice(
        0,
        lines.findIndex((line) => line.includes('-- now --')),
      ),
      lines,
    ]
    const told = past.join(' ').replaceAll(/\s+/g, ' ')
    expect(
      [...told.matchAll(/(\S+) \(bundle (\d), local:tester@bench(, forced)?\)/g)].map((found) =>
        found.slice(1),
      ),
    ).toEqual([
      ['init', '1', undefined],
      ['stage-issuer', '2', undefined],
      ['activate', '3', ', forced'],
      ['activate', '4', ', forced'],
      ['deactivate', '5', ', forced'],
      ['stage-issuer', '6', undefined],
    ])
    const times = future.map((line) => line.slice(0, 17)).filter((time) => time.trim() !== '')
    expect(times).toEqual(times.toSorted())
    expect(text).not.toContain('root~0002 may be activated')
  })

  it('is a document of plain values with every member, for programs', async () => {
    const bench = await rollingOver()
    const { json } = await bench.run('authority status', { after: window })
    expect(JSON.parse(JSON.stringify(json))).toEqual(json)
    expect(json).toMatchObject({
      tenant: bench.tenant,
      sequence: 6,
      relyingParties: [
        {
          name: 'gateway-07.emea.remote-access.contoso.example',
          installedSequence: 2,
          installedAt: '2026-03-03T10:00:00.000Z',
          confirmedBy: 'local:tester@bench',
        },
        { name: 'vpn-1' },
        { name: `vpn-${'y'.repeat(59)}`, installedSequence: 0, installedAt: null, confirmedBy: '' },
      ],
    })
    const { nextSteps, events } = json as {
      readonly nextSteps: readonly unknown[]
      readonly events: readonly unknown[]
    }
    expect(nextSteps).toHaveLength(5)
    expect(nextSteps[0]).toEqual({
      id: 'issuer~0001',
      daysLeft: 82,
      lagging: [`vpn-${'y'.repeat(59)}`],
      nextStep: 'retire from 2026-03-10T10:10:00Z on',
    })
    expect(events).toHaveLength(6)
    const at = '2026-03-02T10:00:00.000Z'
    expect(events[0]).toMatchObject({ sequence: 1, action: 'init', at, publicationWindowSeconds: 604_800 })
  })

  it('shows the anchors to pin: the roots in the bundle, and no other', async () => {
    const bench = await withAuthority()
    await bench.run('authority taint --force --yes', '--generation', 'root 1')
    const outcome = await bench.run('authority status')
    expect(sections(outcome)[2]).toMatch(/^anchor +SHA-256\nroot~0002 {2}[0-9a-f]{64}$/)
    expect(tooWide(outcome.text)).toEqual([])
  })

  it('says that an issuer ends soon, until there is a successor', async () => {
    const bench = await withAuthority()
    const at = { after: 65 * day }
    expect((await bench.run('authority status', at)).text).toContain('stage-issuer: it ends soon')
    await bench.run('authority stage-issuer', at)
    expect((await bench.run('authority status', at)).text).not.toContain('ends soon')
  })

  it('tells that there is no tenant, and that a tenant has no authority yet', async () => {
    const folder = await temporaryFolder()
    const deployment = testDeployment(folder)
    const document = testDocument()
    const status = () => runCommand(['authority', 'status', '--tenant', document.tenant], deployment)
    await expect(status).toRefuse('tenant-unknown')
    const file = join(folder, 'tenant.json')
    await writeFile(file, JSON.stringify(document))
    await runCommand(['tenant', 'apply', '-f', file], deployment)
    const missing = await withAuthority().then(() => status().catch((error: unknown) => error))
    await expect(Promise.reject(missing as Error)).toRefuse('generation-unknown', /run mayfly authority init/)
    expect(exitCodeOf(missing)).toBe(3)
  })
})
