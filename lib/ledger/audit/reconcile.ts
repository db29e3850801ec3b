import type { Tables } from '../../store/tables.ts'
import type { Explanation } from './explanation.ts'
import type { LoggedSignature } from './keyLogRecord.ts'
import { collectSignatures, type LoggedSignatures } from './loggedSignatures.ts'
import {
  auditedRows,
  type AuditedIssuer,
  type AuditedRow,
  type Join,
  joining,
  marginMilliseconds,
  type UnsignedReason,
  vaultKeyOf,
} from './auditedRows.ts'
import { isWithin, type Period } from '../search/keptTables.ts'

/** A signature that nothing accounts for. */
export interface UnexplainedSignature {
  readonly signature: LoggedSignature
  readonly why: 'no row' | 'no id' | 'another signature has its id'
}

/** A row that no signature accounts for. */
export interface UnsignedRow {
  readonly row: AuditedRow
  readonly why: UnsignedReason
}

/** A span of time that has both ends. */
export interface Span {
  readonly since: Date
  readonly until: Date
}

export interface Reconciliation {
  readonly log: Omit<LoggedSignatures, 'byId'>
  /** When rows must have a signature; undefined when the log covers too little. */
  readonly compared: Span | undefined
  readonly matched: number
  readonly unexplained: readonly UnexplainedSignature[]
  /** How many signatures without a row the app's log explains, by its reasons. */
  readonly explained: Readonly<Record<string, number>>
  readonly unsigned: readonly UnsignedRow[]
  /** Rows of the time compared whose issuer has a local key, which keeps no log. */
  readonly withoutLog: number
}

export interface ReconcileOptions {
  readonly tables: Tables
  /** All when undefined. */
  readonly tenant: string | undefined
  /** Every issuer that the tenants ever had. */
  readonly issuers: readonly AuditedIssuer[]
  /** References of the deployment's other keys: roots', and those of tenants that are not looked at. */
  readonly otherKeys: readonly string[]
  /** Why signatures have no row, by each id that the key's log may have. */
  readonly explanations: ReadonlyMap<string, Explanation>
  readonly period: Period
  readonly now: Date
}

/** Tells what the log covers; a period that was asked for is taken to be covered. */
const spanOf = ({ covers }: LoggedSignatures, { period, now }: ReconcileOptions): Span | undefined => {
  const since = period.since ?? covers?.from
  const until = period.until ?? covers?.until
  return since && until && { since, until: until < now ? until : now }
}

const grown = ({ since, until }: Span, milliseconds: number): Span => ({
  since: new Date(since.getTime() - milliseconds),
  until: new Date(until.getTime() + milliseconds),
})

const findUnsigned = async (
  rows: AsyncIterable<AuditedRow>,
  { join }: Join,
  compared: Span | undefined,
): Promise<Pick<Reconciliation, 'matched' | 'unsigned' | 'withoutLog'>> => {
  const unsigned: UnsignedRow[] = []
  let [matched, withoutLog] = [0, 0]
  for await (const row of rows) {
    const found = join(row)
    const isElsewhere = found === 'no signature' || found === 'no log' || found === 'its issuer is unknown'
    if (found === 'matched') matched += 1
    else if (isElsewhere && !(compared && isWithin(row.issuedAt, compared))) continue
    else if (found === 'no log') withoutLog += 1
    else unsigned.push({ row, why: found })
  }
  return { matched, unsigned, withoutLog }
}

/** An id accounts for one signature: that of its row, or the one that a line of the app's log explains. */
const findUnexplained = (
  byId: LoggedSignatures['byId'],
  { isUsed }: Join,
  explanations: ReadonlyMap<string, Explanation>,
): Pick<Reconciliation, 'unexplained' | 'explained'> => {
  const unexplained: UnexplainedSignature[] = []
  const explained = new Map<string, number>()
  const spent = new Set<Explanation>()
  for (const [id, signatures] of byId) {
    const left = signatures.filter((signature) => !isUsed(signature))
    const hasRow = left.length < signatures.length
    for (const [index, signature] of left.entries()) {
      const isFirst = index === 0 && !hasRow
      const line = isFirst ? explanations.get(id) : undefined
      if (line && !spent.has(line)) {
        spent.add(line)
        explained.set(line.reason, (explained.get(line.reason) ?? 0) + 1)
      } else if (id === '') unexplained.push({ signature, why: 'no id' })
      else unexplained.push({ signature, why: isFirst ? 'no row' : 'another signature has its id' })
    }
  }
  const inOrder = unexplained.toSorted((a, b) => a.signature.at.getTime() - b.signature.at.getTime())
  return { unexplained: inOrder, explained: Object.fromEntries(explained) }
}

const vaultKeysOf = (references: readonly string[]): ReadonlySet<string> =>
  new Set(references.map((keyReference) => vaultKeyOf({ keyReference })).filter((key) => key !== undefined))

/** @returns no rows when no time is covered. */
async function* none(): AsyncGenerator<AuditedRow> {}

/**
 * Holds the log of the issuers' keys against the ledger: each signature has one row with its id, the vault's or ours, or the app's
 * log explains why not; each row of the time has one signature, by its issuer's key and about when it was issued.
 * @param log its records; undefined for what is none.
 * @throws {Refusal} `tables-unavailable`
 */
export const reconcile = async (
  log: AsyncIterable<unknown>,
  options: ReconcileOptions,
): Promise<Reconciliation> => {
  const { tables, tenant, issuers, explanations, period } = options
  const keys = vaultKeysOf(issuers.map(({ keyReference }) => keyReference))
  const otherKeys = vaultKeysOf(options.otherKeys)
  const found = await collectSignatures(log, { period, keys, otherKeys })
  const { byId, ...read } = found
  const span = spanOf(found, options)
  const inner = span && grown(span, -marginMilliseconds)
  const compared = inner && inner.since < inner.until ? inner : undefined
  const rows = span ? auditedRows(tables, tenant, grown(span, marginMilliseconds)) : none()
  const join = joining(byId, issuers)
  return {
    log: read,
    compared,
    ...(await findUnsigned(rows, join, compared)),
    ...findUnexplained(byId, join, explanations),
  }
}
