import { createHash, randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Outcome } from '../../../cli/commandLine/command.ts'
import { exitCodes } from '../../../cli/commandLine/exitCodes.ts'
import type { Entry } from '../../../lib/ledger/record/entry.ts'
import { ledgerOf } from '../../../lib/ledger/record/ledger.ts'
import { ledgerKey, ledgerTable } from '../../../lib/ledger/record/ledgerKey.ts'
import type { Tables } from '../../../lib/store/tables.ts'
import { readDenyList } from '../../../lib/tenant/denyEntry.ts'
import { readDenyHistory } from '../../../lib/tenant/denyHistory.ts'
import { denyFreshMilliseconds, openDenyLists } from '../../../lib/tenant/denyList.ts'
import { parseTenantId } from '../../../lib/tenant/tenantId.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import { keyHash } from '../../../lib/x509/publicKey.ts'
import { testTables } from '../../azurite.ts'
import { watchTables } from '../../lib/store/watchTables.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { openssl } from '../../openssl.ts'
import { genericTrust, type Members } from '../../tenants.ts'
import { applyDocument, type DeviceKey, makeDeviceKey } from '../../world.ts'
import { runCommand, type RunOptions, testDeployment, testTime } from '../runCommand.ts'
import { testDocument } from '../testDocument.ts'
import { tooWide } from '../withAuthority.ts'
import { someIssuance } from '../../lib/ledger/storedRows.ts'

const alice = 'alice@contoso.example'
const laptop = '0b5f7c86-9e5e-4c44-8a3f-3d2b9b0c7f11'
const aKey = 'ab'.repeat(32)
const hour = 3_600_000
const after = (milliseconds: number) => new Date(testTime.getTime() + milliseconds)

let tables: Tables
let folder: string
let tenant: string

const applyTenant = async (changes: Members = {}): Promise<void> => {
  const document = testDocument(changes)
  tenant = document.tenant
  await applyDocument(tables, document, testTime)
}

beforeAll(async () => {
  tables = await testTables(testTime)
})

beforeEach(async () => {
  folder = await temporaryFolder()
  await applyTenant()
})

const run = (words: readonly string[], options: RunOptions = {}): Promise<Outcome> =>
  runCommand([...words, '--tenant', tenant], testDeployment(folder), options)

const deny = (kind: string, value: string, ...rest: readonly string[]) =>
  run(['deny', kind, value, '--reason', 'the laptop is lost', ...rest])

const list = async (options: RunOptions = {}) => (await run(['deny', 'list'], options)).json

const isStopped = async (who: { upn?: string; deviceId?: string; key?: string }, at = testTime) => {
  const found = await openDenyLists(tables, () => at).resolve(parseTenantId(tenant))
  const { upn = 'bob@contoso.example', deviceId = randomUUID(), key = '' } = who
  try {
    found.check({ upn, deviceId, keyHash: key, namesDevices: true }, at)
    return false
  } catch {
    return true
  }
}

/** Records a certificate in the ledger. */
const issue = async (changes: Partial<Entry> = {}): Promise<void> => {
  const entry = someIssuance({
    certificate: Uint8Array.of(0x30, 0x00),
    serialNumber: '4a'.repeat(16),
    keyHash: aKey,
    issuedAt: testTime,
    notAfter: after(hour - 1_000),
    upn: alice,
    deviceId: laptop,
    ...changes,
  })
  const { tokenIssuer: issuer, subject, tokenId } = entry
  await ledgerOf(tables).record(
    ledgerKey({ tenant, issuer, subject, tokenId, expiresAt: after(hour).getTime() / 1000 }),
    entry,
  )
}

