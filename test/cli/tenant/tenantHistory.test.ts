import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { tablesOfFile, testTables } from '../../azurite.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { runCommand, testDeployment } from '../runCommand.ts'
import { testDocument } from '../testDocument.ts'

beforeAll(() => testTables())

/** A tenant of three revisions: A, B, C. */
const withRevisions = async () => {
  const folder = await temporaryFolder()
  const deployment = testDeployment(folder)
  const document = testDocument()
  const { tenant } = document
  const file = join(folder, 'tenant.json')
  for (const [base, displayName] of ['A', 'B', 'C'].entries()) {
    await writeFile(file, JSON.stringify({ ...document, displayName }))
    const options = ['--base', String(base), '--yes', '--reason', `it is ${displayName}`]
    await runCommand(['tenant', 'apply', '-f', file, ...options], deployment)
  }
  const run = (words: string, answer = false) =>
    runCommand([...words.split(' '), '--tenant', tenant], deployment, { answer })
  return { tenant, run, deployment }
}

const rowsOf = (tenant: string) => {
  const tables = tablesOfFile()
  return tables.list('tenants', tenant)
}

describe('mayfly tenant history', () => {
  it('shows who changed the tenant, when, why and what', async () => {
    const { tenant, run } = await withRevisions()
    const { text, json } = await run('tenant history')
    expect(text.split('\n\n').at(-1)).toBe(`3
   applied    2026-03-02T10:00:00Z (in 0 seconds) by local:tester@bench
   reason     it is C
   changed    displayName`)
    expect(json).toMatchObject({
      tenant,
      revisions: [
        { revision: 1, reason: 'it is A', differences: [], intact: true },
        { revision: 2, actor: { kind: 'local', name: 'tester@bench' }, forced: [] },
        { revision: 3, differences: [{ path: 'displayName', before: 'B', after: 'C' }] },
      ],
    })
    const none = runCommand(['tenant', 'history', '--tenant', 'nobody'], testDeployment('.'))
    await expect(none).toRefuse('tenant-unknown')
  })

  it('marks a document that is not the one that was applied, and shows it', async () => {
    const { tenant, run } = await withRevisions()
    const tables = tablesOfFile()
    const row = (await rowsOf(tenant)).find(({ row: key }) => key.startsWith('revision~00000002'))
    if (!row) throw new Error('There is no second revision.')
    const values = { ...row.values, document: '{"tenant":"x"}' }
    await tables.transact('tenants', [{ kind: 'replace', row: { ...row, values }, etag: row.etag }])
    expect((await run('tenant history')).text).toContain('   ALTERED    it is not what was applied')
    const shown = await run('tenant show --revision 2')
    expect(shown.json).toMatchObject({ revision: 2, intact: false, configuration: { tenant: 'x' } })
    await expect(run('tenant rollback --revision 2 --yes')).toRefuse('configuration-invalid')
  })
})

describe('mayfly tenant list', () => {
  it('shows every tenant with its revision in force', async () => {
    const { tenant, deployment } = await withRevisions()
    const { text, json } = await runCommand(['tenant', 'list'], deployment)
    const { tenants } = json as { readonly tenants: readonly { readonly tenant: string }[] }
    expect(tenants.find((one) => one.tenant === tenant)).toMatchObject({
      revision: 3,
      appliedBy: 'local:tester@bench',
      reason: 'it is C',
    })
    expect(text).toMatch(/^tenant +revision +applied +by\n/)
    expect(text).toMatch(new RegExp(`^${tenant.slice(0, 11)}.* +3 +2026-03-02 +local:tester@bench$`, 'm'))
  })
})

describe('mayfly tenant show --revision', () => {
  it('shows an earlier one, which can not be applied as it is', async () => {
    const { run } = await withRevisions()
    const { json } = await run('tenant show --revision 1')
    expect(json).toMatchObject({ revision: 1, reason: 'it is A', configuration: { displayName: 'A' } })
    const file = join(await temporaryFolder(), 'first.json')
    await writeFile(file, JSON.stringify(json))
    await expect(run(`tenant show --revision 4`)).toRefuse('revision-unknown', /it has 1 to 3\./)
    const applying = runCommand(['tenant', 'apply', '-f', file, '--yes'], testDeployment('.'))
    await expect(applying).toRefuse('configuration-conflict', /it changes revision 1/)
  })

  it.each(['0', '-1', 'x', '1.0'])('refuses the number %s', async (number) => {
    const { run } = await withRevisions()
    await expect(async () => run(`tenant show --revision=${number}`)).toRefuse('usage-wrong')
  })
})

describe('mayfly tenant rollback', () => {
  it('makes a new revision of an old document, when somebody agrees', async () => {
    const { tenant, run } = await withRevisions()
    const back = 'tenant rollback --revision 1 --reason regretted'
    await expect(run(back)).toRefuse('confirmation-needed')
    const dry = await run(`${back} --dry-run`)
    expect(dry.text).toBe(
      `${tenant}: what changes of revision 3\n  displayName\n    - "C"\n    + "A"\nnothing was changed`,
    )
    expect((await run(back, true)).json).toMatchObject({ revision: 4, changed: true })
    expect((await run('tenant show')).json).toMatchObject({
      revision: 4,
      action: 'rollback to revision 1',
      reason: 'regretted',
      configuration: { displayName: 'A' },
    })
    expect((await run(`${back} --yes`)).json).toMatchObject({ revision: 4, changed: false })
    await expect(run('tenant rollback --revision 2 --base 3 --yes')).toRefuse('configuration-conflict')
    await expect(run('tenant rollback --yes')).toRefuse('usage-wrong', /--revision is missing/)
    expect(await rowsOf(tenant)).toHaveLength(5)
  })
})
