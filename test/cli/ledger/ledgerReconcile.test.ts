import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { auditedWorld, type AuditedWorld, type AuditRecord } from '../../lib/ledger/auditedWorld.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { testTime } from '../../world.ts'
import { runCommand, testDeployment } from '../runCommand.ts'
import { runMayfly } from '../runMayfly.ts'
import { tooWide } from '../withAuthority.ts'

const at = (minutes: number) => new Date(testTime.getTime() + minutes * 60_000)

let world: AuditedWorld
/** One certificate at 0, 20 and 40 minutes. */
let honest: readonly AuditRecord[]
/** A signature at 30 minutes that no row holds. */
let stolen: AuditRecord
let stolenId: string

beforeAll(async () => {
  world = await auditedWorld()
  for (const minutes of [0, 20, 40]) {
    world.now = at(minutes)
    await world.enroll()
  }
  honest = [...world.log]
  world.now = at(30)
  await world.steal()
  const last = world.log.at(-1)
  if (!last) throw new Error('Nothing was logged.')
  stolen = last
  stolenId = last.correlationId
  return () => world[Symbol.asyncDispose]()
})

interface Run {
  readonly appLog?: string
  readonly words?: readonly string[]
}

/** Writes the log as it is told to, and reconciles it. */
const reconcile = async (
  records: readonly AuditRecord[],
  { appLog, words = [] }: Run = {},
  write: (all: readonly AuditRecord[]) => string = (all) => all.map((one) => JSON.stringify(one)).join('\n'),
) => {
  const folder = await temporaryFolder()
  const [log, app] = [join(folder, 'PT1H.json'), join(folder, 'app.jsonl')]
  await writeFile(log, write(records))
  if (appLog !== undefined) await writeFile(app, appLog)
  const options = ['--log', log, ...(appLog === undefined ? [] : ['--app-log', app]), ...words]
  const tenant = words.includes('--tenant') ? [] : ['--tenant', world.tenant]
  return runCommand(['ledger', 'reconcile', ...tenant, ...options], testDeployment(folder), { now: at(120) })
}

/** The rows of the table AzureDiagnostics, as `az monitor log-analytics query` prints them. */
const asDiagnostics = (all: readonly AuditRecord[]): string =>
  JSON.stringify(
    all.map(({ time, operationName, correlationId, callerIpAddress, properties }) => ({
      TimeGenerated: time,
      OperationName: operationName,
      CorrelationId: correlationId,
      CallerIPAddress: callerIpAddress,
      httpStatusCode_d: String(properties.httpStatusCode),
      requestUri_s: properties.requestUri,
      id_s: properties.id,
    })),
    null,
    2,
  )

/** The rows of the table AZKVAuditLogs. */
const asDedicated = (all: readonly AuditRecord[]): string =>
  JSON.stringify(
    all.map(({ time, operationName, correlationId, callerIpAddress, identity, properties }) => ({
      TimeGenerated: time,
      OperationName: operationName,
      CorrelationId: correlationId,
      CallerIpAddress: callerIpAddress,
      Identity: JSON.stringify(identity),
      HttpStatusCode: properties.httpStatusCode,
      RequestUri: properties.requestUri,
    })),
  )

