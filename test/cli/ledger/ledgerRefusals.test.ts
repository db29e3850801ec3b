import { beforeAll, describe, expect, it } from 'vitest'
import { testTables } from '../../azurite.ts'
import { someRefusal, storeRefusals } from '../../lib/ledger/storedRows.ts'
import { runStream, testDeployment, testTime } from '../runCommand.ts'
import { tooWide } from '../withAuthority.ts'
import { ledgerTenant } from './ledgerTenant.ts'

beforeAll(() => testTables(testTime))

const minutesAgo = (minutes: number) => new Date(testTime.getTime() - minutes * 60_000)

interface Printed {
  readonly at: string
  readonly code: string
  readonly tokenId: string
}

const linesOf = (printed: string) =>
  printed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Printed)

const idsIn = (printed: string) => linesOf(printed).map(({ tokenId }) => tokenId)

describe('mayfly ledger refusals', () => {
  it('lists the last 24 hours, oldest first, from all partitions and days', async () => {
    const { tables, tenant, print, notices } = await ledgerTenant()
    const stored = [25 * 60, 23 * 60, 600, 30, 20, 10, 0].map((ago) =>
      someRefusal({ at: minutesAgo(ago), subject: `user ${ago}`, tokenId: `${ago} minutes ago` }),
    )
    await storeRefusals(tables, tenant, stored.toReversed())
    const ids = stored.map(({ tokenId }) => tokenId)
    expect(idsIn(await print('refusals --json'))).toEqual(ids.slice(1))
    expect(idsIn(await print('refusals --json --since 2d --until 20m'))).toEqual(ids.slice(0, 4))
    expect(notices).toEqual([])
  })

  it('narrows by code, user and device', async () => {
    const { tables, tenant, print } = await ledgerTenant()
    await storeRefusals(tables, tenant, [
      someRefusal({ code: 'denied', tokenId: 'denied' }),
      someRefusal({ upn: 'bob@contoso.example', tokenId: 'of bob' }),
      someRefusal({ deviceId: 'ffffffff-0000-4000-8000-000000000001', tokenId: 'of a phone' }),
    ])
    expect(idsIn(await print('refusals --json --code denied'))).toEqual(['denied'])
    expect(idsIn(await print('refusals --json --user BOB@contoso.example'))).toEqual(['of bob'])
    const device = 'FFFFFFFF-0000-4000-8000-000000000001'
    expect(idsIn(await print(`refusals --json --device ${device}`))).toEqual(['of a phone'])
  })

  it('is a table within 80 columns unless another format is asked for', async () => {
    const { tables, tenant, print } = await ledgerTenant()
    const upn = `${'x'.repeat(90)}@contoso.example`
    await storeRefusals(tables, tenant, [
      someRefusal({ upn, detail: '\u001b[2J '.repeat(30), suppressed: 2 }),
    ])
    const table = await print('refusals')
    expect(table).toMatch(/^refused +code +user\n2026-03-02T09:00:00Z {2}device-not-compliant +x/)
    expect(table).toContain('\n  2 before it were not recorded\n')
    expect(table).not.toContain('\u001b')
    expect(tooWide(table)).toEqual([])
    expect(await print('refusals --format csv')).toMatch(/^tenant,at,code,[^\r]*\r\n[^\r]*,2\r\n$/)
  })

  it('says on standard error that there is none', async () => {
    const { print, notices } = await ledgerTenant()
    expect(await print('refusals')).toBe('')
    expect(await print('refusals --format csv')).toMatch(/^tenant,at,code,[^\r]*\r\n$/)
    expect(notices).toEqual(['none was found', 'none was found'])
  })

  it.each([
    ['--code device', /--code/],
    ['--code toString', /--code/],
    ['--format pem', /--format is one of table, json, csv\./],
    ['--serial 40', /Unknown option '--serial'/],
  ])('refuses %s', async (words, detail) => {
    const args = ['ledger', 'refusals', '--tenant', 'contoso', ...words.split(' ')]
    await expect(runStream(args, testDeployment('.'))).toRefuse('usage-wrong', detail)
  })
})
