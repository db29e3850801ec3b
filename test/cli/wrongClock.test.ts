import { join } from 'node:path'
import { writeFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { readAuthority } from '../../lib/authority/authority.ts'
import type { KeyProvider } from '../../lib/keys/signer.ts'
import { parseTenantId } from '../../lib/tenant/tenantId.ts'
import { testTables } from '../azurite.ts'
import { serve } from '../client/serve.ts'
import { runCommand, type RunOptions } from './runCommand.ts'
import { type AuthorityBench, changingNothing, withAuthority } from './withAuthority.ts'
import { testDocument } from './testDocument.ts'

beforeAll(() => testTables())

/** Everything that changes something in the tables. */
const changing = [
  'tenant apply -f FOLDER/other.json --yes',
  'authority init',
  'authority stage-root',
  'authority stage-issuer',
  'authority stage-issuer --csr-out FOLDER/issuer.csr',
  'authority activate --generation root~0002 --force --yes',
  'authority deactivate --generation issuer~0001 --force --yes',
  'authority taint --generation issuer~0001 --force --yes',
  'authority republish',
  'authority confirm --relying-party vpn-1 --bundle 1',
  'relying-party add --name vpn-1',
  'relying-party remove --name vpn-1 --yes',
  'deny user bob@contoso.example --reason lost',
  'deny lift ada@contoso.example --reason found',
  'ledger prune --retention-days 3 --yes --past-gap',
] as const

/** Runs a command with a clock that is wrong by this much; milliseconds. */
const runWith = (
  { tenant, folder, deployment }: AuthorityBench,
  words: string,
  { ahead, ...options }: RunOptions & { readonly ahead: number },
) => {
  const own = /^(tenant apply|ledger)/.test(words) ? [] : ['--tenant', tenant]
  const args = [...words.replace('FOLDER', folder).split(' '), ...own]
  const now = () => new Date(Date.now() + ahead)
  return runCommand(args, deployment, { now, checksClock: true, ...options })
}

/** Keys that are made and sign nothing. */
const untouched = (keys: KeyProvider): KeyProvider => ({
  ...keys,
  create: () => Promise.reject(new Error('A key was made.')),
  open: () => Promise.reject(new Error('A key was opened.')),
})

describe('a clock that is wrong', () => {
  it.each([
    ['ahead of', 90_000],
    ['behind', -90_000],
    ['ahead of', 400 * 86_400_000],
  ])(
    '%s that of the tables by %i ms keeps every command from changing and signing',
    async (direction, ahead) => {
      const bench = await withAuthority({}, new Date())
      const document = testDocument({ tenant: bench.tenant, displayName: 'Another' })
      await writeFile(join(bench.folder, 'other.json'), JSON.stringify(document))
      await runWith(bench, 'deny user ada@contoso.example --reason lost', { ahead: 0 })
      const detail = new RegExp(`is \\d+ s ${direction} that of the tables, the limit is 60 s`)
      await changingNothing(bench, async () => {
        for (const words of changing)
          await expect(runWith(bench, words, { ahead, watchKeys: untouched }), words).toRefuse(
            'clock-differs',
            detail,
          )
        await runWith(bench, 'deny list', { ahead })
      })
    },
  )

  it('by less than a minute keeps nobody from anything', async () => {
    const bench = await withAuthority({}, new Date())
    for (const ahead of [45_000, -45_000]) {
      await runWith(bench, 'relying-party add --name vpn-1', { ahead })
      await runWith(bench, 'relying-party remove --name vpn-1 --yes', { ahead })
    }
  })

  it('made a bundle of the future: it is found, dated anew, and then installed', async () => {
    const year = 365 * 86_400_000
    const own = await withAuthority({}, new Date())
    const tables = await testTables()
    const service = await serve(async ({ path = '' }) => {
      const authority = await readAuthority(tables, parseTenantId(own.tenant))
      const jws = authority?.bundle.encodings['trust.jws'] ?? new Uint8Array()
      return path.endsWith('/trust.jws') ? { body: Buffer.from(jws).toString() } : { status: 404 }
    })
    const { generations = [] } = (await readAuthority(tables, parseTenantId(own.tenant))) ?? {}
    const anchor = generations.find(({ id }) => id === 'root~0001')?.digest ?? ''
    const fetch = (now: Date) =>
      runCommand(
        ['trust', 'fetch', '--tenant', own.tenant, '--out', join(own.folder, `vpn-${now.getTime()}`)].concat([
          '--service',
          service.url,
          '--anchor',
          anchor,
        ]),
        own.deployment,
        { now },
      )
    // The clock was not held against that of the tables then.
    await own.run('authority stage-issuer', { after: year })
    await own.run('authority activate --generation root~0002 --force', { after: year })
    const now = new Date(Date.now() + 5_000)
    await expect(fetch(now)).toRefuse('trust-bundle-refused', /it is of the future/)
    const dry = await own.run('authority republish --dry-run', { after: 5_000 })
    expect(dry.text).toMatch(/^bundle 3 is of .*\n {2}issuer~0002 dated now\n[^]*nothing was changed$/)
    const done = await own.run('authority republish', { after: 5_000 })
    expect(done.json).toMatchObject({ sequence: 4, changed: true })
    expect((await fetch(now)).json).toMatchObject({ installed: 'new', sequence: 4 })
    const after = await readAuthority(tables, parseTenantId(own.tenant))
    const latest = Math.max(
      ...(after?.generations ?? []).flatMap(({ publishedAt, changedAt }) => [+publishedAt, +changedAt]),
    )
    expect(latest).toBeLessThanOrEqual(now.getTime() + 5_000)
  })
})