describe('mayfly deny user', () => {
  it('stops a user however the name is written, and tells when that holds', async () => {
    const { text, json } = await deny('user', 'Alice@Contoso.Example', '--until', '8h')
    expect(text.split('\n')).toEqual([
      'user alice@contoso.example is stopped until 2026-03-02T18:00:00Z (in 8 hours):',
      'change 1',
      'in force      no certificate is issued from 30 seconds on, or 60 seconds where',
      '              the service cannot read its tables',
      "sessions      of the user end on VPN servers that run 'mayfly agent guard'",
      'certificates  none lives now',
    ])
    expect(json).toEqual({
      tenant,
      kind: 'user',
      value: alice,
      reason: 'the laptop is lost',
      until: '2026-03-02T18:00:00.000Z',
      changed: true,
      amended: false,
      change: 1,
      notStoppedFor: [],
      users: [],
      usersLeftOut: [],
      liveCertificates: [],
    })
    expect(await isStopped({ upn: alice })).toBe(true)
    expect(await isStopped({ upn: alice }, after(8 * hour))).toBe(false)
  })

  it('lists the certificates that live on, for a person and for a guard on a server', async () => {
    await issue({ serialNumber: '01', notAfter: after(1_000) })
    await issue({ serialNumber: '02', deviceId: '' })
    await issue({ serialNumber: '03', notAfter: after(-hour) })
    await issue({ serialNumber: '04', upn: 'bob@contoso.example' })
    const { text, json } = await deny('user', alice)
    const sha256 = createHash('sha256').update(Uint8Array.of(0x30, 0x00)).digest('hex')
    const common = { sha256, upn: alice, keyHash: aKey, notBefore: '2026-03-02T09:55:00.000Z' }
    expect(json).toMatchObject({
      until: null,
      liveCertificates: [
        { ...common, serialNumber: '02', deviceId: null, notAfter: '2026-03-02T10:59:59.000Z' },
        { ...common, serialNumber: '01', deviceId: laptop, notAfter: '2026-03-02T10:00:01.000Z' },
      ],
    })
    expect(text).toContain('certificates  2, which VPN servers accept until they end\n')
    expect(text.slice(text.indexOf('\n\n'))).toBe(`

serial number  02
  until        2026-03-02T10:59:59Z (in 59 minutes)
  user         ${alice}
  device       (not named)
  key          ${aKey}

serial number  01
  until        2026-03-02T10:00:01Z (in 1 second)
  user         ${alice}
  device       ${laptop}
  key          ${aKey}`)
    expect(tooWide(text)).toEqual([])
  })

  it('changes nothing the second time, and lists what was issued meanwhile', async () => {
    await deny('user', alice)
    await issue()
    const { text, json } = await deny('user', alice)
    expect(json).toMatchObject({
      changed: false,
      amended: true,
      change: 2,
      users: [{ upn: alice, objectId: null }],
      liveCertificates: [{ upn: alice }],
    })
    expect(text).toMatch(/^user alice@contoso\.example was stopped until it is lifted already$/m)
    expect((await deny('user', alice)).json).toMatchObject({ changed: false, amended: false, change: 2 })
    expect(await list()).toMatchObject({ change: 2 })
  })

  it.each([
    [['--until', 'tomorrow'], 'usage-wrong', /--until/],
    [['--until', '2026-03-02T09:59:59Z'], 'usage-wrong', /past/],
    [['--until', '2026-03-02T10:00:00Z'], 'usage-wrong', /past/],
    [['--until', '0h'], 'usage-wrong', /past/],
    [['--reason', ' '], 'usage-wrong', /reason/],
    [['--reason', 'x'.repeat(201)], 'usage-wrong', /reason/],
    [['--reason', 'a\nb'], 'usage-wrong', /reason/],
  ] as const)('refuses %j', async (rest, code, detail) => {
    await expect(deny('user', alice, ...rest)).toRefuse(code, detail)
    expect(await list()).toMatchObject({ change: 0 })
  })

  it('wants a reason, a tenant that exists, and one user', async () => {
    await expect(run(['deny', 'user', alice])).toRefuse('usage-wrong', /--reason is missing/)
    await expect(run(['deny', 'user', '--reason', 'r'])).toRefuse('usage-wrong', /it takes one UPN/)
    await expect(run(['deny', 'user', alice, 'bob', '--reason', 'r'])).toRefuse('usage-wrong', /one UPN/)
    tenant = 'nobody'
    await expect(deny('user', alice)).toRefuse('tenant-unknown')
  })

  it.each(['alice', 'alice@northwind.example', 'alice@@contoso.example', 'älice@contoso.example'])(
    'refuses %s, who gets no certificates anyway',
    async (upn) => {
      await expect(deny('user', upn)).toRefuse('upn-refused')
      expect(await list()).toMatchObject({ change: 0 })
    },
  )

  it.each([
    ['a suffix that left the configuration', 'alice@northwind.example'],
    ['the name of a guest', 'eve_home.example#EXT#@contoso.example'],
  ])('stops a user with %s whom the ledger, or the list, knows', async (_, upn) => {
    await expect(deny('user', upn)).toRefuse('upn-refused')
    await issue({ upn: upn.toLowerCase() })
    expect((await deny('user', upn.toUpperCase())).json).toMatchObject({
      value: upn.toLowerCase(),
      changed: true,
      users: [{ upn: upn.toLowerCase() }],
    })
    const later = after(90 * hour)
    const again = ['deny', 'user', upn, '--reason', 'another', '--until', '8h']
    expect((await run(again, { now: later })).json).toMatchObject({ changed: true, liveCertificates: [] })
  })

  it('says that the user is stopped when the ledger cannot be read, and finishes when it is run again', async () => {
    const watched = (from: Tables) => {
      const watching = watchTables(from)
      watching.fault = ({ method }) => (method === 'scan' ? 'failed' : undefined)
      return watching
    }
    const words = ['deny', 'user', alice, '--reason', 'the laptop is lost']
    await expect(run(words, { watchTables: watched })).toRefuse(
      'tables-unavailable',
      /the user is stopped, but the ledger cannot be read\. .* Run the command again\.$/,
    )
    expect(await isStopped({ upn: alice })).toBe(true)
    expect((await run(words)).json).toMatchObject({ changed: false, change: 1, liveCertificates: [] })
  })

  it('lists what it can where somebody wrote rows that cannot be read, and says so', async () => {
    await issue({ serialNumber: '01' })
    const day = ledgerTable(after(hour))
    const endless = { certificate: Uint8Array.of(0x30, 0), notBefore: testTime.toISOString() }
    for (const values of [{ upn: alice }, { upn: alice, ...endless }])
      await tables.insert(day, { partition: `${tenant}~0`, row: randomUUID(), values })
    const notices: string[] = []
    const words = ['deny', 'user', alice, '--reason', 'r', '--no-wait']
    const { text, json, exitCode } = await run(words, { notices })
    expect(json).toMatchObject({ liveCertificates: [{ serialNumber: '01' }] })
    expect(text).toContain('\nNOT READ      rows of the ledger: 2')
    expect(exitCode).toBe(exitCodes.fault)
    expect(notices.filter((line) => line.includes('cannot be read'))).toHaveLength(2)
    expect(await isStopped({ upn: alice })).toBe(true)
  })

  it('passes a defect on as it is', async () => {
    const watched = (from: Tables) => {
      const watching = watchTables(from)
      watching.fault = ({ method }) => (method === 'scan' ? new TypeError('a defect') : undefined)
      return watching
    }
    const words = ['deny', 'user', alice, '--reason', 'r']
    await expect(run(words, { watchTables: watched })).rejects.toThrow(/^a defect$/)
  })
})

