import type { RefusalEntry } from '../../lib/ledger/record/refusalEntry.ts'
import {
  issuanceTables,
  type KeptTables,
  type Period,
  refusalTables,
} from '../../lib/ledger/search/keptTables.ts'
import {
  type FoundIssuance,
  type IssuanceFilter,
  type IssuanceSearch,
  searchIssuances,
} from '../../lib/ledger/search/searchIssuances.ts'
import { type RefusalFilter, searchRefusals } from '../../lib/ledger/search/searchRefusals.ts'
import type { Tables } from '../../lib/store/tables.ts'
import type { TenantId } from '../../lib/tenant/tenantId.ts'
import type { CommandContext } from '../commandLine/command.ts'
import { type IssuanceRecord, issuanceRecord, type RefusalRecord, refusalRecord } from './issuanceRecord.ts'
import type { RecordFormat } from './recordFormat.ts'
import { watchSearch } from './watchSearch.ts'

export interface SearchedTenant {
  readonly tables: Tables
  readonly tenant: TenantId
}

/** Finds one kind of rows, and makes records of them. */
interface Rows<Row, Filter, Written> {
  readonly keptTables: (tables: Tables, period: Period) => Promise<KeptTables>
  readonly search: (
    tables: Tables,
    search: Omit<IssuanceSearch, 'filter'> & { readonly filter: Filter },
  ) => AsyncIterable<Row>
  readonly record: (tenant: string, row: Row) => Written
}

/** Finds them in the order of the tables, which in each is that of no time. */
export const issuances: Rows<FoundIssuance, IssuanceFilter, IssuanceRecord> = {
  keptTables: issuanceTables,
  search: searchIssuances,
  record: (tenant, { entry }) => issuanceRecord(tenant, entry),
}

/** Finds them oldest first. */
export const refusals: Rows<RefusalEntry, RefusalFilter, RefusalRecord> = {
  keptTables: refusalTables,
  search: searchRefusals,
  record: refusalRecord,
}

/** Reads the day of a table: `ledger20260302` is that of 2026-03-02. */
const dayOf = (table: string): string => table.slice(-8).replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3')

const tellKept = ({ oldest, reachesBack }: KeptTables, { notice }: CommandContext): void => {
  if (oldest === undefined) notice('there is no table to search')
  else if (reachesBack)
    notice(`the oldest table is of ${dayOf(oldest)}: what is older was never recorded, or is not kept`)
}

/** Says which rows are wanted, and how they are written. */
interface Wanted<Row, Filter, Written> {
  readonly period: Period
  readonly filter: Filter
  readonly format: RecordFormat<Written>
  /** Puts rows into another order than they are found in. */
  readonly order?: (rows: AsyncIterable<Row>) => AsyncIterable<Row>
  /** Told of each row that is written. */
  readonly onWritten?: () => void
}

/**
 * Searches a tenant for rows, and writes them one after the other as they are found.
 * @throws {Refusal} `tables-unavailable`, or `fault` at the end when rows could not be read
 */
export async function* writeRows<Row, Filter, Written>(
  context: CommandContext,
  { keptTables, search, record }: Rows<Row, Filter, Written>,
  { tables, tenant }: SearchedTenant,
  {
    period,
    filter,
    format: { heading, write },
    order = (rows) => rows,
    onWritten,
  }: Wanted<Row, Filter, Written>,
): AsyncGenerator<string> {
  const kept = await keptTables(tables, period)
  tellKept(kept, context)
  const { watcher, clear, finish } = watchSearch(context)
  let isFirst = true
  for await (const row of order(search(tables, { tenant, names: kept.names, filter, watcher, ...period }))) {
    clear()
    if (isFirst && heading) yield heading.text
    isFirst = false
    onWritten?.()
    yield write(record(tenant, row))
  }
  if (isFirst) context.notice('none was found')
  if (isFirst && heading?.always === true) yield heading.text
  finish()
}
