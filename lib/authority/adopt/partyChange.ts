import type { NewRow, StoredRow, Tables } from '../../store/tables.ts'
import { type Actor, actorColumns, actorOfRow, type Author } from '../../tenant/actor.ts'
import type { TenantId } from '../../tenant/tenantId.ts'
import { timeOf } from '../generation.ts'
import { relyingPartiesTable } from './parties.ts'

/** Who changes the list of relying parties, when and why. */
export interface PartyAuthor extends Author {
  /** A UUID that names this run of the command, so that it recognizes its own row. */
  readonly changeId: string
}

/** One change of the list by an administrator, kept for good. What agents tell is no change. */
export interface PartyChange {
  readonly name: string
  /** `add`, `remove` or `confirm bundle 3`. */
  readonly action: string
  readonly at: Date
  readonly by: Actor
  /** May be empty. */
  readonly reason: string
}

const prefix = '~change~'

/** The row of a change, beside those of the parties, so that one transaction writes both. Rows sort by time. */
export const partyChangeRow = (
  tenant: TenantId,
  { action, name }: Pick<PartyChange, 'action' | 'name'>,
  { actor, now, reason, changeId }: PartyAuthor,
): NewRow => ({
  partition: tenant,
  row: `${prefix}${now.toISOString()}~${changeId}`,
  values: { action, name, at: now.toISOString(), ...actorColumns(actor), reason },
})

const fromRow = (row: StoredRow): PartyChange => ({
  name: String(row.values['name']),
  action: String(row.values['action']),
  at: timeOf(row, 'at'),
  by: actorOfRow(row.values),
  reason: String(row.values['reason']),
})

/** Every change of a tenant's list, oldest first. @throws {Refusal} `tables-unavailable` */
export const readPartyHistory = async (tables: Tables, tenant: TenantId): Promise<readonly PartyChange[]> => {
  const rows = await tables.list(relyingPartiesTable, tenant, {
    only: { from: prefix, before: `${prefix}~` },
  })
  return rows.map(fromRow)
}