describe('mayfly deny device', () => {
  it.each([laptop.toUpperCase(), `{${laptop}}`, laptop.replaceAll('-', ''), `urn:uuid:${laptop}`])(
    'stops a device written as %s, lists its certificates alone, and is lifted so',
    async (device) => {
      await issue({ serialNumber: '01', upn: 'bob@contoso.example' })
      await issue({ serialNumber: '02', deviceId: randomUUID() })
      const { json } = await deny('device', device)
      expect(json).toMatchObject({
        kind: 'device',
        value: laptop,
        liveCertificates: [{ serialNumber: '01' }],
      })
      expect(await isStopped({ deviceId: laptop })).toBe(true)
      await run(['deny', 'lift', device])
      expect(await isStopped({ deviceId: laptop })).toBe(false)
    },
  )

  it.each(['laptop-1', `{${laptop}`, laptop.slice(1), laptop.replace('-', '')])(
    'refuses %s, which is no UUID',
    async (device) => {
      await expect(deny('device', device)).toRefuse('usage-wrong', /its id is no UUID/)
    },
  )

  const trustOf = (url: string, changes: Members) => genericTrust({ url, audience: 'api://mayfly' }, changes)

  it('refuses where no token names a device and the ledger knows none, because nobody would be stopped', async () => {
    const url = `https://issuer.example/${randomUUID()}`
    await applyTenant({ tokenIssuers: [trustOf(url, { deviceIdClaim: undefined })] })
    await expect(deny('device', laptop)).toRefuse('deny-refused', /no token issuer of .* has a deviceIdClaim/)
    expect(await list()).toMatchObject({ change: 0 })
    // As long as tokens named it they bought certificates.
    await issue()
    expect((await deny('device', laptop)).json).toMatchObject({ changed: true, users: [{ upn: alice }] })
  })

  it('tells whose tokens name no device, where those of others do', async () => {
    const [silent, naming] = [randomUUID(), randomUUID()].map((id) => `https://issuer.example/${id}`)
    await applyTenant({
      tokenIssuers: [trustOf(silent ?? '', { deviceIdClaim: undefined }), trustOf(naming ?? '', {})],
    })
    const { text, json } = await deny('device', laptop)
    expect(json).toMatchObject({ changed: true, notStoppedFor: [silent] })
    expect(text).toMatch(/^not stopped {3}by tokens of$/m)
    expect(text).not.toContain(naming)
  })
})

