import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { fetchDrops, type TaggedDrops } from '../../client/drops/fetchDrops.ts'
import { registerHttp } from '../../functions/registerHttp.ts'
import { composeApp } from '../../lib/app.ts'
import { addRelyingParty } from '../../lib/authority/adopt/relyingParty.ts'
import { requestTimes } from '../../lib/deadline/requestTimes.ts'
import { type DropUser, maxDropListOctets } from '../../lib/drops/dropList.ts'
import { ledgerOf } from '../../lib/ledger/record/ledger.ts'
import { ledgerKey } from '../../lib/ledger/record/ledgerKey.ts'
import { denyHeadRow, entryRowOf } from '../../lib/tenant/denyEntry.ts'
import { parseTenantId, type TenantId } from '../../lib/tenant/tenantId.ts'
import { installFunctionsCore } from '../../local/functionsCore.ts'
import { type FunctionsHost, startFunctionsHost } from '../../local/functionsHost.ts'
import { aKey, alice, amend, laptop, lift, stop, userOf, writeEntries } from '../lib/tenant/denials.ts'
import { runCommand, testDeployment } from '../cli/runCommand.ts'
import { someIssuance } from '../lib/ledger/storedRows.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { describedFetch } from '../e2e/describedFetch.ts'
import { applyDocument, createWorld, partyTester, uniqueTenantId, type World } from '../world.ts'
import { genericTrust, tenantDocument } from '../tenants.ts'

let world: World
let host: FunctionsHost
let tenant: TenantId
const lines: string[] = []
/** What reading a deny list waits for. */
let gate: Promise<unknown> = Promise.resolve()
/** Sends a request, and holds the reply up to docs/openapi.json. */
const send = describedFetch()
const secret = 'canary-secret'
const ada: DropUser = { upn: 'ada@contoso.example', objectId: '6f1f2f0a-1c3b-4c55-9d3e-0a2b3c4d5e6f' }

/** The functions on tables that are watched, at a time that stands still. */
beforeAll(async () => {
  world = await createWorld()
  const log = ({ message }: { readonly message: string }) => void lines.push(message)
  const { registry } = installFunctionsCore({ log })
  const { keys: signerSource } = world
  const list: typeof world.tables.list = async (...asked) => {
    const [, , part] = asked
    if (part && 'only' in part && part.only.from === 'deny~') await gate
    return world.tables.list(...asked)
  }
  const tables = { ...world.tables, list }
  const now = () => world.now
  const app = composeApp({ tables, signerSource, allowLoopbackHttp: false, now, times: requestTimes() })
  registerHttp(Promise.resolve(app))
  await registry.finishLoading()
  host = await startFunctionsHost({ registry, host: '127.0.0.1', port: 0, log })
})

afterAll(async () => {
  await host.close()
  await world[Symbol.asyncDispose]()
})

/** Each test has a tenant of its own. */
beforeEach(async () => {
  world.tables.fault = () => undefined
  gate = Promise.resolve()
  tenant = parseTenantId(uniqueTenantId())
  const issuer = genericTrust({ url: `https://issuer.example/${tenant}`, audience: 'api://mayfly' })
  await applyDocument(world.tables, tenantDocument(tenant, [issuer]), world.now)
  await addRelyingParty(world.tables, { tenant, name: 'vpn-1', secret }, partyTester(world.now))
  lines.length = 0
})

const later = (milliseconds: number): void => {
  world.now = new Date(world.now.getTime() + milliseconds)
}

const basic = (credential: string) => ({
  authorization: `Basic ${Buffer.from(credential).toString('base64')}`,
})

const get = (headers: Readonly<Record<string, string>> = basic(`vpn-1:${secret}`), method = 'GET') =>
  send(`${host.url}/v1/${tenant}/drops`, { method, headers })

/** As a VPN server asks. */
const ask = (kept?: TaggedDrops) =>
  fetchDrops({ tenant, relyingParty: { url: host.url, name: 'vpn-1', secret }, kept, attempts: 1 })

