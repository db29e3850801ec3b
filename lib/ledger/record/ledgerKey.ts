import { hashParts } from '../../store/hashParts.ts'
import type { RowKey } from '../../store/tables.ts'

/** The claims that place a token's ledger row. */
export interface LedgerToken {
  readonly tenant: string
  /** `iss`. */
  readonly issuer: string
  readonly subject: string
  readonly tokenId: string
  /** `exp`, NumericDate: every retry knows it, so the row is found without asking several tables. */
  readonly expiresAt: number
}

/** The table of a UTC day: `ledgerYYYYMMDD`. */
export const ledgerTable = (day: Date): string =>
  `ledger${day.toISOString().slice(0, 10).replaceAll('-', '')}`

/** The table of the refusals of a UTC day: `refusalsYYYYMMDD`. */
export const refusalsTable = (day: Date): string =>
  `refusals${day.toISOString().slice(0, 10).replaceAll('-', '')}`

/** Table and key of the one row that a token can have. */
export interface LedgerKey extends RowKey {
  readonly table: string
}

/** The partitions of a tenant, of either kind: every `~<shard>`. */
export const tenantPartitions = (tenant: string) => ({ from: `${tenant}~`, before: `${tenant}~~` })

/** The one partition of a tenant that holds what a subject of a token issuer got, or did not get. */
export const subjectPartition = (of: Pick<LedgerToken, 'tenant' | 'issuer' | 'subject'>): string =>
  `${of.tenant}~${hashParts(of.issuer, of.subject).slice(0, 1)}`

/** Places a token's row: the table of the day it expires, one of sixteen partitions a tenant by its subject. */
export const ledgerKey = ({ tenant, issuer, subject, tokenId, expiresAt }: LedgerToken): LedgerKey => {
  const subjectHash = hashParts(issuer, subject)
  return {
    table: ledgerTable(new Date(expiresAt * 1000)),
    partition: `${tenant}~${subjectHash.slice(0, 1)}`,
    row: `${subjectHash}~${hashParts(issuer, tokenId)}`,
  }
}

const day = 86_400_000

/** The daily tables a deployment needs from today on, this many days ahead: ledgers, and refusals beside them. */
export const dailyTablesAhead = (now: Date, days: number): readonly string[] =>
  Array.from({ length: days + 1 }, (_, index) => new Date(now.getTime() + index * day)).flatMap((at) => [
    ledgerTable(at),
    refusalsTable(at),
  ])
