import {
  type FoundIssuance,
  type IssuanceFilter,
  searchIssuances,
} from '../../lib/ledger/search/searchIssuances.ts'
import type { RefusalEntry } from '../../lib/ledger/record/refusalEntry.ts'
import { type RefusalFilter, searchRefusals } from '../../lib/ledger/search/searchRefusals.ts'
import {
  issuanceTables,
  type KeptTables,
  type Period,
  refusalTables,
} from '../../lib/ledger/search/keptTables.ts'
import type { Tables } from '../../lib/store/tables.ts'
import type { TenantId } from '../../lib/tenant/tenantId.ts'
import type { CommandContext } from '../commandLine/command.ts'
import { type WatchedSearch, watchSearch } from './watchSearch.ts'
import { requiredOption } from '../commandLine/requiredOption.ts'
import { resolveTenant } from '../tenant/resolveTenant.ts'

/** A tenant whose rows are looked for. */
export interface SearchedTenant {
  readonly tables: Tables
  readonly tenant: TenantId
}

/** Opens the tables of `--tenant`. @throws {Refusal} `usage-wrong`, `tenant-unknown` or `tables-unavailable` */
export const openTenant = async ({
  values,
  deployment,
  openTables,
}: CommandContext): Promise<SearchedTenant> => {
  const id = requiredOption(values, 'tenant')
  const tables = openTables(await deployment())
  return { tables, tenant: (await resolveTenant(tables, id)).tenant }
}

/** What of a tenant is looked for. */
export interface Wanted<Filter> {
  readonly period: Period
  readonly filter: Filter
}

/** The rows of a search that goes on while they are taken. */
export interface Found<Row> {
  readonly rows: AsyncIterable<Row>
  readonly search: WatchedSearch
}

/** `ledger20260302` is the table of 2026-03-02. */
const dayOf = (table: string): string => table.slice(-8).replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3')

const tellKept = ({ oldest, reachesBack }: KeptTables, { notice }: CommandContext): void => {
  if (oldest === undefined) notice('there is no table to search')
  else if (reachesBack)
    notice(`the oldest table is of ${dayOf(oldest)}: what is older was never recorded, or is not kept`)
}

/** Finds what was issued, in the order of the tables. @throws {Refusal} `tables-unavailable` */
export const findIssuances = async (
  context: CommandContext,
  { tables, tenant }: SearchedTenant,
  { period, filter }: Wanted<IssuanceFilter>,
): Promise<Found<FoundIssuance>> => {
  const kept = await issuanceTables(tables, period)
  tellKept(kept, context)
  const search = watchSearch(context)
  const { watcher } = search
  return {
    rows: searchIssuances(tables, { tenant, names: kept.names, filter, watcher, ...period }),
    search,
  }
}

/** Finds what was refused, oldest first. @throws {Refusal} `tables-unavailable` */
export const findRefusals = async (
  context: CommandContext,
  { tables, tenant }: SearchedTenant,
  { period, filter }: Wanted<RefusalFilter>,
): Promise<Found<RefusalEntry>> => {
  const kept = await refusalTables(tables, period)
  tellKept(kept, context)
  const search = watchSearch(context)
  const { watcher } = search
  return {
    rows: searchRefusals(tables, { tenant, names: kept.names, filter, watcher, ...period }),
    search,
  }
}
