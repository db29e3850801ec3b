import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Explained } from '../../../cli/ledger/explainIssuance.ts'
import { readAuthority } from '../../../lib/authority/authority.ts'
import type { Enrolled } from '../../../lib/enroll/enroll.ts'
import { ledgerTable } from '../../../lib/ledger/record/ledgerKey.ts'
import type { Signals } from '../../../lib/policy/signals/signals.ts'
import type { Tables } from '../../../lib/store/tables.ts'
import { parseTenantId } from '../../../lib/tenant/tenantId.ts'
import { certificateDigest, encodeCertificate, parseCertificate } from '../../../lib/x509/certificate.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import {
  issuanceRow,
  someIssuance,
  someSignals,
  storeIssuances,
  watchScans,
} from '../../lib/ledger/storedRows.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { openssl } from '../../openssl.ts'
import { testUser } from '../../tokens.ts'
import { networks, policyDocument } from '../../policies.ts'
import { createWorld, type World } from '../../world.ts'
import { type RunOptions, runStream, testDeployment } from '../runCommand.ts'
import { tooWide } from '../withAuthority.ts'

let world: World
let enrolled: Enrolled
beforeAll(async () => {
  world = await createWorld()
  enrolled = await world.enroll()
})
afterAll(() => world[Symbol.asyncDispose]())

const show = (argument: string, options: RunOptions = {}, tenant = world.tenant) =>
  runStream(['ledger', 'show', argument, '--tenant', tenant], testDeployment('.'), {
    now: world.now,
    ...options,
  })

const explain = async (argument: string, options: RunOptions = {}): Promise<Explained> => {
  const args = ['ledger', 'show', argument, '--tenant', world.tenant, '--json']
  return JSON.parse(await runStream(args, testDeployment('.'), { now: world.now, ...options })) as Explained
}

const writeCertificate = async (der: Uint8Array, name = 'certificate.pem'): Promise<string> => {
  const file = join(await temporaryFolder(), name)
  await writeFile(file, encodePem('CERTIFICATE', der))
  return file
}

/** The certificate again, signed by this key: the same octets but for the signature. */
const signedAgain = (der: Uint8Array, privateKey: Parameters<typeof sign>[2]): Uint8Array =>
  encodeCertificate(
    parseCertificate(der).signed,
    'ES256',
    sign('sha256', parseCertificate(der).signed, privateKey),
  )

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