describe('whose sessions end', () => {
  const oid = '6f1f2f0a-1c3b-4c55-9d3e-0a2b3c4d5e6f'
  const bob = 'bob@contoso.example'

  /** Users of the one entry, as the drop list has them. */
  const listedUsers = async () => {
    const { entries } = await readDenyList(tables, parseTenantId(tenant))
    return entries.map(({ users }) => users.map(({ upn, objectId }) => [upn, objectId]))
  }

  const issueBoth = async () => {
    await issue({ serialNumber: '01', subject: oid.toUpperCase() })
    await issue({ serialNumber: '02', upn: bob, subject: 'bob' })
    await issue({ serialNumber: '03', upn: bob, subject: 'bob', tokenId: 'another' })
    await issue({
      serialNumber: '04',
      upn: 'eve@contoso.example',
      deviceId: randomUUID(),
      keyHash: 'ef'.repeat(32),
    })
  }

  it.each([
    ['device', laptop],
    ['key', aKey],
  ])('is found in the ledger when a %s is stopped, by both names of each user', async (kind, value) => {
    await issueBoth()
    const { text, json } = await deny(kind, value)
    const users = [
      { upn: alice, objectId: oid },
      { upn: bob, objectId: null },
    ]
    expect(json).toMatchObject({ changed: true, amended: true, change: 2, users, usersLeftOut: [] })
    expect(text).toContain(`
sessions      of alice@contoso.example (${oid}),
              bob@contoso.example end on VPN servers that run 'mayfly agent
              guard': change 2
`)
    expect(tooWide(text)).toEqual([])
    expect((await listedUsers())[0]).toEqual(
      expect.arrayContaining([
        [alice, oid],
        [bob, undefined],
      ]),
    )
    expect(await list()).toMatchObject({ change: 2, entries: [{ change: 1, users }] })
    const history = await run(['deny', 'list', '--history'])
    expect(history.json).toMatchObject({
      changes: [
        { action: 'deny', users: [] },
        { action: 'amend', users, reason: 'the laptop is lost' },
      ],
    })
    expect(history.text).toMatch(/^2 {2}amend (device|key) /m)
  })

  it('has the other name of a user who is stopped, however a guest is spelled', async () => {
    await applyTenant({ upn: { suffixes: ['contoso.example'], allowGuests: true } })
    await issue({ upn: 'ada_partner.example#ext#@contoso.example', subject: oid })
    const { json } = await deny('user', 'ada_partner.example_EXT_@contoso.example')
    expect(json).toMatchObject({
      users: [{ upn: 'ada_partner.example#ext#@contoso.example', objectId: oid }],
    })
  })

  it('has those whose certificate ended no longer ago than it lived, and no others', async () => {
    await issue({ notBefore: after(-2 * hour), notAfter: after(-hour / 2) })
    await issue({ upn: bob, subject: 'bob', notBefore: after(-3 * hour), notAfter: after(-2 * hour) })
    const { json } = await deny('device', laptop)
    expect(json).toMatchObject({ users: [{ upn: alice }], liveCertificates: [] })
    expect(await listedUsers()).toHaveLength(1)
  })

  it('is nobody where the ledger knows nobody', async () => {
    const { text } = await deny('device', laptop)
    expect(text).toMatch(/^sessions {6}of nobody end: the ledger knows no certificate/m)
    expect(await list()).toMatchObject({ change: 1, entries: [{ users: [] }] })
  })

  it('is looked for once more when nobody gets a certificate any more, however late the first one came', async () => {
    const words = ['deny', 'device', laptop, '--reason', 'the laptop is lost']
    const notices: string[] = []
    const waits: number[] = []
    let now = testTime
    const options: RunOptions = {
      now: () => now,
      notices,
      async wait(milliseconds) {
        // Caches of 30 s, and a request that takes the 10 s it may.
        now = after(denyFreshMilliseconds + 10_000)
        await issue({ subject: oid })
        waits.push(milliseconds)
        now = after(milliseconds)
      },
    }
    expect((await run(words, options)).json).toMatchObject({
      changed: true,
      amended: true,
      users: [{ upn: alice, objectId: oid }],
    })
    expect(waits).toEqual([45_000])
    expect(notices).toEqual([expect.stringMatching(/^The device is stopped\. .* in 45 seconds/)])
    // By now there is nothing to wait for.
    expect((await run(words, options)).json).toMatchObject({ changed: false, amended: false })
    expect(waits).toHaveLength(1)
  })

  it('is looked for once with --no-wait, and at once', async () => {
    const wait = () => expect.fail('It waits.')
    const { json } = await run(['deny', 'key', aKey, '--reason', 'r', '--no-wait'], { wait })
    expect(json).toMatchObject({ changed: true, users: [] })
  })

  it('is told as unfinished where there are more than an entry holds', async () => {
    for (let index = 0; index < 82; index++)
      await issue({ upn: `user${index}@contoso.example`, subject: `${index}`, tokenId: `${index}` })
    const { text, json, exitCode } = await deny('device', laptop)
    const { users, usersLeftOut } = json as Readonly<Record<string, readonly object[]>>
    expect([users?.length, usersLeftOut?.length]).toEqual([80, 2])
    expect(text).toMatch(/^NOT LISTED {4}users: 2, more than/m)
    expect(exitCode).toBe(exitCodes.fault)
  })

  it('is on the list once the command is run again, wherever it was interrupted', async () => {
    await issueBoth()
    const words = ['deny', 'device', laptop, '--reason', 'the laptop is lost']
    let interrupted = 0
    for (let nth = 1; ; nth++) {
      for (const fault of ['failed', 'failed but persisted'] as const) {
        let calls = 0
        let method = ''
        const watched = (from: Tables) => {
          const watching = watchTables(from)
          watching.fault = (call) => {
            calls += 1
            if (calls === nth) method = call.method
            return calls === nth ? fault : undefined
          }
          return watching
        }
        await run(['deny', 'lift', laptop])
        const before = (await readDenyHistory(tables, parseTenantId(tenant))).changes.length
        const first = await run(words, { watchTables: watched }).catch((error: unknown) => error)
        // Whatever is read is asked before anything is written, or after the subject is stopped.
        const isStoppedBefore = await isStopped({ deviceId: laptop })
        const { json } = await run(words)
        expect(json, `call ${nth}, ${method}, ${fault}`).toMatchObject({
          users: [{ upn: alice }, { upn: bob }],
          usersLeftOut: [],
        })
        const { changes } = await readDenyHistory(tables, parseTenantId(tenant))
        expect(changes.slice(before).map(({ action }) => action)).toEqual(['deny', 'amend'])
        if (calls < nth) {
          expect(interrupted).toBeGreaterThan(8)
          return
        }
        interrupted += 1
        expect(first, `call ${nth}, ${method}`).toMatchObject({ code: 'tables-unavailable' })
        if (method === 'scan') expect(isStoppedBefore).toBe(true)
      }
    }
  })

  it('tells that the subject is stopped when the list cannot be amended', async () => {
    await issue()
    let writes = 0
    const watched = (from: Tables) => {
      const watching = watchTables(from)
      watching.fault = ({ method }) => (method === 'transact' && ++writes === 2 ? 'failed' : undefined)
      return watching
    }
    await expect(run(['deny', 'device', laptop, '--reason', 'r'], { watchTables: watched })).toRefuse(
      'tables-unavailable',
      /^Cannot finish: the device is stopped, but whose sessions end is not on the list\. .* Run the command again\.$/,
    )
  })
})

