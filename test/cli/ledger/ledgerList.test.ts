import { devNull } from 'node:os'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Entry } from '../../../lib/ledger/record/entry.ts'
import type { Tables } from '../../../lib/store/tables.ts'
import { testTables } from '../../azurite.ts'
import {
  issuanceRow,
  type ScanWatch,
  someIssuance,
  someRefusal,
  storeRows,
  watchScans,
} from '../../lib/ledger/storedRows.ts'
import { tablesDown } from '../../lib/store/watchTables.ts'
import { openssl } from '../../openssl.ts'
import { runStream, testDeployment, testTime } from '../runCommand.ts'
import { tooWide } from '../withAuthority.ts'
import { ledgerTenant } from './ledgerTenant.ts'

beforeAll(() => testTables(testTime))

const minutesAgo = (minutes: number) => new Date(testTime.getTime() - minutes * 60_000)

const issued = (minutes: number, changes: Partial<Entry> = {}) =>
  someIssuance({ issuedAt: minutesAgo(minutes), ...changes })

const serialsIn = (printed: string): readonly string[] => printed.match(/\b4[0-9a-f]{31}\b/g) ?? []

const serialsOf = (...entries: readonly Entry[]) => entries.map(({ serialNumber }) => serialNumber)

const refusedWith = async (words: string, detail: RegExp) => {
  const deployment = () => Promise.reject(new Error('Nobody asked for it.'))
  const args = ['ledger', ...words.split(' '), '--tenant', 'contoso']
  await expect(runStream(args, deployment)).toRefuse('usage-wrong', detail)
}

describe('mayfly ledger list', () => {
  it('lists the last 24 hours, oldest first, from whatever table', async () => {
    const [oldest, older, newer] = [issued(24 * 60 + 1), issued(23 * 60), issued(5)]
    const inNextTable = issued(60, { tokenExpiresAt: new Date('2026-03-03T00:30:00Z') })
    const { print, notices } = await ledgerTenant({ issuances: [newer, inNextTable, oldest, older] })
    expect(serialsIn(await print('list'))).toEqual(serialsOf(older, inNextTable, newer))
    expect(serialsIn(await print('list --since 2d'))).toEqual(serialsOf(oldest, older, inNextTable, newer))
    expect(notices).toEqual([])
  })

  it('lists a period, the beginning included and the end not', async () => {
    const issuances = [issued(30), issued(20), issued(10), issued(0)]
    const { print } = await ledgerTenant({ issuances })
    const serials = serialsOf(...issuances)
    const printed = await print('list --since 30m --until 2026-03-02T09:50:00Z')
    expect(serialsIn(printed)).toEqual(serials.slice(0, 2))
    expect(serialsIn(await print('list --since 2026-03-02 --until 20m'))).toEqual(serials.slice(0, 1))
  })

  it('narrows by user and device in any case, serial number with colons, and issuer', async () => {
    const deviceId = 'ffffffff-0000-4000-8000-000000000001'
    const bob = issued(4, { upn: 'bob@contoso.example' })
    const phone = issued(3, { deviceId })
    const second = issued(2, { issuerId: 'issuer~0002' })
    const other = issued(1)
    const { print } = await ledgerTenant({ issuances: [bob, phone, second, other] })
    const colons = other.serialNumber.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:')
    const narrowed: readonly (readonly [string, readonly Entry[]])[] = [
      ['--user Bob@Contoso.example', [bob]],
      [`--device ${deviceId.toUpperCase()}`, [phone]],
      [`--device {${deviceId}}`, [phone]],
      [`--device ${deviceId.replaceAll('-', '')}`, [phone]],
      ['--issuer issuer~0002', [second]],
      [`--serial ${colons}`, [other]],
      [`--serial ${colons} --user bob@contoso.example`, []],
    ]
    for (const [words, found] of narrowed)
      expect(serialsIn(await print(`list ${words}`)), words).toEqual(serialsOf(...found))
  })

  it('prints JSON with --json, an object a line, and certificates that openssl reads with --format pem', async () => {
    const key = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'.split(' ')
    const subject = ['-subj', '/CN=alice', '-keyout', devNull, '-outform', 'DER']
    const certificate = openssl(['req', '-x509', ...key, ...subject])
    const { tenant, print } = await ledgerTenant({
      issuances: [issued(2, { certificate }), issued(1, { certificate })],
    })
    const json = await print('list --json')
    const lines = json.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { tenant, issuedAt: '2026-03-02T09:58:00.000Z', upn: 'alice@contoso.example', revision: 1 },
      { tenant, issuedAt: '2026-03-02T09:59:00.000Z' },
    ])
    expect(await print('list --format json')).toBe(json)
    const pem = await print('list --format pem')
    expect(pem.match(/BEGIN/g)).toHaveLength(2)
    expect(openssl(['x509', '-noout', '-subject'], Buffer.from(pem)).toString()).toMatch(/CN ?= ?alice/)
  })

  it('says on standard error that there is none, and when the period begins before the oldest table', async () => {
    const { print, notices } = await ledgerTenant()
    for (const format of ['table', 'json', 'pem']) expect(await print(`list --format ${format}`)).toBe('')
    expect(await print('list --format csv')).toMatch(/^tenant,issuedAt,.*,sha256\r\n$/)
    await print('list --since 2026-02-28')
    expect(notices.splice(0)).toEqual(Array.from({ length: 5 }, () => 'none was found'))
    await print('list --since 2026-02-27')
    expect(notices).toEqual([
      'the oldest table is of 2026-02-28: what is older was never recorded, or is not kept',
      'none was found',
    ])
  })

  it('holds no more rows than it puts into order, and says when they are in none', async () => {
    const { tenant, notices, open, print } = await ledgerTenant()
    const { partition, values } = issuanceRow(tenant, issued(1))
    const watches: ScanWatch[] = []
    /** More rows than are put into order. */
    const watchTables = (tables: Tables) => {
      const watch = watchScans({
        ...tables,
        async *scan(table) {
          const count = table === 'ledger20260302' ? 10_500 : 0
          for (let index = 0; index < count; index++)
            yield await Promise.resolve({ partition, row: String(index), etag: '', values })
        },
      })
      watches.push(watch)
      return watch.tables
    }
    let printed = 0
    for await (const _ of await open('list --format csv', { watchTables })) if ((printed += 1) === 100) break
    expect(watches).toMatchObject([{ pulled: 10_001, open: 0 }])
    const all = await print('list --format csv', { watchTables, notices: [] })
    expect(all.split('\r\n')).toHaveLength(1 + 10_500 + 1)
    expect(notices).toEqual(['more than 10000 were found: they come in the order of the tables'])
  })

  it('fails after what it printed when the tables do in the middle', async () => {
    const { print } = await ledgerTenant({ issuances: [issued(3), issued(2), issued(1)] })
    const watchTables = (watched: Tables) =>
      watchScans(watched, (_, pulled) => {
        if (pulled === 3) throw tablesDown()
      }).tables
    await expect(print('list', { watchTables })).toRefuse('tables-unavailable')
  })

  it('prints what it can read, names the row that it cannot, and fails', async () => {
    const good = issued(1)
    const { tables, tenant, notices, open } = await ledgerTenant({ issuances: [good] })
    const { values, ...place } = issuanceRow(tenant, good)
    await storeRows(tables, [{ ...place, row: 'a\u202e', values: { ...values, certificate: 'none' } }])
    let printed = ''
    const reading = async () => {
      for await (const piece of await open('list')) printed += piece
    }
    await expect(reading()).toRefuse('fault', /^Cannot read 1 of the rows/)
    expect(serialsIn(printed)).toEqual([good.serialNumber])
    expect(notices).toEqual([
      `a row of ledger20260302 cannot be read and is left out: ${place.partition} a\\u{202e}`,
    ])
  })

  it.each([
    ['--since yesterday', /--since/],
    ['--until 1d --since 1d', /--since is not before --until/],
    ['--serial 4', /--serial/],
    ['--serial xyz', /--serial/],
    ['--issuer 1', /--issuer/],
    ['--user=', /--user is empty/],
    ['--device=', /--device is empty/],
    ['--format xml', /--format is one of table, json, csv, pem/],
    ['--format csv --json', /--json/],
  ])('refuses %s before it asks the tables', (words, detail) => refusedWith(`list ${words}`, detail))

  it('refuses a tenant that there is not, and wants one', async () => {
    const list = (...rest: readonly string[]) => runStream(['ledger', 'list', ...rest], testDeployment('.'))
    await expect(list('--tenant', 'nobody')).toRefuse('tenant-unknown')
    await expect(list()).toRefuse('usage-wrong', /--tenant is missing/)
  })
})