describe('mayfly ledger show', () => {
  it('explains a certificate from its PEM file, its DER file, its chain or the folder of its client', async () => {
    const { certificate, serialNumber } = enrolled.entry
    const folder = await temporaryFolder()
    const pem = encodePem('CERTIFICATE', certificate)
    await writeFile(join(folder, 'certificate.pem'), pem)
    await writeFile(join(folder, 'leaf.der'), certificate)
    const chain = enrolled.chain.map((der) => encodePem('CERTIFICATE', der))
    await writeFile(join(folder, 'chain.pem'), [pem, ...chain].join(''))
    for (const name of ['certificate.pem', 'leaf.der', 'chain.pem', '.'])
      expect((await explain(join(folder, name))).issuance.serialNumber).toBe(serialNumber)
  })

  it('explains it from its serial number: with colons or without, in any case', async () => {
    const { serialNumber } = enrolled.entry
    const colons = serialNumber.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:')
    for (const argument of [serialNumber, serialNumber.toUpperCase(), colons])
      expect((await explain(argument)).issuance.serialNumber).toBe(serialNumber)
  })

  it('tells who, on what evidence, by which rule, signed by whom, and where the logs have it', async () => {
    const { entry } = enrolled
    const authority = await readAuthority(world.tables, parseTenantId(world.tenant))
    const generation = (id: string) => authority?.generations.find((one) => one.id === id)
    const notices: string[] = []
    const shown = await explain(entry.serialNumber, { notices })
    expect(notices).toEqual([])
    expect(shown).toMatchObject({
      table: ledgerTable(new Date(world.now.getTime() + 3_600_000)),
      issuance: {
        tenant: world.tenant,
        issuedAt: world.now.toISOString(),
        upn: testUser.upn.toLowerCase(),
        deviceId: testUser.deviceId,
        tokenIssuer: world.issuer.url,
        subject: 'alice',
        tokenId: entry.tokenId,
        client: 'vpn-client',
        proof: 'compliantDevice',
        policy: 'default',
        requestId: entry.requestId,
        keyHash: entry.keyHash,
        sha256: certificateDigest(entry.certificate),
      },
      configuration: { revision: 1, appliedAt: world.now.toISOString(), appliedBy: 'local:tester' },
      issuer: { id: 'issuer~0001', state: 'active', sha256: generation('issuer~0001')?.digest },
      root: { id: 'root~0001', state: 'active', sha256: generation('root~0001')?.digest },
      certificate: { subject: 'CN=alice@contoso.example', serialNumber: entry.serialNumber },
      explanation: { decision: { kind: 'allow' }, policies: [{ outcome: 'satisfied' }] },
      unexplained: null,
      alarms: [],
    })
  })

  it('decodes what openssl reads in the certificate', async () => {
    const { certificate, issuance } = await explain(enrolled.entry.serialNumber)
    const text = openssl(
      ['x509', '-noout', '-text', '-fingerprint', '-sha256'],
      issuance.certificate,
    ).toString()
    const digest = /Fingerprint=([0-9A-F:]+)/i.exec(text)?.[1]?.replaceAll(':', '').toLowerCase()
    expect(certificate.sha256).toBe(digest)
    const value = (name: string) => certificate.extensions.find((one) => one.name === name)
    expect(value('keyUsage')).toMatchObject({ critical: true, value: 'digitalSignature' })
    expect(value('extKeyUsage')?.value).toBe('clientAuth 1.3.6.1.5.5.7.3.2, 1.3.6.1.4.1.311.87')
    expect(text).toContain('TLS Web Client Authentication, 1.3.6.1.4.1.311.87')
    expect(value('subjectAltName')?.value).toMatch(/^upn alice@contoso\.example/)
    const identifier = /Authority Key Identifier: *\n? *(?:keyid:)?([0-9A-F:]+)/.exec(text)?.[1]
    expect(value('authorityKeyIdentifier')?.value).toBe(identifier?.replaceAll(':', '').toLowerCase())
    const oids = certificate.extensions.map(({ oid }) => oid)
    expect(oids).toEqual(parseCertificate(enrolled.entry.certificate).tbs.extensions.map(({ oid }) => oid))
  })

  it('is text of 80 columns for people, but for what is copied whole', async () => {
    const text = await show(enrolled.entry.serialNumber)
    const headings = text.split('\n').filter((line) => /^\S/.test(line))
    expect(headings).toEqual([
      'issued',
      'on the evidence of a token',
      'because the device was proven compliant',
      'on these signals',
      'signed by',
      'recorded as',
      'certificate',
    ])
    expect(text).toMatch(/^ {2}to +alice@contoso\.example$/m)
    expect(text).toMatch(/^ {2}by +revision 1 by local:tester, 2026-03-02T10:00:00Z \(in 0 seconds\)$/m)
    expect(text).toMatch(/^ {2}deny list +before its first entry$/m)
    expect(
      tooWide(text).filter((line) => !/https:|[0-9a-f]{36}|[0-9a-f-]{36}|extKeyUsage/.test(line)),
    ).toEqual([])
  })

  it('decides again: what came of every policy, by which signals, and what cut the life short', async () => {
    const everyHour = {
      signInFrequency: { isEnabled: true, type: 'hours', value: 1, frequencyInterval: 'timeBased' },
    }
    const mfa = { grantControls: { operator: 'OR', builtInControls: ['mfa', 'compliantDevice'] } }
    await using governed = await createWorld({
      trust: { signals: { authTime: 'auth_time', groups: 'groups' } },
      policySet: {
        policies: [
          policyDocument('A device', { id: 'a', sessionControls: everyHour }),
          policyDocument('B group', { id: 'b', conditions: { users: { includeGroups: ['contractors'] } } }),
          policyDocument('C places', {
            id: 'c',
            ...mfa,
            conditions: { locations: { includeLocations: ['All'], excludeLocations: ['office'] } },
          }),
          policyDocument('D idle', { id: 'd', state: 'disabled' }),
          policyDocument('E trial', {
            id: 'e',
            state: 'enabledForReportingButNotEnforced',
            grantControls: { operator: 'OR', builtInControls: ['block'] },
          }),
        ],
        locations: [{ ...networks('office', '192.0.2.0/24'), id: 'office' }],
      },
    })
    const authTime = Math.floor(governed.now.getTime() / 1000) - 600
    const token = await governed.issuer.token({ claims: { auth_time: authTime, groups: ['x'] } })
    const { entry } = await governed.enroll({ token })
    expect(entry.notAfter).toEqual(new Date('2026-03-02T10:49:59Z'))
    const text = await show(entry.serialNumber, { watchTables: () => governed.tables }, governed.tenant)
    const fields = text.split('\n').map((line) => line.trim().replaceAll(/ {2,}/g, '  '))
    expect(fields).toEqual(
      expect.arrayContaining([
        'proof  compliantDevice',
        'permitted by  A device (a)',
        'policy  "A device": satisfied',
        'policy  "B group": not applied: users',
        'policy  "C places": satisfied; nobody can tell: locations',
        expect.stringMatching(/^policy  "D idle": never applies: /),
        'policy  "E trial" (report-only): failed: block',
        'life  until 2026-03-02T10:50:00Z at most, signInFrequency of "A device"',
        'groups  ["x"]',
        `authTime  ${authTime}`,
      ]),
    )
    expect(text).not.toContain('ALARM')
    const older = { ...(entry.signals as Signals), authTime: authTime - 60 }
    const serialNumber = '4000000000000000000000000000000d'
    await storeIssuances(governed.tables, governed.tenant, [
      { ...entry, tokenId: `older ${entry.tokenId}`, serialNumber, signals: older },
    ])
    expect(await show(serialNumber, { watchTables: () => governed.tables }, governed.tenant)).toMatch(
      /^ALARM: decided again, revision 1 allows the certificate no such long life$/m,
    )
  })

  it('says that a device was joined, where that was proven', async () => {
    const { entry } = await world.enroll()
    const serialNumber = '4000000000000000000000000000000e'
    await storeIssuances(world.tables, world.tenant, [
      { ...entry, tokenId: `joined ${entry.tokenId}`, serialNumber, proof: 'domainJoinedDevice' },
    ])
    expect(await show(serialNumber)).toMatch(/^because the device was proven joined to the domain$/m)
  })

  it('decides nothing again where the row leaves out what was too long, and says so', async () => {
    const { entry } = await world.enroll()
    const tokenId = `long ${entry.tokenId}`
    const serialNumber = '4000000000000000000000000000000c'
    const groups = Array.from({ length: 1_000 }, () => randomUUID())
    const signals = { ...someSignals('yes'), groups }
    await storeIssuances(world.tables, world.tenant, [{ ...entry, tokenId, serialNumber, signals }])
    const text = await show(serialNumber)
    expect(text).toMatch(/^ {2}policies +the row leaves out groups, too long for it$/m)
    expect(text).not.toContain('decided again')
  })

  it('reads the few tables of its time for a certificate, and all of them for a serial number', async () => {
    const read: string[] = []
    const watchTables = (tables: Tables): Tables => ({
      ...tables,
      scan(table, what) {
        read.push(table)
        return tables.scan(table, what)
      },
    })
    const unknown = signedAgain(enrolled.entry.certificate, newKey())
    const file = await writeCertificate(unknown)
    await expect(show(file, { watchTables })).toRefuse('issuance-unknown')
    expect(read).toEqual(['ledger20260303', 'ledger20260302'])
    read.length = 0
    await expect(show('40'.repeat(16), { watchTables })).toRefuse('issuance-unknown')
    expect(read.length).toBeGreaterThan(3)
    expect(read).toEqual(read.toSorted().toReversed())
  })

  it('raises the alarm for a certificate that an issuer signed and the ledger does not hold', async () => {
    const [issuer] = (await readAuthority(world.tables, parseTenantId(world.tenant)))?.issuers ?? []
    const other = await world.enroll()
    const tbs = Buffer.from(parseCertificate(other.entry.certificate).signed)
    // Another serial number of the same length.
    const at = tbs.indexOf(Buffer.from(other.entry.serialNumber, 'hex'))
    tbs[at + 5] = (tbs[at + 5] ?? 0) ^ 1
    const der = encodeCertificate(
      tbs,
      'ES256',
      await world.keys.forge(issuer?.generation.keyReference ?? '', tbs),
    )
    await expect(show(await writeCertificate(der))).toRefuse(
      'issuance-unknown',
      /: issuer~0001 SIGNED it and it is NOT in the ledger\.$/,
    )
  })

  it('tells that no issuer of the tenant signed it, and that the ledger has another with its number', async () => {
    const file = await writeCertificate(signedAgain(enrolled.entry.certificate, newKey()))
    await expect(show(file)).toRefuse(
      'issuance-unknown',
      /: it is not in the ledger, and no issuer of the tenant signed it\. The ledger holds another certificate with this serial number\.$/,
    )
  })

  it('tells that the row may be gone where the ledger of its time is not kept', async () => {
    const watchTables = (tables: Tables): Tables => ({
      ...tables,
      names: () => Promise.resolve(['ledger20260303']),
    })
    const file = await writeCertificate(enrolled.entry.certificate)
    await expect(show(file, { watchTables })).toRefuse(
      'issuance-unknown',
      /SIGNED it .* It may have been: the ledger is kept from ledger20260303 on only\.$/,
    )
  })

  it('explains no certificate of another tenant', async () => {
    await using another = await createWorld()
    const { entry } = await another.enroll()
    await expect(show(entry.serialNumber)).toRefuse(
      'issuance-unknown',
      /no ledger table of the tenant has it/,
    )
    await expect(show(await writeCertificate(entry.certificate))).toRefuse('issuance-unknown', /no issuer/)
  })

  it.each([
    ['serialNumber', '4000000000000000000000000000000a', /column serialNumber/],
    ['upn', 'bob@contoso.example', /column upn/],
    ['keyHash', 'cd'.repeat(32), /column keyHash/],
    ['notAfter', '2026-03-03T10:00:00.000Z', /column notAfter/],
    ['issuerId', 'issuer~0009', /no issuer~0009/],
    ['revision', 9, /no revision 9/],
    [
      'signals',
      '{"version":1,"at":1,"proofs":{}}',
      /decided again, revision 1 does not allow the certificate/,
    ],
    ['signals', '{"version":1,"at":1}', /its signals make no sense/],
    ['policy', 'other', /decided again, revision 1 allows the certificate by another policy or proof/],
    ['certificate', 'signed again', /issuer~0001 did not sign the certificate/],
  ] as const)(
    'raises the alarm for a row whose %s is not as it was written',
    async (column, value, alarm) => {
      const { entry } = await world.enroll()
      const row = issuanceRow(world.tenant, entry)
      const changed = value === 'signed again' ? signedAgain(entry.certificate, newKey()) : value
      const { table } = row
      await world.tables.remove(table, row)
      await world.tables.insert(table, { ...row, values: { ...row.values, [column]: changed } })
      const notices: string[] = []
      const serial = column === 'serialNumber' ? value : entry.serialNumber
      const text = await show(serial, { notices })
      expect(notices).toEqual([expect.stringMatching(alarm)])
      expect(text).toMatch(new RegExp(`^ALARM: .*${alarm.source}`))
      expect((await explain(serial)).alarms).toEqual([expect.stringMatching(alarm)])
    },
  )

  it('lets no text of a token act on a terminal', async () => {
    const { entry } = await world.enroll()
    const nasty = '\u001b[2J\u009b\u202e'
    const tokenId = `another ${entry.tokenId}`
    const serialNumber = '4000000000000000000000000000000b'
    const signals = [{ proof: nasty, signal: 'proven' as const }]
    const changes = { subject: nasty, client: nasty, proof: nasty, upn: nasty, signals }
    await storeIssuances(world.tables, world.tenant, [{ ...entry, tokenId, serialNumber, ...changes }])
    const active = /[\p{Cc}\p{Cf}]/u
    const shown = async (...rest: readonly string[]) => {
      const args = ['ledger', 'show', serialNumber, '--tenant', world.tenant, ...rest]
      return (await runStream(args, testDeployment('.'))).replaceAll('\n', '')
    }
    expect(await shown()).not.toMatch(active)
    expect(await shown('--json')).not.toMatch(active)
  })

  it('explains a row of an older version, which lacks columns', async () => {
    const { certificate, serialNumber, keyHash, notBefore, notAfter } = enrolled.entry
    const old = someIssuance({ certificate, serialNumber, keyHash, notBefore, notAfter })
    const { values, ...place } = issuanceRow(world.tenant, old)
    const lost = ['tokenIssuedAt', 'tokenExpiresAt', 'invocationId', 'denyList', 'client', 'signals']
    const kept = Object.fromEntries(Object.entries(values).filter(([name]) => !lost.includes(name)))
    const watchTables = (tables: Tables) => ({
      ...tables,
      names: () => Promise.resolve(['ledger20260302']),
      async *scan() {
        yield await Promise.resolve({ ...place, etag: '', values: kept })
      },
    })
    expect(await show(serialNumber, { watchTables })).toMatch(/^ {2}issued at +-$/m)
  })

  it('stops reading where it found the row', async () => {
    const watches: { pulled: number; open: number }[] = []
    const watchTables = (tables: Tables) => {
      const watch = watchScans(tables)
      watches.push(watch)
      return watch.tables
    }
    await show(enrolled.entry.serialNumber, { watchTables })
    expect(watches).toMatchObject([{ pulled: 1, open: 0 }])
  })

  it('refuses what is neither a serial number nor a certificate', async () => {
    const folder = await temporaryFolder()
    await expect(show(join(folder, 'none'))).toRefuse(
      'usage-wrong',
      /none, which is no serial number either: ENOENT/,
    )
    await expect(show(folder)).toRefuse('usage-wrong', /ENOENT/)
    await expect(show('40')).toRefuse('usage-wrong', /no serial number/)
    await writeFile(join(folder, 'text'), 'hello')
    await expect(show(join(folder, 'text'))).toRefuse('certificate-malformed')
    await mkdir(join(folder, 'certificate.pem'))
    await expect(show(folder)).toRefuse('usage-wrong', /EISDIR/)
    await expect(show(enrolled.entry.serialNumber, {}, 'nobody')).toRefuse('tenant-unknown')
  })
})
