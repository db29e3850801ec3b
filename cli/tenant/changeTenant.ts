import { checkMarker } from '../../lib/authority/authority.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Tables } from '../../lib/store/tables.ts'
import { configurationFreshMilliseconds, type Configuration } from '../../lib/tenant/configuration.ts'
import { type Difference, differencesBetween } from '../../lib/tenant/difference.ts'
import { checkPossible } from '../../lib/tenant/checkPossible.ts'
import {
  type Application,
  applyConfiguration,
  checkApplication,
  configurationOf,
  currentStoredRevision,
} from '../../lib/tenant/revision.ts'
import { parseTenantId } from '../../lib/tenant/tenantId.ts'
import { authorOf, reasonOption } from './authorOf.ts'
import type { CommandContext, Outcome } from '../commandLine/command.ts'
import { confirmed, yesOption } from '../commandLine/confirmed.ts'
import { flag, parsed, type Values } from '../commandLine/option.ts'
import type { Deployment } from '../../lib/deployment/deployment.ts'
import { differencesJson, differencesText } from './revisionFields.ts'
import { prepareTables } from '../../lib/deployment/openDeploymentTables.ts'
import { formatHanging } from '../commandLine/formatTable.ts'

/** Describes the options of the commands that put a configuration into force. */
export const changeOptions = {
  reason: reasonOption,
  dryRun: flag('show what would change; change nothing'),
  yes: yesOption,
}

const parseBase = (text: string): number => {
  if (/^(0|[1-9]\d{0,7})$/.test(text)) return Number(text)
  throw new Refusal('usage-wrong', 'Cannot apply the configuration: --base is the number of a revision.')
}

/** Describes `--base`. */
export const baseOption = (help: string) => parsed('NUMBER', help, parseBase)

export interface TenantChange extends Pick<Application, 'action' | 'forced'> {
  readonly configuration: Configuration
  /** The revision it was made from; `any` to replace whichever is in force; undefined when nobody says. */
  readonly base: number | 'any' | undefined
}

/** Where it is put into force, and how. */
interface ChangeOptions extends Values<typeof changeOptions> {
  readonly deployment: Deployment
  readonly tables: Tables
}

interface Plan {
  /** The number of the revision in force; 0 when there is none. */
  readonly current: number
  readonly differences: readonly Difference[]
}

const firstOf = (configuration: Configuration): Plan => ({
  current: 0,
  differences: differencesBetween({}, configuration),
})

const planOf = async (tables: Tables, configuration: Configuration): Promise<Plan> => {
  const tenant = parseTenantId(configuration.tenant)
  const stored = await currentStoredRevision(tables, tenant)
  if (!stored) return firstOf(configuration)
  const before = configurationOf(tenant, stored)
  const altered = { path: 'the revision in force', before: 'not the one that was applied', after: undefined }
  const differences = before ? differencesBetween(before, configuration) : [altered]
  return { current: stored.number, differences }
}

const baseMissing = ({ tenant }: Configuration, current: number) =>
  new Refusal(
    'configuration-conflict',
    `Cannot apply the configuration of ${tenant}: it does not say which revision it changes, and revision ${current} is in force. ` +
      `Start from mayfly tenant show --json; or look at what would change (--dry-run) and name the revision: --base ${current}.`,
  )

/** Whether nobody says what the document changes, although there is something that it would take back. */
const lacksBase = ({ base }: TenantChange, { current, differences }: Plan): boolean =>
  base === undefined && current > 0 && differences.length > 0

const describe = ({ configuration: { tenant } }: TenantChange, { current, differences }: Plan): string =>
  current === 0
    ? `${tenant}: a new tenant`
    : `${tenant}: what changes of revision ${current}\n${differencesText(differences)}`

const dryRun = (change: TenantChange, plan: Plan): Outcome => {
  const { tenant } = change.configuration
  const { current, differences } = plan
  const needsBase = lacksBase(change, plan)
  const note = `the document does not say which revision it changes: apply it with --base ${current}`
  const lines = [
    differences.length === 0 ? `${tenant}: revision ${current} is in force already` : describe(change, plan),
    ...(needsBase ? [formatHanging('', note)] : []),
    'nothing was changed',
  ]
  const json = { tenant, revision: current, changed: false, differences: differencesJson(differences) }
  return { text: lines.join('\n'), json: { ...json, baseNeeded: needsBase } }
}

/**
 * Tells what of a tenant would change and what comes of it, asks, and puts it into force. A new tenant is not asked about:
 * it takes nothing back.
 * @throws {Refusal} `configuration-conflict`, `confirmation-needed`, and those of checkMarker() and applyConfiguration()
 */
export const changeTenant = async (
  context: CommandContext,
  { deployment, tables, dryRun: isDry, yes, reason }: ChangeOptions,
  change: TenantChange,
): Promise<Outcome> => {
  const { configuration, action, forced } = change
  checkPossible(configuration)
  if (!isDry) await prepareTables(tables, context.now())
  else if (!(await tables.names('tenants')).includes('tenants')) return dryRun(change, firstOf(configuration))
  const plan = await planOf(tables, configuration)
  const { current, differences } = plan
  if (!isDry && lacksBase(change, plan)) throw baseMissing(configuration, current)
  // What is shown is what is replaced.
  const base = typeof change.base === 'number' ? change.base : current
  await checkMarker(tables, configuration)
  if (differences.length > 0) await checkApplication(tables, configuration, { base, now: context.now() })
  if (isDry) return dryRun(change, plan)
  if (current > 0 && differences.length > 0) await confirmed(context, yes, describe(change, plan))
  const author = await authorOf(context, deployment, reason)
  const applied = await applyConfiguration(tables, configuration, {
    ...author,
    base,
    action,
    forced: current > 0 ? forced : [],
  })
  const { tenant, number, changed } = applied
  const what = changed
    ? `is in force; it decides requests within ${configurationFreshMilliseconds / 1000} seconds`
    : 'was in force already'
  const shown = changed && current > 0 ? [differencesText(differences)] : []
  return {
    text: [`${tenant}: revision ${number} ${what}`, ...shown].join('\n'),
    json: { tenant, revision: number, changed, differences: differencesJson(current > 0 ? differences : []) },
  }
}
