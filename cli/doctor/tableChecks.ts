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
import { type Check, checksOf, dependOn } from '../../client/check/check.ts'
import type { Examination } from './examination.ts'
import { type Found, notChecked, ok, problem, warning } from '../../client/check/finding.ts'

const required = ['tenants', 'authorities', relyingPartiesTable]

/** Covers any token that is good now: it ends today, tomorrow or the day after. */
const neededDays = 2

const housekeepingRemedy =
  'Run mayfly ledger prune, which makes them; then see why the housekeeping app does not: its log, its role on the tables, MAYFLY_ROLE=housekeeping.'

type Names = readonly string[]

const requiredFound = (names: Names): Found => {
  const missing = required.filter((name) => !names.includes(name))
  if (missing.length === 0) return ok(required.join(', '))
  return problem(
    `there is no table ${missing.join(', ')}`,
    'Run mayfly tenant apply, which makes them; or see whether these are the tables of Mayfly.',
  )
}

const aheadFound = (names: Names, now: Date): Found => {
  const days = daysAheadOf(names, now)
  // Until the timer of the hour has run, a new day has one table less ahead.
  if (days >= housekeepingDaysAhead - 1) return ok(`the daily tables of ${days} days ahead are there`)
  const [missing] = dailyTablesAhead(now, housekeepingDaysAhead).filter((name) => !names.includes(name))
  const lack = `there is no table ${missing}`
  return days < neededDays
    ? problem(`${lack}: enrollment fails for tokens that end on its day`, housekeepingRemedy)
    : warning(`${lack}: housekeeping is behind`, housekeepingRemedy)
}

const dayText = (day: Date): string => day.toISOString().slice(0, 10)

const oldestDay = (names: Names): Date | undefined =>
  names
    .map((name) => parseDailyTable(name)?.day)
    .filter((day) => day !== undefined)
    .toSorted((one, other) => one.getTime() - other.getTime())[0]

const gapsFound = (names: Names, now: Date): Found => {
  const [oldest, unbroken] = [oldestDay(names), startOfUnbrokenDays(names, now)]
  if (!oldest) return notChecked('there is no daily table', housekeepingRemedy)
  if (!unbroken || unbroken <= oldest) return ok(`no day is missing since ${dayText(oldest)}`)
  return warning(
    `a day before ${dayText(unbroken)} has no ledger, though one from ${dayText(oldest)} is there`,
    'Find out who dropped it: its certificates have no record. Tables before the gap are not dropped by the timer; mayfly ledger prune drops them.',
  )
}

const retentionFound = (names: Names, now: Date): Found => {
  const past = tablesPastRetention(names, { now, retentionDays: defaultRetentionDays })
  const [first] = past
  if (!first) return ok(`none is older than ${defaultRetentionDays} days`)
  return warning(
    `${past.length} tables are older than ${defaultRetentionDays} days, ${first.name} first`,
    'Where MAYFLY_RETENTION_DAYS is larger this is as wanted; else see why the housekeeping app drops none.',
  )
}

const inNames =
  (found: (names: Names, now: Date) => Found) =>
  async ({ tableNames, now }: Examination): Promise<Found> =>
    found(await dependOn('tables-reachable', tableNames), now())

/** Checks whether the tables answer, and those are there that are needed now and soon. */
export const tableChecks = (examination: Examination): readonly Check[] =>
  checksOf(examination, {
    'tables-reachable': async ({ tableNames }) => ok(`${(await tableNames()).length} tables`),
    'tables-required': inNames(requiredFound),
    'tables-ahead': inNames(aheadFound),
    'tables-gaps': inNames(gapsFound),
    'tables-retention': inNames(retentionFound),
  })
