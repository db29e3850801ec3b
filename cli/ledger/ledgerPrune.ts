import { Refusal } from '../../lib/errors/refusal.ts'
import { carryOut, type HousekeepingPlan, planHousekeeping } from '../../lib/ledger/days/housekeeping.ts'
import {
  leastRetentionDays,
  parseRetentionDays,
  retentionDaysForm,
  startOfUnbrokenDays,
} from '../../lib/ledger/days/retention.ts'
import { command, type CommandContext, type Outcome } from '../commandLine/command.ts'
import { flag, parsed, required, type Values } from '../commandLine/option.ts'
import { confirmed, yesOption } from '../commandLine/confirmed.ts'
import { exitCodes } from '../commandLine/exitCodes.ts'
import { formatHanging } from '../commandLine/formatTable.ts'

const retentionDaysOf = (text: string): number => {
  const days = parseRetentionDays(text, leastRetentionDays)
  if (days !== undefined) return days
  throw new Refusal(
    'usage-wrong',
    `Cannot read --retention-days: it takes ${retentionDaysForm(leastRetentionDays)}.`,
  )
}

const options = {
  retentionDays: required(
    parsed('N', 'drop tables of days more than N before today (3 to 3650)', retentionDaysOf),
  ),
  dryRun: flag('show which tables would be created and dropped'),
  yes: yesOption,
  pastGap: flag('with --yes: also what lies behind days without a table'),
}

type PruneValues = Values<typeof options>

const listTables = (verb: string, names: readonly string[]): string =>
  names.length === 0 ? `${verb} nothing` : formatHanging(`${verb} `, names.join(' '))

/** Tells whether some are tables that the timer would not drop: a wrong clock of this machine looks the same. */
const isBehindGap = ({ names, drop }: HousekeepingPlan, now: Date): boolean => {
  const start = startOfUnbrokenDays(names, now)
  return drop.some(({ day }) => !start || day < start)
}

const gap = (now: Date): string =>
  `days without a table lie between these and today: is it ${now.toISOString().slice(0, 10)}?`

const warning = (plan: HousekeepingPlan, now: Date): string =>
  isBehindGap(plan, now) ? `\n${formatHanging('! ', gap(now))}` : ''

/** Refuses to drop by `--yes` what a wrong clock would: nobody reads the plan of a job that runs by itself. */
const checkGap = (plan: HousekeepingPlan, now: Date, { yes, pastGap }: PruneValues): void => {
  if (!yes || pastGap || !isBehindGap(plan, now)) return
  throw new Refusal(
    'confirmation-needed',
    `Cannot go on by --yes alone: ${gap(now)} Look at the plan with --dry-run and at the clock, then add --past-gap.`,
  )
}

const describe = (plan: HousekeepingPlan, now: Date): string => {
  const dropped = plan.drop.map(({ name }) => name)
  return `${listTables('create', plan.create)}\n${listTables('drop', dropped)}${warning(plan, now)}`
}

const unchanged = (plan: HousekeepingPlan, now: Date): Outcome => ({
  text: `${describe(plan, now)}\nnothing was changed`,
  json: { dryRun: true, create: plan.create, drop: plan.drop.map(({ name }) => name) },
})

const run = async (values: PruneValues, context: CommandContext): Promise<Outcome> => {
  const { deployment, openTables, now } = context
  const { retentionDays, dryRun, yes } = values
  const housekeeping = { tables: openTables(await deployment()), now: now(), retentionDays }
  const plan = await planHousekeeping(housekeeping)
  context.checkClock()
  if (dryRun) return unchanged(plan, housekeeping.now)
  checkGap(plan, housekeeping.now, values)
  if (plan.drop.length > 0) await confirmed(context, yes, describe(plan, housekeeping.now))
  const { created, dropped, daysAhead, failed } = await carryOut(plan, housekeeping)
  const lines = [
    listTables('created', created),
    listTables('dropped', dropped),
    `tables for ${daysAhead} days ahead`,
    ...failed.map(({ action, table, reason }) => `! cannot ${action} ${table}: ${reason}`),
    ...(failed.length > 0 ? ['run the command again'] : []),
  ]
  const json = { created, dropped, daysAhead, failed }
  return { text: lines.join('\n'), json, ...(failed.length > 0 ? { exitCode: exitCodes.tryLater } : {}) }
}

export const ledgerPrune = command({
  name: 'ledger prune',
  summary: 'drop daily tables past retention, create those ahead',
  options,
  run,
})
