import { devNull } from 'node:os'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Entry } from '../../../lib/ledger/record/entry.ts'
import type { Tables } from '../../../lib/store/tables.ts'
import { openssl } from '../../openssl.ts'
import { testTables } from '../../azurite.ts'
import {
  issuanceRow,
  type ScanWatch,
  someIssuance,
  storeIssuances,
  storeRows,
  watchScans,
} from '../../lib/ledger/storedRows.ts'
import { tablesDown } from '../../lib/store/watchTables.ts'
import { openStream, runStream, testDeployment, testTime } from '../runCommand.ts'
import { ledgerTenant } from './ledgerTenant.ts'

beforeAll(() => testTables(testTime))

const minutesAgo = (minutes: number) => new Date(testTime.getTime() - minutes * 60_000)

/** Issuances, one each of these minutes ago. */
const issued = (minutes: readonly number[], changes: Partial<Entry> = {}) =>
  minutes.map((ago) => someIssuance({ issuedAt: minutesAgo(ago), ...changes }))

const serialsIn = (printed: string): readonly string[] => printed.match(/\b4[0-9a-f]{31}\b/g) ?? []

const serialsOf = (entries: readonly Entry[]) => entries.map(({ serialNumber }) => serialNumber)

describe('mayfly ledger list', () => {
  it('lists the last 24 hours, oldest first, from whatever table', async () => {
    const { tables, tenant, print, notices } = await ledgerTenant()
    const [oldest, older, newer] = issued([24 * 60 + 1, 23 * 60, 5])
    const [inNextTable] = issued([60], { tokenExpiresAt: new Date('2026-03-03T00:30:00Z') })
    if (!oldest || !older || !newer || !inNextTable) throw new Error('There are too few.')
    await storeIssuances(tables, tenant, [newer, inNextTable, oldest, older])
    expect(serialsIn(await print('list'))).toEqual(serialsOf([older, inNextTable, newer]))
    expect(serialsIn(await print('list --since 2d'))).toEqual(serialsOf([oldest, older, inNextTable, newer]))
    expect(notices).toEqual([])
  })

  it('lists a period, the beginning included and the end not', async () => {
    const { tables, tenant, print } = await ledgerTenant()
    const stored = issued([30, 20, 10, 0])
    await storeIssuances(tables, tenant, stored)
    const printed = await print('list --since 30m --until 2026-03-02T09:50:00Z')
    expect(serialsIn(printed)).toEqual(serialsOf(stored.slice(0, 2)))
    expect(serialsIn(await print('list --since 2026-03-02 --until 20m'))).toEqual(
      serialsOf(stored.slice(0, 1)),
    )
  })

  it('narrows by user and device in any case, serial number with colons, and issuer', async () => {
    const { tables, tenant, print } = await ledgerTenant()
    const deviceId = 'ffffffff-0000-4000-8000-000000000001'
    const [bob, phone, second, other] = [
      ...issued([4], { upn: 'bob@contoso.example' }),
      ...issued([3], { deviceId }),
      ...issued([2], { issuerId: 'issuer~0002' }),
      ...issued([1]),
    ]
    if (!bob || !phone || !second || !other) throw new Error('There are too few.')
    await storeIssuances(tables, tenant, [bob, phone, second, other])
    expect(serialsIn(await print('list --user Bob@Contoso.example'))).toEqual([bob.serialNumber])
    for (const device of [deviceId.toUpperCase(), `{${deviceId}}`, deviceId.replaceAll('-', '')])
      expect(serialsIn(await print(`list --device ${device}`))).toEqual([phone.serialNumber])
    expect(serialsIn(await print('list --issuer issuer~0002'))).toEqual([second.serialNumber])
    const colons = other.serialNumber.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:')
    expect(serialsIn(await print(`list --serial ${colons}`))).toEqual([other.serialNumber])
    expect(serialsIn(await print(`list --serial ${colons} --user bob@contoso.example`))).toEqual([])
  })

  it('prints JSON with --json, an object a line, and certificates that openssl reads with --format pem', async () => {
    const { tables, tenant, print } = await ledgerTenant()
    const certificate = openssl([
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      devNull,
      '-subj',
      '/CN=alice',
      '-outform',
      'DER',
    ])
    await storeIssuances(tables, tenant, issued([2, 1], { certificate }))
    const lines = (await print('list --json')).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { tenant, issuedAt: '2026-03-02T09:58:00.000Z', upn: 'alice@contoso.example', revision: 1 },
      { tenant, issuedAt: '2026-03-02T09:59:00.000Z' },
    ])
    expect(await print('list --format json')).toBe(await print('list --json'))
    const pem = await print('list --format pem')
    expect(pem.match(/BEGIN/g)).toHaveLength(2)
    expect(openssl(['x509', '-noout', '-subject'], Buffer.from(pem)).toString()).toMatch(/CN ?= ?alice/)
  })

  it.each([
    ['table', ''],
    ['json', ''],
    ['pem', ''],
    ['csv', /^tenant,issuedAt,.*,sha256\r\n$/],
  ])('says on standard error that there is none, as %s', async (format, printed) => {
    const { print, notices } = await ledgerTenant()
    expect(await print(`list --format ${format}`)).toEqual(
      printed === '' ? '' : expect.stringMatching(printed),
    )
    expect(notices).toEqual(['none was found'])
  })

  it('says when the period begins before the oldest table', async () => {
    const { print, notices } = await ledgerTenant()
    await print('list --since 2026-02-28')
    expect(notices).toEqual(['none was found'])
    await print('list --since 2026-02-27')
    expect(notices.slice(1)).toEqual([
      'the oldest table is of 2026-02-28: what is older was never recorded, or is not kept',
      'none was found',
    ])
  })

  it('holds no more rows than it puts into order, and says when they are in none', async () => {
    const { tenant, notices } = await ledgerTenant()
    const { partition, values } = issuanceRow(tenant, someIssuance({ issuedAt: minutesAgo(1) }))
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
    const args = ['ledger', 'list', '--tenant', tenant, '--format', 'csv']
    let printed = 0
    for await (const _ of await openStream(args, testDeployment('.'), { notices, watchTables }))
      if ((printed += 1) === 100) break
    expect(watches).toMatchObject([{ pulled: 10_001, open: 0 }])
    const all = await runStream(args, testDeployment('.'), { watchTables })
    expect(all.split('\r\n')).toHaveLength(1 + 10_500 + 1)
    expect(notices).toEqual(['more than 10000 were found: they come in the order of the tables'])
  })

  it('fails after what it printed when the tables do in the middle', async () => {
    const { tables, tenant, print } = await ledgerTenant()
    await storeIssuances(tables, tenant, issued([3, 2, 1]))
    const watchTables = (watched: Tables) =>
      watchScans(watched, (_, pulled) => {
        if (pulled === 3) throw tablesDown()
      }).tables
    await expect(print('list', { watchTables })).toRefuse('tables-unavailable')
  })

  it('prints what it can read, names the row that it cannot, and fails', async () => {
    const { tables, tenant, notices } = await ledgerTenant()
    const [good] = issued([1])
    if (!good) throw new Error('There is none.')
    const { values, ...place } = issuanceRow(tenant, good)
    await storeIssuances(tables, tenant, [good])
    await storeRows(tables, [{ ...place, row: 'a\u202e', values: { ...values, certificate: 'none' } }])
    const args = ['ledger', 'list', '--tenant', tenant]
    let printed = ''
    const reading = async () => {
      for await (const piece of await openStream(args, testDeployment('.'), { notices })) printed += piece
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
  ])('refuses %s before it asks the tables', async (words, detail) => {
    const deployment = () => Promise.reject(new Error('Nobody asked for it.'))
    const args = ['ledger', 'list', '--tenant', 'contoso', ...words.split(' ')]
    await expect(runStream(args, deployment)).toRefuse('usage-wrong', detail)
  })

  it('refuses a tenant that there is not, and wants one', async () => {
    const list = (...rest: readonly string[]) => runStream(['ledger', 'list', ...rest], testDeployment('.'))
    await expect(list('--tenant', 'nobody')).toRefuse('tenant-unknown')
    await expect(list()).toRefuse('usage-wrong', /--tenant is missing/)
  })
})