const held = async (): Promise<TaggedDrops> => {
  const fetched = await ask()
  return fetched.kind === 'changed' ? fetched : expect.fail(`The list is ${fetched.kind}.`)
}

const values = async () => (await held()).list.drops.map(({ value }) => value)
const at = () => new Date(Math.floor(world.now.getTime() / 1000) * 1000)
const now = () => ({ now: world.now })

describe('GET /v1/{tenant}/drops', () => {
  it('gives an empty list before anybody was stopped, to relying parties alone', async () => {
    expect(await ask()).toMatchObject({
      kind: 'changed',
      list: { tenant, sequence: 0, hintSeconds: 15, drops: [] },
    })
    for (const credential of ['vpn-1:wrong', `vpn-2:${secret}`, 'vpn-1:', `VPN-1:${secret}`]) {
      const refused = await get(basic(credential))
      expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
        401,
        'Basic realm="relying-parties", charset="UTF-8"',
      ])
    }
    expect((await get({})).status).toBe(401)
    expect((await get({ authorization: 'Bearer a.b.c' })).status).toBe(401)
  })

  it('asks no table for a stranger but for the list of relying parties, once a second', async () => {
    await stop(world.tables, { tenant, subject: alice })
    await ask()
    later(2_000)
    world.tables.calls.length = 0
    for (let times = 0; times < 9; times++) expect((await get(basic(`vpn-1:${times}`))).status).toBe(401)
    expect(world.tables.calls).toEqual([{ method: 'list', table: 'relyingParties' }])
  })

  it('tells who was stopped, when, until when and whose sessions these are, in that order', async () => {
    const until = new Date(world.now.getTime() + 3_600_100)
    await stop(world.tables, { tenant, subject: laptop }, { ...now(), until })
    await stop(world.tables, { tenant, subject: alice }, now())
    await amend(
      world.tables,
      { tenant, subject: laptop },
      { ...now(), users: [ada, { upn: 'b@contoso.example', objectId: undefined }] },
    )
    const { list, etag } = await held()
    expect(list).toEqual({
      tenant,
      sequence: 3,
      hintSeconds: 15,
      drops: [
        {
          ...laptop,
          at: at(),
          // A second that began counts whole: nobody is let in before the service lets them.
          until: new Date(Math.ceil(until.getTime() / 1000) * 1000),
          users: [ada, { upn: 'b@contoso.example', objectId: undefined }],
        },
        { ...alice, at: at(), until: undefined, users: [] },
      ],
    })
    const octets = Buffer.from(await (await get()).arrayBuffer())
    expect(etag).toBe(`"${createHash('sha256').update(octets).digest('hex')}"`)
    expect(octets.toString()).not.toContain('laptop is lost')
  })

  it('answers 304 to whoever has the list, HEAD without the list, and lets nobody between keep it', async () => {
    await stop(world.tables, { tenant, subject: alice })
    const whole = await get()
    const etag = whole.headers.get('etag') ?? ''
    const length = String((await whole.arrayBuffer()).byteLength)
    expect(whole.headers.get('cache-control')).toBe('private, no-cache')
    const current = await get({ ...basic(`vpn-1:${secret}`), 'if-none-match': etag })
    expect([current.status, current.headers.get('etag'), await current.text()]).toEqual([304, etag, ''])
    const head = await get(basic(`vpn-1:${secret}`), 'HEAD')
    expect([head.status, head.headers.get('etag'), head.headers.get('content-length')]).toEqual([
      200,
      etag,
      length,
    ])
    // A date alone tells nothing.
    const dated = await get({ ...basic(`vpn-1:${secret}`), 'if-modified-since': world.now.toUTCString() })
    expect(dated.status).toBe(200)
    expect((await get({ 'if-none-match': etag })).status).toBe(401)
    expect((await get(basic(`vpn-1:${secret}`), 'POST')).status).toBe(405)
  })

  it('shows a denial within 30 s under another tag, whom it is about, and that it was lifted', async () => {
    const kept = await held()
    await stop(world.tables, { tenant, subject: aKey })
    later(30_000)
    const stopped = await ask(kept)
    expect(stopped).toMatchObject({ kind: 'changed', list: { sequence: 1, drops: [aKey] } })
    await amend(world.tables, { tenant, subject: aKey }, { users: [ada] })
    later(30_000)
    expect(await held()).toMatchObject({ list: { sequence: 2, drops: [{ ...aKey, users: [ada] }] } })
    await lift(world.tables, { tenant, subject: aKey })
    later(30_000)
    expect(await held()).toMatchObject({ list: { sequence: 3, drops: [] } })
  })

  it('follows the commands: whom `deny` stops and finds is on it within 30 s, and off it after `deny lift`', async () => {
    const folder = await temporaryFolder()
    const run = (...words: readonly string[]) =>
      runCommand([...words, '--tenant', tenant], testDeployment(folder), { now: world.now })
    const entry = someIssuance({
      upn: ada.upn,
      subject: ada.objectId ?? '',
      keyHash: aKey.value,
      issuedAt: world.now,
    })
    const { tokenIssuer: issuer, subject, tokenId } = entry
    const expiresAt = Math.floor(world.now.getTime() / 1000) + 3600
    await ledgerOf(world.tables).record(ledgerKey({ tenant, issuer, subject, tokenId, expiresAt }), entry)
    const kept = await held()
    const began = world.now
    await run('deny', 'key', aKey.value, '--reason', 'r')
    later(30_000)
    const stopped = await ask(kept)
    expect(stopped).toMatchObject({
      kind: 'changed',
      list: {
        sequence: 2,
        drops: [{ ...aKey, at: new Date(Math.floor(began.getTime() / 1000) * 1000), users: [ada] }],
      },
    })
    await run('deny', 'lift', aKey.value)
    later(30_000)
    expect(await ask(await held())).toEqual({ kind: 'same' })
    expect((await held()).list).toMatchObject({ sequence: 3, drops: [] })
  })

  it('ends an entry at its instant, under another tag and without a change', async () => {
    await stop(
      world.tables,
      { tenant, subject: alice },
      { ...now(), until: new Date(world.now.getTime() + 5_000) },
    )
    await stop(world.tables, { tenant, subject: laptop }, now())
    const kept = await held()
    expect(kept.list.drops).toHaveLength(2)
    later(4_999)
    expect(await ask(kept)).toEqual({ kind: 'same' })
    later(1)
    expect(await ask(kept)).toMatchObject({ kind: 'changed', list: { sequence: 2, drops: [laptop] } })
  })

  it('is never empty in an outage: it is as old as the deny list may be, and then 503', async () => {
    await stop(world.tables, { tenant, subject: alice })
    await held()
    world.tables.fault = ({ table }) => (table === 'tenants' ? 'failed' : undefined)
    later(59_000)
    expect(await values()).toEqual([alice.value])
    later(1_000)
    const refused = await get()
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
    await expect(ask()).toRefuse('tables-unavailable')
  })

  it.each([
    ['the configuration', ({ method }: { method: string }) => method === 'get'],
    ['the relying parties', ({ table }: { table: string }) => table === 'relyingParties'],
    [
      'the deny list',
      ({ method, table }: { method: string; table: string }) => method === 'list' && table === 'tenants',
    ],
  ])('is 503 where %s cannot be read, and there again when they can', async (_, fails) => {
    await stop(world.tables, { tenant, subject: alice })
    world.tables.fault = (call) =>
      fails({ method: call.method, table: call.table ?? '' }) ? 'failed' : undefined
    await expect(ask()).toRefuse('tables-unavailable')
    world.tables.fault = () => undefined
    expect(await values()).toEqual([alice.value])
  })

  it('is a fault of the service where a row of the deny list is not what was written: it may be of anybody', async () => {
    await stop(world.tables, { tenant, subject: alice })
    await held()
    const row = entryRowOf(tenant, {
      ...laptop,
      reason: '',
      until: undefined,
      at: world.now,
      by: partyTester(world.now).actor,
      number: 2,
      users: [],
    })
    await world.tables.insert('tenants', { ...row, values: { ...row.values, kind: 'group' } })
    later(31_000)
    const refused = await get()
    expect(refused.status).toBe(500)
    expect(await refused.json()).toMatchObject({ type: 'urn:mayfly:problem:fault' })
  })

  it('takes rows of before Mayfly looked for users, and users that somebody garbled, for nobody', async () => {
    for (const [number, subject, users] of [
      [1, alice, undefined],
      [2, laptop, '{'],
      [3, aKey, '[["x"],["ada@contoso.example",""]]'],
    ] as const) {
      const told = {
        reason: '',
        until: undefined,
        at: world.now,
        by: partyTester(world.now).actor,
        users: [],
      }
      const row = entryRowOf(tenant, { ...subject, ...told, number })
      const { users: _, ...rest } = row.values
      await world.tables.insert('tenants', {
        ...row,
        values: users === undefined ? rest : { ...rest, users },
      })
    }
    await world.tables.insert('tenants', {
      partition: tenant,
      row: denyHeadRow,
      values: { number: 3, changeId: '' },
    })
    expect((await held()).list.drops.map(({ users }) => users.length)).toEqual([0, 0, 1])
  })

  it('leaves a line of its own, without the secret and without whom it is about', async () => {
    await stop(world.tables, { tenant, subject: alice })
    await held()
    await get(basic('vpn-1:wrong'))
    const told = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
    expect(told).toMatchObject([
      { function: 'drops', tenant, status: 200, code: 'ok' },
      { function: 'drops', tenant, status: 401, code: 'relying-party-refused' },
    ])
    for (const line of lines) {
      expect(line).not.toContain(secret)
      expect(line).not.toContain(alice.value)
    }
  })

  it('gives 5,000 entries whole, in octets that a client takes', async () => {
    await writeEntries(world.tables, tenant, { count: 5_000, until: undefined })
    const { list, etag } = await held()
    expect(list.drops).toHaveLength(5_000)
    expect(list.drops.map(({ value }) => value)).toContain(userOf(4_999).value)
    const octets = (await (await get()).arrayBuffer()).byteLength
    expect(octets).toBeLessThan(maxDropListOctets / 10)
    expect(await ask({ list, etag })).toEqual({ kind: 'same' })
  })

  describe.each(['GET', 'HEAD'])('by %s', (method) => {
    const good = basic(`vpn-1:${secret}`)

    it('tells a party that asks many times at once to come again, where there are others', async () => {
      await addRelyingParty(world.tables, { tenant, name: 'vpn-2', secret }, partyTester(world.now))
      for (const name of ['vpn-2', 'vpn-1']) await get(basic(`${name}:${secret}`))
      const reading = Promise.withResolvers<void>()
      gate = reading.promise
      later(30_000)
      const asked = Array.from({ length: 20 }, () => get(good, method))
      await Promise.race(asked)
      reading.resolve()
      const statuses = (await Promise.all(asked)).map(({ status }) => status)
      expect(new Set(statuses)).toEqual(new Set([200, 429]))
    })

    it('answers as it is described', async () => {
      const etag = (await get(good)).headers.get('etag') ?? ''
      expect((await get({ ...good, 'if-none-match': etag }, method)).status).toBe(304)
      expect((await get(good, method)).status).toBe(200)
      expect((await get({}, method)).status).toBe(401)
      expect((await send(`${host.url}/v1/nobody/drops`, { method, headers: good })).status).toBe(404)
      world.tables.fault = () => 'failed'
      later(61_000)
      expect((await get(good, method)).status).toBe(503)
    })
  })

  // The last test: it looks back on the others.
  it('is described with no other reply: each was seen, but for those of defects', () => {
    expect(send.unseen((path) => path.endsWith('/drops'))).toEqual([])
  })
})
