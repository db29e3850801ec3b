import { checkMarker } from '../../lib/authority/authority.ts'
import { prepareTables } from '../../lib/deployment/openDeploymentTables.ts'
import type { Deployment } from '../../lib/deployment/deployment.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Tables } from '../../lib/store/tables.ts'
import { type Application, applyRevision, checkApplication } from '../../lib/tenant/applyRevision.ts'
import { checkPossible } from '../../lib/tenant/checkPossible.ts'
import { checkRevision } from '../../lib/tenant/checkRevision.ts'
import { configurationFreshMilliseconds } from '../../lib/tenant/configuration.ts'
import type { RevisionContent } from '../../lib/tenant/revisionContent.ts'
import { shownText } from '../../lib/terminal/shownText.ts'
import type { CommandContext, Outcome } from '../commandLine/command.ts'
import { confirmed, yesOption } from '../commandLine/confirmed.ts'
import { formatHanging } from '../commandLine/formatTable.ts'
import { flag, parsed, type Values } from '../commandLine/option.ts'
import { authorOf, reasonOption } from './authorOf.ts'
import { checkDirectory } from './checkDirectory.ts'
import { firstPlan, type Plan, planChange, type WantedContent } from './planChange.ts'
import { differencesJson, differencesText } from './revisionFields.ts'

/** Describes the options of the commands that put a revision into force. */
export const changeOptions = {
  reason: reasonOption,
  dryRun: flag('show what would change; change nothing'),
  yes: yesOption,
  force: flag('remove the last policy, or the last compliance policy: then less is asked for'),
}

const parseBase = (text: string): number => {
  if (/^(0|[1-9]\d{0,7})$/.test(text)) return Number(text)
  throw new Refusal('usage-wrong', 'Cannot apply the revision: --base is the number of a revision.')
}

/** Describes `--base`. */
export const baseOption = (help: string) => parsed('NUMBER', help, parseBase)

/** Describes `--base` of commands that begin with what is in force. */
export const guardOption = baseOption('only if this revision is in force')

export interface TenantChange extends Pick<Application, 'action' | 'forced'>, WantedContent {
  /** The revision it was made from; `any` to replace whichever is in force; undefined when nobody says. */
  readonly base: number | 'any' | undefined
}

/** Where it is put into force, and how. */
interface ChangeOptions extends Values<typeof changeOptions> {
  readonly deployment: Deployment
  readonly tables: Tables
}

const baseMissing = (tenant: string, current: number) =>
  new Refusal(
    'configuration-conflict',
    `Cannot apply the configuration of ${tenant}: it does not say which revision it changes, and revision ${current} is in force. ` +
      `Start from mayfly tenant show --json; or look at what would change (--dry-run) and name the revision: --base ${current}.`,
  )

/** Whether nobody says what the document changes, although there is something that it would take back. */
const lacksBase = ({ base }: TenantChange, { current, differences }: Plan): boolean =>
  base === undefined && current > 0 && differences.length > 0

const effectLines = ({ effects }: Plan): readonly string[] =>
  effects.map((effect) => formatHanging('', shownText(effect)))

const describe = (tenant: string, plan: Plan): string =>
  [
    plan.current === 0
      ? `${tenant}: a new tenant`
      : `${tenant}: what changes of revision ${plan.current}\n${differencesText(plan.differences)}`,
    ...effectLines(plan),
  ].join('\n')

const dryRun = (change: TenantChange, plan: Plan): Outcome => {
  const { tenant } = change.configuration
  const { current, differences, effects, loss } = plan
  const baseNeeded = lacksBase(change, plan)
  const notes = [
    baseNeeded && `the document does not say which revision it changes: apply it with --base ${current}`,
    loss !== undefined && `it ${loss}: apply it with --force`,
  ].filter((note) => note !== false)
  const lines = [
    differences.length === 0 ? `${tenant}: revision ${current} is in force already` : describe(tenant, plan),
    ...notes.map((note) => formatHanging('', note)),
    'nothing was changed',
  ]
  const json = {
    tenant,
    revision: current,
    changed: false,
    differences: differencesJson(differences),
    effects,
  }
  return { text: lines.join('\n'), json: { ...json, baseNeeded, forceNeeded: loss !== undefined } }
}

/** Tells of a change where there are no tables yet, and so nothing to be held against but itself. @throws {Refusal} `policies-invalid` */
const dryRunOfFirst = (change: TenantChange): Outcome => {
  const plan = firstPlan(change)
  checkRevision(plan.content)
  return dryRun(change, plan)
}

/** Checks that somebody says what the change is of, and that it loses nothing by accident. */
const checkConsent = (change: TenantChange, plan: Plan, force: boolean): void => {
  const { tenant } = change.configuration
  if (lacksBase(change, plan)) throw baseMissing(tenant, plan.current)
  if (plan.loss === undefined || force) return
  throw new Refusal('last-policy', `Cannot apply the revision of ${tenant}: it ${plan.loss}.`)
}

/** Puts a plan into force, which was agreed to. */
const carryOut = async (
  context: CommandContext,
  { deployment, tables, reason, base }: ChangeOptions & Pick<Application, 'base'>,
  { content, action, forced }: Pick<Application, 'action' | 'forced'> & { readonly content: RevisionContent },
  plan: Plan,
): Promise<Outcome> => {
  const { current, differences, effects } = plan
  const author = await authorOf(context, deployment, reason)
  const applied = await applyRevision(tables, content, { ...author, base, action, forced })
  const { tenant, number, changed } = applied
  const what = changed
    ? `is in force; it decides requests within ${configurationFreshMilliseconds / 1000} seconds`
    : 'was in force already'
  const shown = changed && current > 0 ? [differencesText(differences)] : []
  return {
    text: [`${tenant}: revision ${number} ${what}`, ...shown, ...effectLines(plan)].join('\n'),
    json: {
      tenant,
      revision: number,
      changed,
      differences: differencesJson(current > 0 ? differences : []),
      effects,
    },
  }
}

/**
 * Tells what of a tenant would change and what comes of it, asks, and puts it into force. A new tenant is not asked about:
 * it takes nothing back.
 * @throws {Refusal} `configuration-conflict`, `last-policy`, `confirmation-needed`, and those of checkPossible(),
 *   checkDirectory(), checkMarker() and applyRevision()
 */
export const changeTenant = async (
  context: CommandContext,
  options: ChangeOptions,
  change: TenantChange,
): Promise<Outcome> => {
  const { deployment, tables, dryRun: isDry, yes, force } = options
  const { configuration, action, forced } = change
  checkPossible(configuration)
  checkDirectory(configuration, deployment)
  if (!isDry) await prepareTables(tables, context.now())
  else if (!(await tables.names('tenants')).includes('tenants')) return dryRunOfFirst(change)
  const plan = await planChange(tables, change)
  const { current, content, differences, loss } = plan
  if (!isDry) checkConsent(change, plan, force)
  // What is shown is what is replaced.
  const base = typeof change.base === 'number' ? change.base : current
  await checkMarker(tables, configuration)
  if (differences.length > 0) await checkApplication(tables, content, { base, now: context.now() })
  if (isDry) return dryRun(change, plan)
  if (current > 0 && differences.length > 0)
    await confirmed(context, yes, describe(configuration.tenant, plan))
  const passedOver = current > 0 ? [...forced, ...(loss === undefined ? [] : [loss])] : []
  return carryOut(context, { ...options, base }, { content, action, forced: passedOver }, plan)
}
