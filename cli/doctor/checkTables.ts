import { relyingPartiesTable } from '../../lib/authority/adopt/parties.ts'
import { dailyTablesAhead } from '../../lib/ledger/record/ledgerKey.ts'
import {
  daysAheadOf,
  defaultRetentionDays,
  housekeepingDaysAhead,
  parseDailyTable,
  startOfUnbrokenDays,
  tablesPastRetention,
} from '../../lib/ledger/days/retention.ts'
import { type Check, resting } from './check.ts'
import type { Examination } from './examination.ts'
import type { FindingId, Found } from './finding.ts'

const required = ['tenants', 'authorities', relyingPartiesTable]

/** A token that is good now ends today, tomorrow or the day after. */
const neededDays = 2

const housekeepingRemedy =
  'Run mayfly ledger prune, which makes them; then see why the housekeeping app does not: its log, its role on the tables, MAYFLY_ROLE=housekeeping.'

const requiredFound = (names: readonly string[]): Found => {
  const id = 'tables-required'
  const missing = required.filter((name) => !names.includes(name))
  if (missing.length === 0) return { id, status: 'ok', detail: required.join(', ') }
  const remedy = 'Run mayfly tenant apply, which makes them; or see whether these are the tables of Mayfly.'
  return { id, status: 'problem', detail: `there is no table ${missing.join(', ')}`, remedy }
}

const aheadFound = (names: readonly string[], now: Date): Found => {
  const id = 'tables-ahead'
  const days = daysAheadOf(names, now)
  // Until the timer of the hour has run, a new day has one table less ahead.
  if (days >= housekeepingDaysAhead - 1)
    return { id, status: 'ok', detail: `the daily tables of ${days} days ahead are there` }
  const [missing] = dailyTablesAhead(now, housekeepingDaysAhead).filter((name) => !names.includes(name))
  const isNeeded = days < neededDays
  const effect = isNeeded ? ': enrollment fails for tokens that end on its day' : ': housekeeping is behind'
  return {
    id,
    status: isNeeded ? 'problem' : 'warning',
    detail: `there is no table ${missing}${effect}`,
    remedy: housekeepingRemedy,
  }
}

const dayText = (day: Date): string => day.toISOString().slice(0, 10)

const oldestDay = (names: readonly string[]): Date | undefined =>
  names
    .map((name) => parseDailyTable(name)?.day)
    .filter((day) => day !== undefined)
    .toSorted((one, other) => one.getTime() - other.getTime())[0]

const gapsFound = (names: readonly string[], now: Date): Found => {
  const id = 'tables-gaps'
  const [oldest, unbroken] = [oldestDay(names), startOfUnbrokenDays(names, now)]
  if (!oldest)
    return { id, status: 'not checked', detail: 'there is no daily table', remedy: housekeepingRemedy }
  if (!unbroken || unbroken <= oldest)
    return { id, status: 'ok', detail: `no day is missing since ${dayText(oldest)}` }
  const detail = `a day before ${dayText(unbroken)} has no ledger, though one from ${dayText(oldest)} is there`
  const remedy =
    'Find out who dropped it: its certificates have no record. Tables before the gap are not dropped by the timer; mayfly ledger prune drops them.'
  return { id, status: 'warning', detail, remedy }
}

const retentionFound = (names: readonly string[], now: Date): Found => {
  const id = 'tables-retention'
  const past = tablesPastRetention(names, { now, retentionDays: defaultRetentionDays })
  const [first] = past
  if (!first) return { id, status: 'ok', detail: `none is older than ${defaultRetentionDays} days` }
  const detail = `${past.length} tables are older than ${defaultRetentionDays} days, ${first.name} first`
  const remedy =
    'Where MAYFLY_RETENTION_DAYS is larger this is as wanted; else see why the housekeeping app drops none.'
  return { id, status: 'warning', detail, remedy }
}

const aboutNames = (
  id: FindingId,
  { tableNames, now }: Examination,
  found: (names: readonly string[], now: Date) => Found,
): Check => ({
  id,
  run: async () => [found(await resting('tables-reachable', tableNames), now())],
})

const checkReachable = ({ tableNames }: Examination): Check => ({
  id: 'tables-reachable',
  run: async () => [
    { id: 'tables-reachable', status: 'ok', detail: `${(await tableNames()).length} tables` },
  ],
})

/** Whether the tables answer, and those are there that are needed now and soon. */
export const checkTables = (examination: Examination): readonly Check[] => [
  checkReachable(examination),
  aboutNames('tables-required', examination, requiredFound),
  aboutNames('tables-ahead', examination, aheadFound),
  aboutNames('tables-gaps', examination, gapsFound),
  aboutNames('tables-retention', examination, retentionFound),
]