describe('mayfly deny key', () => {
  let key: DeviceKey

  beforeEach(() => {
    key = makeDeviceKey()
  })

  const write = async (name: string, text: string | Uint8Array): Promise<string> => {
    const file = join(folder, name)
    await writeFile(file, text)
    return file
  }

  const privatePem = () => key.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()

  const certificate = async () => {
    const file = await write('key.pem', privatePem())
    return openssl(['req', '-x509', '-new', '-key', file, '-subj', '/CN=x', '-days', '1']).toString()
  }

  it.each([
    ['as it is', (hash: string) => hash],
    ['in upper case', (hash: string) => hash.toUpperCase()],
    ['with colons', (hash: string) => hash.replaceAll(/(..)(?!$)/g, '$1:')],
  ])('stops a key by its digest %s, and lists its certificates', async (_, written) => {
    const hash = keyHash(key.spki)
    await issue({ keyHash: hash })
    const { json } = await deny('key', written(hash))
    expect(json).toMatchObject({ kind: 'key', value: hash, liveCertificates: [{ keyHash: hash }] })
    expect(await isStopped({ key: hash })).toBe(true)
  })

  it.each([
    ['a certificate', () => certificate()],
    ['a certificate with text before it', async () => `Certificate:\n  Data: x\n${await certificate()}`],
    ['a certification request', () => encodePem('CERTIFICATE REQUEST', key.csr())],
    ['a request as Windows writes it', () => encodePem('NEW CERTIFICATE REQUEST', key.csr())],
    ['a public key', () => encodePem('PUBLIC KEY', key.spki)],
    ['a public key as DER', () => key.spki],
    ['a certification request as base64', () => Buffer.from(key.csr()).toString('base64')],
  ])('stops the key of %s', async (_, make) => {
    const { json } = await deny('key', await write('file.pem', await make()))
    expect(json).toMatchObject({ kind: 'key', value: keyHash(key.spki), changed: true })
  })

  it.each([
    ['a private key', () => privatePem()],
    ['a private key beside a certificate', async () => (await certificate()) + privatePem()],
    ['two certificates', async () => (await certificate()).repeat(2)],
    ['nothing', () => ''],
    ['no key', () => 'x'],
  ])('refuses a file that holds %s, without a word of it', async (_, make) => {
    const file = await write('file.pem', await make())
    const refused = deny('key', file)
    await expect(refused).toRefuse(
      'usage-wrong',
      /must hold one certificate, .*, and nothing else\.$|it is (empty|neither DER)/,
    )
    await expect(refused).rejects.not.toThrow(/BEGIN|MI[GIH]/)
    expect(await list()).toMatchObject({ change: 0 })
  })

  it('refuses what is broken, or no key that could enroll', async () => {
    const cut = async (text: string) => deny('key', await write('cut.pem', text))
    await expect(cut('-----BEGIN CERTIFICATE-----\nMIIB\n')).toRefuse('usage-wrong', /broken or cut short/)
    await expect(cut(encodePem('PUBLIC KEY', Uint8Array.of(0x30, 0x00)))).toRefuse('csr-key-refused')
    const forged = key.csr()
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
    await expect(cut(encodePem('CERTIFICATE REQUEST', forged))).toRefuse('csr-signature-invalid')
    const weak = openssl(['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'])
    await expect(cut(openssl(['pkey', '-pubout'], weak).toString())).toRefuse('csr-key-refused', /1024 bits/)
  })

  it('refuses a file that is not there, and a digest that is too short', async () => {
    await expect(deny('key', join(folder, 'none.pem'))).toRefuse('usage-wrong', /no file .*64 hex digits/)
    await expect(deny('key', aKey.slice(1))).toRefuse('usage-wrong', /no file/)
  })

  it('lifts a key by a file', async () => {
    const file = await write('a@b.pem', encodePem('PUBLIC KEY', key.spki))
    await deny('key', file)
    const { json } = await run(['deny', 'lift', file])
    expect(json).toMatchObject({ kind: 'key', value: keyHash(key.spki), changed: true, change: 2 })
  })
})

