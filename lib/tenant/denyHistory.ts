import type { NewRow, PartitionPart, StoredRow, Tables } from '../store/tables.ts'
import {
  type DenyEntry,
  denyListFromRows,
  denyValues,
  type StoredDenyList,
  storedTime,
  subjectFromRow,
  untilFromRow,
} from './denyEntry.ts'
import { actorOfRow } from './actor.ts'
import { usersFromRow } from './storedUsers.ts'
import type { TenantId } from './tenantId.ts'

/** One change of a deny list, which Mayfly writes once and keeps for good. Whoever may write to the table may alter it. */
export interface DenyChange extends DenyEntry {
  /** `amend` adds users to an entry, and changes nothing else of it. */
  readonly action: 'deny' | 'amend' | 'lift'
  /** Names the run of the command, so that it recognizes its own row. */
  readonly changeId: string
}

const prefix = 'denial~'

/** The row of a change. */
export const denyChangeRow = (number: number): string => `${prefix}${String(number).padStart(8, '0')}`

/** The changes and, right behind them, head and entries: one query reads them all. */
const everything: PartitionPart = { only: { from: prefix, before: 'deny~~' } }

/** A change as its row stores it. */
export const denyChangeRowOf = (tenant: TenantId, change: DenyChange): NewRow => ({
  partition: tenant,
  row: denyChangeRow(change.number),
  values: denyValues(change),
})

const actions = ['deny', 'amend', 'lift'] as const

const changeFromRow = (row: StoredRow): DenyChange => {
  const text = (property: string) => String(row.values[property])
  return {
    ...subjectFromRow(row),
    number: Number(row.values['number']),
    action: actions.find((known) => known === text('action')) ?? 'deny',
    reason: text('reason'),
    until: untilFromRow(row),
    at: storedTime(row, 'at'),
    by: actorOfRow(row.values),
    users: usersFromRow(row),
    changeId: text('changeId'),
  }
}

/** A tenant's deny list with every change that made it. */
export interface DenyHistory extends StoredDenyList {
  /** Oldest first. */
  readonly changes: readonly DenyChange[]
}

const attempts = 3

/**
 * Reads a tenant's deny list with its history.
 * @throws {Refusal} `tables-unavailable`
 */
export const readDenyHistory = async (tables: Tables, tenant: TenantId): Promise<DenyHistory> => {
  for (let attempt = 1; ; attempt++) {
    const rows = await tables.list('tenants', tenant, everything)
    const changes = rows.filter(({ row }) => row.startsWith(prefix)).map(changeFromRow)
    const list = denyListFromRows(rows)
    // More than one answer of the service may straddle a change: the head is read after the changes.
    if (changes.length === (list.head?.number ?? 0) || attempt === attempts) return { changes, ...list }
  }
}
