import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { reconciliationText } from '../../../cli/ledger/ledgerReconcile.ts'
import type { Reconciliation } from '../../../lib/ledger/audit/reconcile.ts'
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

const runWords = (words: string) =>
  runCommand(['ledger', 'reconcile', ...words.split(' ')], testDeployment('.'), { now: at(120) })

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
  const args = ['ledger', 'reconcile', ...tenant, ...options]
  const outcome = await runCommand(args, testDeployment(folder), { now: at(120) })
  expect(tooWide(outcome.text)).toEqual([])
  return outcome
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
  const each = (change: (one: AuditRecord) => Partial<AuditRecord>) => () =>
    honest.map((one) => ({ ...one, ...change(one) }))
  const failing = each(({ properties }) => ({ properties: { ...properties, httpStatusCode: 403 } }))
  const renamed = each(() => ({ correlationId: randomUUID() }))
  const otherVault = each(({ properties: { requestUri } }) => ({
    properties: {
      httpStatusCode: 200,
      requestUri: requestUri.replace(/^https:..[^/]+/, 'https://other.vault.azure.net'),
    },
  }))
  const since = (from: number, until: number) =>
    ['--since', at(from).toISOString(), '--until', at(until).toISOString()] as const
  const none = /no signature of the log is that of a row/
  const short = /covers less than 20 minutes/

  // No alarm among them but the last: nothing was found because nothing was looked at.
  it.each<[string, () => readonly AuditRecord[], readonly string[], RegExp]>([
    ['a log of other operations', () => honest.filter((one) => one.operationName !== 'KeySign'), [], short],
    ['the log of another time', () => honest, since(-300, -200), none],
    ['a log of one signature', () => signatures().slice(1, 2), [], short],
    ['signatures that all failed', failing, since(-300, -30), none],
    ['a log whose ids are not those of the ledger', renamed, [], none],
    ['the log of another vault', otherVault, [], /KEYS OF NO GENERATION, AND THEIR SIGNATURES: \d/],
  ])('exits with 3, and says why, for %s', async (_, log, words, why) => {
    const { text, exitCode } = await reconcile(log(), { words })
    expect(exitCode).toBe(3)
    expect(text).toMatch(why)
    expect(text).toMatch(/Somebody has to look at this\.$/)
  })

  it('exits with 3 when a key signed that no generation has, though everything else is accounted for', async () => {
    const requestUri = stolen.properties.requestUri.replace('issuer-1', 'issuer-9')
    const unknown = { ...stolen, properties: { requestUri, httpStatusCode: 200 } }
    const { text, json, exitCode } = await reconcile([...honest, unknown])
    expect([exitCode, json]).toMatchObject([3, { matched: 3, unexplained: [], unsigned: [] }])
    expect(text).toMatch(/KEYS OF NO GENERATION, AND THEIR SIGNATURES: 1\n[^]*issuer-9/)
  })

  it('looks at the time that is asked for', async () => {
    const { json } = await reconcile([...honest, stolen], { words: since(35, 60) })
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
    const missing = join(folder, 'missing.json')
    const utf16 = join(folder, 'utf16.json')
    await writeFile(utf16, Buffer.from('\uFEFF{}', 'utf16le'))
    const tenant = `--tenant ${world.tenant}`
    for (const [words, why] of [
      [`${tenant} --log ${missing}`, /ENOENT/],
      [`${tenant} --log ${utf16}`, /it is UTF-16: use/],
      [tenant, /--log is missing/],
      [`--log ${missing}`, /--tenant is missing/],
      [`${tenant} --log - --app-log -`, /only one/],
    ] as const)
      await expect(runWords(words)).toRefuse('usage-wrong', why)
    await expect(runWords(`--tenant nobody --log ${missing}`)).toRefuse('tenant-unknown')
  })

  it('is a program that reads standard input, and whose exit code a cron job sees', async () => {
    const folder = await temporaryFolder()
    const deployment = join(folder, 'deployment.json')
    await writeFile(deployment, JSON.stringify(testDeployment(folder)), { mode: 0o600 })
    const words = `ledger reconcile --tenant ${world.tenant} --log - --json --deployment ${deployment}`
    const log = [...honest, stolen].map((one) => JSON.stringify(one)).join('\n')
    const { code, stdout, stderr } = await runMayfly(folder, words.split(' '), log)
    expect([code, stderr]).toEqual([3, ''])
    expect(JSON.parse(stdout)).toMatchObject({ matched: 3, unexplained: [{ correlationId: stolenId }] })
  })
})

/** Erases the line above, turns the text around, and begins a line of its own. */
const hostile = 'x\u001b[1A\u001b[2K\u202e\u009b31m\nEverything is accounted for.'

const forgedRow = {
  tenant: hostile,
  table: hostile,
  issuedAt: testTime,
  requestId: hostile,
  vaultRequestId: '',
  serialNumber: hostile,
}
const signature = {
  at: testTime,
  time: hostile,
  key: hostile,
  version: '',
  correlationId: hostile,
  caller: hostile,
}

const forged: Reconciliation = {
  log: {
    records: 1,
    notUnderstood: 0,
    covers: undefined,
    ignored: {},
    otherKeys: { [hostile]: 1 },
    unknownKeys: { [hostile]: 1 },
  },
  compared: undefined,
  matched: 0,
  unexplained: [{ signature, why: 'no row' }],
  explained: {},
  unsigned: [{ row: { ...forgedRow, issuerId: hostile }, why: 'no signature' }],
  withoutLog: 0,
}

it('a forged row cannot hide that somebody has to look at it', () => {
  const text = reconciliationText(forged)
  expect(text).toContain(String.raw`\u{1b}[1A`)
  expect(text).not.toMatch(/[^\n\x20-\x7e’]/)
  expect(text).not.toMatch(/^\s*Everything is accounted for\.$/m)
})