describe('mayfly deny lift', () => {
  it('lifts what the list has, however it is written', async () => {
    for (const [kind, value] of [
      ['user', alice],
      ['device', laptop],
      ['key', aKey],
    ] as const)
      await deny(kind, value)
    const { text, json } = await run(['deny', 'lift', 'ALICE@contoso.example', '--reason', 'found'])
    expect(text.split('\n')).toEqual([
      'user alice@contoso.example is lifted: change 4; it may enroll again within 30',
      'seconds, or 60 seconds where the service cannot read its tables',
    ])
    expect(json).toEqual({ tenant, kind: 'user', value: alice, reason: 'found', changed: true, change: 4 })
    await run(['deny', 'lift', laptop.toUpperCase()])
    await run(['deny', 'lift', aKey.replaceAll(/(..)(?!$)/g, '$1:').toUpperCase()])
    expect(await list()).toMatchObject({ change: 6, entries: [] })
    expect(await isStopped({ upn: alice, deviceId: laptop, key: aKey })).toBe(false)
  })

  it('lifts who could not be stopped any more', async () => {
    await deny('device', laptop)
    const document = testDocument()
    const issuer = genericTrust(
      { url: `https://issuer.example/${randomUUID()}`, audience: 'x' },
      { deviceIdClaim: undefined },
    )
    await applyDocument(tables, { ...document, tenant, tokenIssuers: [issuer] }, testTime)
    const { text } = await run(['deny', 'list'])
    expect(text).toMatch(/^WARNING {2}no token issuer has a deviceIdClaim: devices are not stopped\.$/m)
    expect((await run(['deny', 'lift', laptop])).json).toMatchObject({ changed: true })
  })

  it.each([alice, laptop, aKey])(
    'changes nothing when %s is not stopped, once more or at all',
    async (value) => {
      const { text, json } = await run(['deny', 'lift', value])
      expect(text).toMatch(/is\s+not\s+on\s+the\s+deny\s+list;\s+nothing\s+was\s+changed/)
      expect(json).toMatchObject({ value, changed: false, change: 0 })
    },
  )

  it('refuses what is neither a subject nor a file, and a reason that is none', async () => {
    await expect(run(['deny', 'lift', 'alice'])).toRefuse('usage-wrong', /no UPN, no UUID, .* and no file/)
    await expect(run(['deny', 'lift', alice, '--reason', 'a\u0007'])).toRefuse('usage-wrong', /control/)
  })
})