describe('mayfly ledger reconcile', () => {
  it('ends well when everything is accounted for', async () => {
    const { text, json, exitCode } = await reconcile(honest)
    expect(exitCode).toBeUndefined()
    expect(json).toMatchObject({ matched: 3, unexplained: [], unsigned: [], withoutLog: 0 })
    expect(text).toMatch(/matched +3\n[^]*Everything is accounted for\.$/)
    expect(tooWide(text)).toEqual([])
  })

  it('exits with 3 and lists a signature that no row holds', async () => {
    const { text, json, exitCode } = await reconcile([...honest, stolen])
    expect(exitCode).toBe(3)
    expect(json).toMatchObject({
      matched: 3,
      unexplained: [{ at: at(30).toISOString(), correlationId: stolenId, why: 'no row' }],
    })
    expect(text).toMatch(/SIGNATURES WITHOUT A ROW: 1\n[^]*Somebody has to look at this\.$/)
    expect(text).toContain(stolenId)
    expect(tooWide(text)).toEqual([])
  })

  it('exits with 3 and lists a row that no signature made', async () => {
    const missing = honest.filter(({ time }) => !time.startsWith(at(20).toISOString().slice(0, -1)))
    const { text, json, exitCode } = await reconcile(missing)
    expect(exitCode).toBe(3)
    expect(json).toMatchObject({ unsigned: [{ issuedAt: at(20).toISOString(), why: 'no signature' }] })
    expect(text).toContain('ROWS WITHOUT A SIGNATURE: 1\n')
  })

  it.each([
    ['AzureDiagnostics', asDiagnostics],
    ['AZKVAuditLogs', asDedicated],
    ['an old blob', (all: readonly AuditRecord[]) => JSON.stringify({ records: all })],
  ])('reads the same from %s', async (_, write) => {
    const { json } = await reconcile([...honest, stolen], {}, write)
    expect(json).toMatchObject({
      matched: 3,
      log: { notUnderstood: 0 },
      unexplained: [{ correlationId: stolenId }],
    })
  })

  it('accepts what the log of the app explains, and counts it', async () => {
    const line = JSON.stringify({ event: 'probe-signed', requestId: randomUUID(), vaultRequestId: stolenId })
    for (const appLog of [`the host has started\n${line}\n`, JSON.stringify([{ Message: line }], null, 2)]) {
      const { json, text, exitCode } = await reconcile([...honest, stolen], { appLog })
      expect([json, exitCode]).toMatchObject([
        { explained: { 'readiness probe': 1 }, unexplained: [] },
        undefined,
      ])
      expect(text).toMatch(/explained +1 readiness probe\n/)
    }
  })

  it('exits with 3 for lines it does not understand, and for an empty log', async () => {
    const broken = await reconcile(
      honest,
      {},
      (all) => `${all.map((one) => JSON.stringify(one)).join('\n')}\n{"time"`,
    )
    expect([broken.exitCode, broken.json]).toMatchObject([3, { matched: 3, log: { notUnderstood: 1 } }])
    const empty = await reconcile([])
    expect([empty.exitCode, empty.json]).toMatchObject([3, { log: { records: 0, from: null }, matched: 0 }])
    expect(empty.text).toContain('The log is empty: it shows nothing.')
  })

  const signatures = () => honest.filter(({ properties }) => /issuer.*sign/.test(properties.requestUri))
  const elsewhere = ['--since', at(-300).toISOString(), '--until', at(-200).toISOString()]

  // No alarm among them but the last two: nothing was found because nothing was looked at.
  it.each<[string, () => readonly AuditRecord[], readonly string[], RegExp]>([
    [
      'a log of other operations',
      () => honest.filter((one) => one.operationName !== 'KeySign'),
      [],
      /covers less than 20 minutes/,
    ],
    ['the log of another time', () => honest, elsewhere, /no signature of the log is that of a row/],
    ['a log of one signature', () => signatures().slice(1, 2), [], /covers less than 20 minutes/],
    [
      'signatures that all failed',
      () => honest.map((one) => ({ ...one, properties: { ...one.properties, httpStatusCode: 403 } })),
      ['--since', at(-300).toISOString(), '--until', at(-30).toISOString()],
      /no signature of the log is that of a row/,
    ],
    [
      'a log whose ids are not those of the ledger',
      () => honest.map((one) => ({ ...one, correlationId: randomUUID() })),
      [],
      /no signature of the log is that of a row/,
    ],
    [
      'the log of another vault',
      () =>
        honest.map((one) => ({
          ...one,
          properties: {
            httpStatusCode: 200,
            requestUri: one.properties.requestUri.replace(/^https:..[^/]+/, 'https://other.vault.azure.net'),
          },
        })),
      [],
      /KEYS OF NO GENERATION, AND THEIR SIGNATURES: \d/,
    ],
  ])('exits with 3, and says why, for %s', async (_, log, words, why) => {
    const { text, exitCode } = await reconcile(log(), { words })
    expect(exitCode).toBe(3)
    expect(text).toMatch(why)
    expect(text).toMatch(/Somebody has to look at this\.$/)
    expect(tooWide(text)).toEqual([])
  })

  it('exits with 3 when a key signed that no generation has, though everything else is accounted for', async () => {
    const requestUri = stolen.properties.requestUri.replace('issuer-1', 'issuer-9')
    const unknown = { ...stolen, properties: { requestUri, httpStatusCode: 200 } }
    const { text, json, exitCode } = await reconcile([...honest, unknown])
    expect([exitCode, json]).toMatchObject([3, { matched: 3, unexplained: [], unsigned: [] }])
    expect(text).toMatch(/KEYS OF NO GENERATION, AND THEIR SIGNATURES: 1\n[^]*issuer-9/)
  })

  it('looks at the time that is asked for', async () => {
    const words = ['--since', at(35).toISOString(), '--until', at(60).toISOString()]
    const { json } = await reconcile([...honest, stolen], { words })
    expect(json).toMatchObject({
      matched: 1,
      unexplained: [],
      log: { ignored: { 'outside the period': expect.any(Number) } },
    })
  })

  it('goes through all tenants', async () => {
    const { json } = await reconcile([...honest, stolen], { words: ['--tenant', 'all'] })
    expect(json).toMatchObject({ matched: 3, unexplained: [{ correlationId: stolenId }] })
  })

  it('lists 20 in the text, and all in the JSON', async () => {
    const many = Array.from({ length: 25 }, () => ({ ...stolen, correlationId: randomUUID() }))
    const { text, json } = await reconcile([...honest, ...many])
    expect(text).toMatch(/SIGNATURES WITHOUT A ROW: 25\n[^]*\nand 5 more: see --json\n/)
    expect((json as { readonly unexplained: unknown }).unexplained).toHaveLength(25)
  })

  it('refuses what it cannot read', async () => {
    const folder = await temporaryFolder()
    const run = (...words: readonly string[]) =>
      runCommand(['ledger', 'reconcile', ...words], testDeployment(folder), { now: at(120) })
    const missing = join(folder, 'missing.json')
    await expect(run('--tenant', world.tenant, '--log', missing)).toRefuse('usage-wrong', /ENOENT/)
    const utf16 = join(folder, 'utf16.json')
    await writeFile(utf16, Buffer.from('\uFEFF{}', 'utf16le'))
    await expect(run('--tenant', world.tenant, '--log', utf16)).toRefuse('usage-wrong', /it is UTF-16: use/)
    await expect(run('--tenant', world.tenant)).toRefuse('usage-wrong', /--log is missing/)
    await expect(run('--log', missing)).toRefuse('usage-wrong', /--tenant is missing/)
    await expect(run('--tenant', 'nobody', '--log', missing)).toRefuse('tenant-unknown')
    await expect(run('--tenant', world.tenant, '--log', '-', '--app-log', '-')).toRefuse(
      'usage-wrong',
      /only one/,
    )
  })

  it('is a program that reads standard input, and whose exit code a cron job sees', async () => {
    const folder = await temporaryFolder()
    const deployment = join(folder, 'deployment.json')
    await writeFile(deployment, JSON.stringify(testDeployment(folder)), { mode: 0o600 })
    const args = [
      'ledger',
      'reconcile',
      '--tenant',
      world.tenant,
      '--log',
      '-',
      '--json',
      '--deployment',
      deployment,
    ]
    const log = [...honest, stolen].map((one) => JSON.stringify(one)).join('\n')
    const { code, stdout, stderr } = await runMayfly(folder, args, log)
    expect([code, stderr]).toEqual([3, ''])
    expect(JSON.parse(stdout)).toMatchObject({ matched: 3, unexplained: [{ correlationId: stolenId }] })
  })
})
