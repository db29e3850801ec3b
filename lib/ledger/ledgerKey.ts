import { hashParts } from '../store/hashParts.ts'
import type { RowKey } from '../store/tables.ts'

/** What of a token tells where its ledger row is. */
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

/** Table and key of the one row that a token can have. */
export interface LedgerKey extends RowKey {
  readonly table: string
}

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

/** The tables a deployment needs from today on, this many days ahead. */
export const ledgerTablesAhead = (now: Date, days: number): readonly string[] =>
  Array.from({ length: days + 1 }, (_, index) => ledgerTable(new Date(now.getTime() + index * day)))
