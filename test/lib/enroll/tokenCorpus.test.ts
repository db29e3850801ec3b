import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { enroll } from '../../../lib/enroll/enroll.ts'
import { keySets } from '../../../lib/token/keySets.ts'
import { dailyTablesAhead } from '../../../lib/ledger/record/ledgerKey.ts'
import { createWorld, enrollmentOf, makeDeviceKey, uniqueTenantId, type World } from '../../world.ts'
import { accepted } from '../../vectors/token/accepted.ts'
import { controls, corpus } from '../../vectors/token/corpus.ts'
import { corpusTime, makeSettings, type SettingName } from '../../vectors/token/settings.ts'
import { type Deviation, forge } from '../../vectors/token/tokenCase.ts'

const settings = await makeSettings()
const settingNames = Object.keys(settings) as SettingName[]
const tenants = Object.fromEntries(settingNames.map((name) => [name, uniqueTenantId()]))
const key = makeDeviceKey()
const csr = key.csr()

/** The order of the P-256 group, FIPS 186-5. */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

let world: World

beforeAll(async () => {
  world = await createWorld({ issuers: Object.values(settings).map(({ issuer }) => issuer) })
  world.now = corpusTime
  for (const name of settingNames) await world.addTenant(settings[name].document(tenants[name] ?? ''))
})

afterAll(() => world[Symbol.asyncDispose]())

beforeEach(() => {
  world.keys.signatures = 0
  world.tables.calls.length = 0
})

const enrollToken = (token: string, setting: SettingName = 'generic', deviceKey = key) =>
  enroll(
    enrollmentOf({ token, tenant: tenants[setting] ?? '', csr: deviceKey === key ? csr : deviceKey.csr() }),
    // Keys that nobody asked for before: a key that is unknown then is so for good.
    { ...world.services, keys: keySets({ fetchJson: world.network.fetchJson, now: () => corpusTime }) },
  )

const enrollCase = async ({ setting = 'generic', ...deviation }: Deviation & { setting?: SettingName }) =>
  enrollToken(await forge(deviation, settings[setting]), setting)

/** How many rows the ledgers of all days hold of the tenants. */
const countRows = async (): Promise<number> => {
  const twoDaysAgo = new Date(corpusTime.getTime() - 2 * 86_400_000)
  const tables = dailyTablesAhead(twoDaysAgo, 4).filter((table) => table.startsWith('ledger'))
  const partitions = Object.values(tenants).flatMap((tenant) =>
    Array.from('0123456789abcdef', (shard) => `${tenant}~${shard}`),
  )
  const rows = await Promise.all(
    tables.flatMap((table) => partitions.map((partition) => world.tables.list(table, partition))),
  )
  return rows.flat().length
}

/** Refusals leave a record of their own. */
const writes = () =>
  world.tables.calls.filter(
    ({ method, table }) => (method === 'insert' || method === 'transact') && !table.startsWith('refusals'),
  )

/** What one token bought: signatures, and writes to the tables. */
const cost = () => ({ signatures: world.keys.signatures, writes: writes().length })

describe.each(Object.entries(corpus))('enroll() makes no signature and no row for %s:', (_, cases) => {
  it.each(cases)('$name', async ({ code, detail, ...deviation }) => {
    await expect(enrollCase(deviation)).toRefuse(code, detail)
    expect(cost()).toEqual({ signatures: 0, writes: 0 })
  })
})

describe('enroll() after all of them', () => {
  it('has an empty ledger', async () => {
    expect(await countRows()).toBe(0)
  })

  it.each(Object.entries(controls))('gives a certificate in the setting %s', async (name, deviation) => {
    const { created } = await enrollCase({ ...deviation, setting: name as SettingName })
    expect(created).toBe(true)
    expect(cost()).toEqual({ signatures: 1, writes: 1 })
  })

  it.each(accepted)('gives a certificate for $name', async ({ upn, ...deviation }) => {
    const { created, entry } = await enrollCase(deviation)
    expect([created, entry.upn]).toEqual([true, upn])
    expect(cost()).toEqual({ signatures: 1, writes: 1 })
  })

  it('has one row for each certificate it gave', async () => {
    expect(await countRows()).toBe(Object.keys(controls).length + accepted.length)
  })
})

describe('enroll() sees one token', () => {
  it('in two signatures over the same claims: who holds (r, s) can write (r, n - s)', async () => {
    const token = await settings.generic.issuer.token()
    const [header = '', claims = '', signature = ''] = token.split('.')
    const octets = Buffer.from(signature, 'base64url')
    const other = (order - BigInt(`0x${octets.toString('hex', 32)}`)).toString(16).padStart(64, '0')
    const s = Buffer.from(other, 'hex')
    const twin = [header, claims, Buffer.concat([octets.subarray(0, 32), s]).toString('base64url')].join('.')
    const first = await enrollToken(token)
    const again = await enrollToken(twin)
    expect(twin).not.toBe(token)
    expect([first.created, again.created]).toEqual([true, false])
    expect(again.entry.serialNumber).toBe(first.entry.serialNumber)
    await expect(enrollToken(twin, 'generic', makeDeviceKey())).toRefuse('token-replayed')
    expect(cost()).toEqual({ signatures: 1, writes: 1 })
  })

  it('in two tokens of one jti, whatever else they say', async () => {
    const first = await enrollCase({ claims: { jti: 'once' } })
    const again = await enrollCase({ claims: { jti: 'once', upn: 'bob@contoso.example', x: 1 } })
    expect([again.created, again.entry.upn]).toEqual([false, 'alice@contoso.example'])
    expect(again.entry.serialNumber).toBe(first.entry.serialNumber)
    expect(cost()).toEqual({ signatures: 1, writes: 1 })
  })
})
