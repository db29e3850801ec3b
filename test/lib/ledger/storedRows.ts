import { randomBytes, randomUUID } from 'node:crypto'
import { type Entry, entryValues } from '../../../lib/ledger/record/entry.ts'
import { ledgerTable, refusalsTable, subjectPartition } from '../../../lib/ledger/record/ledgerKey.ts'
import { type RefusalEntry, refusalValues } from '../../../lib/ledger/record/refusalEntry.ts'
import type { Answer } from '../../../lib/policy/signals/signal.ts'
import type { Signals } from '../../../lib/policy/signals/signals.ts'
import { hashParts } from '../../../lib/store/hashParts.ts'
import type { NewRow, StoredRow, Tables } from '../../../lib/store/tables.ts'

const minute = 60_000

const unknownSignals: Signals = {
  version: 1,
  at: 0,
  user: undefined,
  application: undefined,
  guest: undefined,
  groups: undefined,
  roles: undefined,
  clientIp: undefined,
  country: undefined,
  platform: undefined,
  device: undefined,
  signInRisk: undefined,
  userRisk: undefined,
  insiderRisk: undefined,
  transferMethod: undefined,
  authenticationMethods: undefined,
  authenticationContexts: undefined,
  authTime: undefined,
  proofs: {},
}

/** When rows of tests were written, unless they say otherwise. */
export const rowTime = new Date('2026-03-02T09:00:00.250Z')

/** What a token says of a user and a device, and of nothing else. */
export const someSignals = (compliantDevice: Answer, time = rowTime): Signals => ({
  ...unknownSignals,
  at: Math.floor(time.getTime() / 1000),
  user: 'alice',
  proofs: { compliantDevice },
})

/** An issuance as the app records it; its certificate is octets that nobody signed. */
export const someIssuance = (changes: Partial<Entry> = {}): Entry => {
  const { issuedAt = rowTime } = changes
  const after = (minutes: number) => new Date(issuedAt.getTime() + minutes * minute)
  return {
    certificate: randomBytes(300),
    serialNumber: `4${randomBytes(16).toString('hex').slice(1)}`,
    keyHash: randomBytes(32).toString('hex'),
    issuedAt,
    notBefore: after(-5),
    notAfter: after(60),
    renewalStart: after(36),
    renewalEnd: after(42),
    issuerId: 'issuer~0001',
    requestId: randomUUID(),
    vaultRequestId: randomUUID(),
    invocationId: randomUUID(),
    upn: 'alice@contoso.example',
    deviceId: '0b5f7c86-9e5e-4c44-8a3f-3d2b9b0c7f11',
    tokenIssuer: 'https://issuer.example/contoso',
    subject: 'alice',
    tokenId: randomUUID(),
    client: 'vpn-client',
    tokenIssuedAt: after(-1),
    tokenExpiresAt: after(59),
    proof: 'compliantDevice',
    policy: 'default',
    signals: someSignals('yes', issuedAt),
    revision: 1,
    denyList: 0,
    ...changes,
  }
}

/** A refusal as the app records it. */
export const someRefusal = (changes: Partial<RefusalEntry> = {}): RefusalEntry => ({
  at: rowTime,
  code: 'device-not-compliant',
  detail: 'Cannot enroll: the token says that the device is not compliant.',
  invocationId: randomUUID(),
  upn: 'alice@contoso.example',
  deviceId: '0b5f7c86-9e5e-4c44-8a3f-3d2b9b0c7f11',
  tokenIssuer: 'https://issuer.example/contoso',
  subject: 'alice',
  tokenId: randomUUID(),
  keyHash: 'ab'.repeat(32),
  signals: someSignals('no'),
  revision: 1,
  suppressed: 0,
  ...changes,
})

/** A row and the table it belongs to. */
export interface PlacedRow extends NewRow {
  readonly table: string
}

/** Where the app would put an issuance. */
export const issuanceRow = (tenant: string, entry: Entry): PlacedRow => {
  const { tokenIssuer: issuer, subject, tokenId, tokenExpiresAt } = entry
  return {
    table: ledgerTable(tokenExpiresAt),
    partition: subjectPartition({ tenant, issuer, subject }),
    row: `${hashParts(issuer, subject)}~${hashParts(issuer, tokenId)}`,
    values: entryValues(entry),
  }
}

/** Where the app would put a refusal. */
export const refusalRow = (tenant: string, entry: RefusalEntry): PlacedRow => {
  const { tokenIssuer: issuer, subject, at, invocationId } = entry
  return {
    table: refusalsTable(at),
    partition: subjectPartition({ tenant, issuer, subject }),
    row: `${at.toISOString()}~${invocationId}`,
    values: refusalValues(entry),
  }
}

const rowsPerTransaction = 100

/** Writes rows in as few transactions as there can be: thousands would take too long one by one. */
export const storeRows = async (tables: Tables, rows: readonly PlacedRow[]): Promise<void> => {
  const places = Map.groupBy(rows, ({ table, partition }) => `${table} ${partition}`)
  for (const [place, placed] of places) {
    const [table = ''] = place.split(' ')
    for (let start = 0; start < placed.length; start += rowsPerTransaction) {
      const batch = placed.slice(start, start + rowsPerTransaction)
      const done = await tables.transact(
        table,
        batch.map(({ partition, row, values }) => ({ kind: 'insert', row: { partition, row, values } })),
      )
      if (!done) throw new Error('A row exists already.')
    }
  }
}

/** Writes issuances. */
export const storeIssuances = (tables: Tables, tenant: string, entries: readonly Entry[]): Promise<void> =>
  storeRows(
    tables,
    entries.map((entry) => issuanceRow(tenant, entry)),
  )

/** Writes refusals. */
export const storeRefusals = (
  tables: Tables,
  tenant: string,
  entries: readonly RefusalEntry[],
): Promise<void> =>
  storeRows(
    tables,
    entries.map((entry) => refusalRow(tenant, entry)),
  )

/** Tables whose scans are counted row by row. */
export interface ScanWatch {
  readonly tables: Tables
  /** Rows that were taken out of scans. */
  pulled: number
  /** Scans that were begun and have not ended. */
  open: number
}

/** Counts the rows that scans give. @param onRow may throw in place of a row. */
export const watchScans = (tables: Tables, onRow?: (row: StoredRow, pulled: number) => void): ScanWatch => {
  const watch: ScanWatch = {
    pulled: 0,
    open: 0,
    tables: {
      ...tables,
      async *scan(table, what) {
        watch.open += 1
        try {
          for await (const row of tables.scan(table, what)) {
            watch.pulled += 1
            onRow?.(row, watch.pulled)
            yield row
          }
        } finally {
          watch.open -= 1
        }
      },
    },
  }
  return watch
}