const idsIn = (printed: string) =>
  printed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { readonly tokenId: string }).tokenId)

describe('mayfly ledger refusals', () => {
  it('lists the last 24 hours, oldest first, from all partitions and days', async () => {
    const stored = [25 * 60, 23 * 60, 600, 30, 20, 10, 0].map((ago) =>
      someRefusal({ at: minutesAgo(ago), subject: `user ${ago}`, tokenId: `${ago} minutes ago` }),
    )
    const { print, notices } = await ledgerTenant({ refusals: stored.toReversed() })
    const ids = stored.map(({ tokenId }) => tokenId)
    expect(idsIn(await print('refusals --json'))).toEqual(ids.slice(1))
    expect(idsIn(await print('refusals --json --since 2d --until 20m'))).toEqual(ids.slice(0, 4))
    expect(notices).toEqual([])
  })

  it('narrows by code, user and device', async () => {
    const deviceId = 'ffffffff-0000-4000-8000-000000000001'
    const { print } = await ledgerTenant({
      refusals: [
        someRefusal({ code: 'denied', tokenId: 'denied' }),
        someRefusal({ upn: 'bob@contoso.example', tokenId: 'of bob' }),
        someRefusal({ deviceId, tokenId: 'of a phone' }),
      ],
    })
    expect(idsIn(await print('refusals --json --code denied'))).toEqual(['denied'])
    expect(idsIn(await print('refusals --json --user BOB@contoso.example'))).toEqual(['of bob'])
    const device = deviceId.toUpperCase()
    expect(idsIn(await print(`refusals --json --device ${device}`))).toEqual(['of a phone'])
  })

  it('is a table within 80 columns unless another format is asked for', async () => {
    const upn = `${'x'.repeat(90)}@contoso.example`
    const refusal = someRefusal({ upn, detail: '\u001b[2J '.repeat(30), suppressed: 2 })
    const { print } = await ledgerTenant({ refusals: [refusal] })
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
  ])('refuses %s', (words, detail) => refusedWith(`refusals ${words}`, detail))
})
