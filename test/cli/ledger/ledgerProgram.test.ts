import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { testTables } from '../../azurite.ts'
import { issuanceRow, someIssuance, storeIssuances, storeRows } from '../../lib/ledger/storedRows.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { applyDocument } from '../../world.ts'
import { testDeployment } from '../runCommand.ts'
import { runMayfly } from '../runMayfly.ts'
import { testDocument } from '../testDocument.ts'

const now = new Date()
beforeAll(() => testTables(now))

/** A folder with a deployment, and a tenant with issuances of the last minutes. */
const deployed = async (issuances: number) => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, '.mayfly'))
  await writeFile(join(folder, '.mayfly', 'local.json'), JSON.stringify(testDeployment(folder)))
  const tables = await testTables(now)
  const document = testDocument()
  await applyDocument(tables, document)
  const { tenant } = document
  const issuedAt = new Date(now.getTime() - 60_000)
  await storeIssuances(
    tables,
    tenant,
    Array.from({ length: issuances }, () => someIssuance({ issuedAt })),
  )
  return { folder, tables, tenant, issuedAt }
}

describe('mayfly ledger as a program', () => {
  it('prints rows on standard output and nothing else anywhere', async () => {
    const { folder, tenant } = await deployed(3)
    const { code, stdout, stderr } = await runMayfly(folder, ['ledger', 'list', '--tenant', tenant, '--json'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.trimEnd().split('\n')).toHaveLength(3)
  })

  it('says that there is none on standard error, as an object where a program reads', async () => {
    const { folder, tenant } = await deployed(0)
    const list = ['ledger', 'list', '--tenant', tenant]
    expect(await runMayfly(folder, list)).toEqual({ code: 0, stdout: '', stderr: 'mayfly: none was found\n' })
    const { code, stdout, stderr } = await runMayfly(folder, [...list, '--json'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(JSON.parse(stderr)).toEqual({ notice: 'none was found' })
  })

  it('ends with 1 after the rows that it could read when it could not read one', async () => {
    const { folder, tables, tenant, issuedAt } = await deployed(2)
    const { values, ...place } = issuanceRow(tenant, someIssuance({ issuedAt }))
    await storeRows(tables, [{ ...place, values: { ...values, signals: '{' } }])
    const { code, stdout, stderr } = await runMayfly(folder, ['ledger', 'list', '--tenant', tenant, '--json'])
    expect(code).toBe(1)
    expect(stdout.trimEnd().split('\n')).toHaveLength(2)
    const told = stderr.trimEnd().split('\n')
    expect(told.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { notice: expect.stringMatching(/cannot be read/) as unknown },
      { code: 'fault' },
    ])
  })

  it.skipIf(process.platform === 'win32')('ends well when its reader has enough', async () => {
    const { folder, tenant } = await deployed(400)
    const entry = fileURLToPath(new URL('../../../cli/mayfly.ts', import.meta.url))
    const list = `'${process.execPath}' '${entry}' ledger list --tenant ${tenant} --json --since 1d`
    const script = `${list} | head -n 1; echo "\${PIPESTATUS[0]}"`
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script], { cwd: folder })
    const [row = '', code] = stdout.split('\n')
    expect(JSON.parse(row)).toMatchObject({ tenant })
    expect({ code, stderr }).toEqual({ code: '0', stderr: '' })
  })
})
