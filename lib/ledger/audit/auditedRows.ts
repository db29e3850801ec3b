import type { StoredRow, Tables } from '../../store/tables.ts'
import { type LoggedSignature, parseLoggedKey } from './keyLogRecord.ts'
import { tenantPartitions } from '../record/ledgerKey.ts'
import { parseDailyTable } from '../days/retention.ts'
import { issuanceTables, type Period } from '../search/keptTables.ts'

/** An issuer whose signatures are looked for. */
export interface AuditedIssuer {
  readonly tenant: string
  /** `issuer~0001` */
  readonly id: string
  readonly keyReference: string
}

export interface AuditedRow {
  readonly tenant: string
  readonly table: string
  /** May be no time at all, when somebody wrote it who is not Mayfly. */
  readonly issuedAt: Date
  /** Lower case. */
  readonly requestId: string
  /** The id of the signature in the key's log, lower case; empty in rows of older versions. */
  readonly vaultRequestId: string
  readonly serialNumber: string
  readonly issuerId: string
}

export type UnsignedReason =
  | 'no signature'
  | 'its signature is by another key'
  | 'its signature is of another time'
  | 'another row has its signature'
  | 'its issuer is unknown'
  | 'it is in the table of another day'

/** The most that Key Vault's log may be late, and that clocks may differ. */
export const marginMilliseconds = 600_000

const hour = 3_600_000

/** The one vault key of an issuer; undefined when it is local, or offline. */
export const vaultKeyOf = ({ keyReference }: Pick<AuditedIssuer, 'keyReference'>): string | undefined =>
  parseLoggedKey(keyReference)?.key

/** No more of a row is read than this, so that a forged one cannot stop the audit. */
const toRow = (table: string, { partition, values }: StoredRow): AuditedRow => ({
  tenant: partition.split('~')[0] ?? '',
  table,
  issuedAt: new Date(String(values['issuedAt'])),
  requestId: String(values['requestId'] ?? '').toLowerCase(),
  vaultRequestId: String(values['vaultRequestId'] ?? '').toLowerCase(),
  serialNumber: String(values['serialNumber'] ?? ''),
  issuerId: String(values['issuerId'] ?? ''),
})

/** Every partition of every tenant: their ids are letters, digits and hyphens. */
const allPartitions = { from: '', before: '~' }

/** The rows that can belong to signatures of a period, and others of the same tables. */
export async function* auditedRows(
  tables: Tables,
  tenant: string | undefined,
  period: Period,
): AsyncGenerator<AuditedRow> {
  const { names } = await issuanceTables(tables, period)
  const partitions = tenant === undefined ? allPartitions : tenantPartitions(tenant)
  for (const name of names) for await (const row of tables.scan(name, { partitions })) yield toRow(name, row)
}

/** A token lives 28 hours at most, and its row is in the table of the day it ends: elsewhere no search finds it. */
const isInItsTable = ({ table, issuedAt }: AuditedRow): boolean => {
  const day = parseDailyTable(table)?.day.getTime() ?? Number.NaN
  const time = issuedAt.getTime()
  return time >= day - 29 * hour && time < day + 25 * hour
}

const isNear = (one: Date, other: Date): boolean =>
  Math.abs(one.getTime() - other.getTime()) <= marginMilliseconds

/** Holds rows against signatures. */
export interface Join {
  /** Looks for the signature of a row; each signature accounts for one row. */
  readonly join: (row: AuditedRow) => UnsignedReason | 'matched' | 'no log'
  readonly isUsed: (signature: LoggedSignature) => boolean
}

/** @param byId signatures by their correlation ids, lower case. */
export const joining = (
  byId: ReadonlyMap<string, readonly LoggedSignature[]>,
  issuers: readonly AuditedIssuer[],
): Join => {
  const known = new Map(issuers.map((issuer) => [`${issuer.tenant} ${issuer.id}`, issuer]))
  const used = new Set<LoggedSignature>()
  const findSignature = (row: AuditedRow, key: string): LoggedSignature | UnsignedReason => {
    const ids = new Set([row.vaultRequestId, row.requestId].filter((id) => id !== ''))
    const all = [...ids].flatMap((id) => byId.get(id) ?? [])
    if (all.length === 0) return 'no signature'
    const ofKey = all.filter((one) => one.key === key)
    if (ofKey.length === 0) return 'its signature is by another key'
    const near = ofKey.filter(({ at }) => isNear(at, row.issuedAt))
    if (near.length === 0) return 'its signature is of another time'
    return near.find((one) => !used.has(one)) ?? 'another row has its signature'
  }
  return {
    isUsed: (signature) => used.has(signature),
    join(row) {
      if (!isInItsTable(row)) return 'it is in the table of another day'
      const issuer = known.get(`${row.tenant} ${row.issuerId}`)
      if (!issuer) return 'its issuer is unknown'
      const key = vaultKeyOf(issuer)
      if (key === undefined) return 'no log'
      const signature = findSignature(row, key)
      if (typeof signature === 'string') return signature
      used.add(signature)
      return 'matched'
    },
  }
}