describe('mayfly deny list', () => {
  beforeEach(async () => {
    await deny('user', alice, '--until', '2h')
    await deny('key', aKey)
    await run(['deny', 'lift', aKey])
    await deny('device', laptop)
  })

  it('shows who is stopped, since when, by whom, why and until when, within 80 columns', async () => {
    const { text, json } = await run(['deny', 'list'], { now: after(3 * hour) })
    expect(text).toBe(`user alice@contoso.example
  until   2026-03-02T12:00:00Z (1 hour ago): ended
  since   2026-03-02T10:00:00Z (3 hours ago) by local:tester@bench, change 1
  reason  the laptop is lost

device ${laptop}
  until   it is lifted
  since   2026-03-02T10:00:00Z (3 hours ago) by local:tester@bench, change 4
  reason  the laptop is lost`)
    const actor = { kind: 'local', name: 'tester@bench' }
    const told = {
      reason: 'the laptop is lost',
      at: '2026-03-02T10:00:00.000Z',
      by: 'local:tester@bench',
      actor,
    }
    expect(json).toEqual({
      tenant,
      change: 4,
      entries: [
        {
          kind: 'user',
          value: alice,
          ...told,
          until: '2026-03-02T12:00:00.000Z',
          ended: true,
          change: 1,
          users: [],
        },
        { kind: 'device', value: laptop, ...told, until: null, ended: false, change: 4, users: [] },
      ],
    })
  })

  it('shows every change, oldest first, with --history', async () => {
    const { text, json } = await run(['deny', 'list', '--history'])
    expect(text.split('\n').filter((line) => /^\d/.test(line))).toEqual([
      '1  deny user alice@contoso.example',
      `2  deny key ${aKey}`,
      `3  lift key ${aKey}`,
      `4  deny device ${laptop}`,
    ])
    expect(text).toContain(`3  lift key ${aKey}
  at      2026-03-02T10:00:00Z (in 0 seconds) by local:tester@bench
  reason  (none given)`)
    expect(tooWide(text)).toEqual([])
    expect(json).toMatchObject({
      change: 4,
      changes: [
        { change: 1, action: 'deny', kind: 'user', until: '2026-03-02T12:00:00.000Z' },
        { change: 2, action: 'deny', kind: 'key', until: null },
        { change: 3, action: 'lift', kind: 'key', until: null, reason: '', by: 'local:tester@bench' },
        { change: 4, action: 'deny', kind: 'device' },
      ],
    })
  })

  it('says when nobody is stopped, and when nobody ever was', async () => {
    await applyTenant()
    expect((await run(['deny', 'list'])).text).toBe(`${tenant}: nobody is stopped`)
    expect((await run(['deny', 'list', '--history'])).text).toBe(`${tenant}: the deny list was never changed`)
    expect(await list()).toEqual({ tenant, change: 0, entries: [] })
  })
})
