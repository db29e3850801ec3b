import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Tables } from '../../../lib/store/tables.ts'
import { testTables } from '../../azurite.ts'
import {
  issuanceRow,
  someIssuance,
  someRefusal,
  storeIssuances,
  storeRows,
  watchScans,
} from '../../lib/ledger/storedRows.ts'
import { tablesDown } from '../../lib/store/watchTables.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { testTime } from '../runCommand.ts'
import { ledgerTenant } from './ledgerTenant.ts'

beforeAll(() => testTables(testTime))

/** A tenant with three issuances and a refusal, and a file to export to. */
const exporting = async () => {
  const days = ['2026-03-01T10:00:00Z', '2026-03-02T08:00:00Z', '2026-03-02T09:00:00Z']
  const issuances = days.map((day) => someIssuance({ issuedAt: new Date(day) }))
  const refusal = someRefusal()
  const folder = await temporaryFolder()
  const file = join(folder, 'ledger.txt')
  return { ...(await ledgerTenant({ issuances, refusals: [refusal] })), issuances, refusal, folder, file }
}

const sha256 = (octets: Uint8Array) => createHash('sha256').update(octets).digest('hex')

/** The tables break after some rows. */
const breakingAfter = (rows: number) => (tables: Tables) =>
  watchScans(tables, (_, pulled) => {
    if (pulled > rows) throw tablesDown()
  }).tables

describe('mayfly ledger export', () => {
  it('writes everything that is kept to a file, and its digest beside it', async () => {
    const { run, file, tenant, issuances, notices } = await exporting()
    const { text, json } = await run(`export --out ${file}`)
    const written = await readFile(file)
    const lines = written.toString().trimEnd().split('\n')
    const serials = lines.map((line) => (JSON.parse(line) as { serialNumber: string }).serialNumber)
    expect(serials.toSorted()).toEqual(issuances.map(({ serialNumber }) => serialNumber).toSorted())
    const digest = sha256(written)
    const period = { since: null, until: null }
    const told = { tenant, kind: 'issuances', file, format: 'json', count: 3, ...period, sha256: digest }
    expect(json).toEqual(told)
    expect(text).toBe(`3 issuances\n${digest}  ${file}`)
    expect(await readFile(`${file}.sha256`, 'utf8')).toBe(`${digest}  ledger.txt\n`)
    expect(notices).toEqual([])
  })

  it.skipIf(process.platform === 'win32')('writes for its owner alone', async () => {
    const { run, file } = await exporting()
    await run(`export --out ${file} --format csv`)
    for (const written of [file, `${file}.sha256`]) expect((await stat(written)).mode & 0o777).toBe(0o600)
  })

  it('writes a period, one user, or another format', async () => {
    const { run, file } = await exporting()
    const period = await run(`export --out ${file} --since 2026-03-02 --until 2026-03-02T09:00:00Z`)
    expect(period.json).toMatchObject({
      count: 1,
      since: '2026-03-02T00:00:00.000Z',
      until: '2026-03-02T09:00:00.000Z',
    })
    expect((await run(`export --out ${file} --user bob@contoso.example`)).json).toMatchObject({ count: 0 })
    await run(`export --out ${file} --format pem`)
    expect((await readFile(file, 'utf8')).match(/BEGIN CERTIFICATE/g)).toHaveLength(3)
  })

  it('writes the refusals when asked for them', async () => {
    const { run, file, refusal } = await exporting()
    const { text, json } = await run(`export --out ${file} --refusals`)
    expect(json).toMatchObject({ kind: 'refusals', count: 1 })
    expect(text).toMatch(/^1 refusals\n/)
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ tokenId: refusal.tokenId })
    expect((await run(`export --out ${file} --refusals --code denied`)).json).toMatchObject({ count: 0 })
  })

  it('writes no file at all when the tables fail in the middle', async () => {
    const { run, file, folder } = await exporting()
    await expect(run(`export --out ${file}`, { watchTables: breakingAfter(2) })).toRefuse(
      'tables-unavailable',
    )
    expect(await readdir(folder)).toEqual([])
  })

  it('leaves an older export with its digest as it was when the tables fail', async () => {
    const { run, file, folder } = await exporting()
    await run(`export --out ${file}`)
    const state = () =>
      Promise.all(['ledger.txt', 'ledger.txt.sha256'].map((name) => readFile(join(folder, name))))
    const before = await state()
    await expect(run(`export --out ${file}`, { watchTables: breakingAfter(1) })).toRefuse(
      'tables-unavailable',
    )
    expect(await state()).toEqual(before)
    expect(await readdir(folder)).toHaveLength(2)
  })

  it('leaves no digest of an older export beside a newer file', async () => {
    const { run, file, tables, tenant } = await exporting()
    await run(`export --out ${file}`)
    await storeIssuances(tables, tenant, [someIssuance()])
    await run(`export --out ${file}`)
    expect(await readFile(`${file}.sha256`, 'utf8')).toBe(`${sha256(await readFile(file))}  ledger.txt\n`)
  })

  it('writes no file when a row cannot be read', async () => {
    const { run, file, folder, tables, tenant } = await exporting()
    const { values, ...place } = issuanceRow(tenant, someIssuance())
    await storeRows(tables, [{ ...place, values: { ...values, signals: '[' } }])
    await expect(run(`export --out ${file}`)).toRefuse('fault', /^Cannot read 1 of the rows/)
    expect(await readdir(folder)).toEqual([])
  })

  it.each([
    ['', /--out is missing/],
    ['--out x --format table', /--format is one of json, csv, pem\./],
    ['--out x --refusals --format pem', /--format is one of json, csv\./],
    ['--out x --code denied', /--code is for --refusals/],
    ['--out x --refusals --serial 0102030405060708', /--serial is for issuances/],
    ['--out x --refusals --issuer issuer~0001', /--issuer is for issuances/],
    ['--out x --since later', /--since/],
  ])('refuses %j', async (words, detail) => {
    const { run } = await ledgerTenant()
    await expect(run(`export ${words}`.trim())).toRefuse('usage-wrong', detail)
  })
})
