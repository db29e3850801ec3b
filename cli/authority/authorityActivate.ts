import { isDeepStrictEqual } from 'node:util'
import { checkConsent, moveGeneration } from '../../lib/authority/change/moveGeneration.ts'
import type { Authority } from '../../lib/authority/authority.ts'
import { openGenerationKey } from '../../lib/authority/authorityKey.ts'
import {
  findGeneration,
  type Plan,
  planActivate,
  planDeactivate,
  planRetire,
  planTaint,
} from '../../lib/authority/change/plan.ts'
import { offlineKeyReference } from '../../lib/authority/generation.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { authorityJson, describePlan, describeServed } from './describeGeneration.ts'
import { command, type CommandContext, type Outcome } from '../commandLine/command.ts'
import { flag, required, text, type Values } from '../commandLine/option.ts'
import { confirmed, yesOption } from '../commandLine/confirmed.ts'
import { authorityOptions, openAuthority, type OpenAuthority } from './openAuthority.ts'
import { settle } from '../../lib/authority/trusted/changeTrusted.ts'

const plans = {
  activate: planActivate,
  deactivate: planDeactivate,
  retire: planRetire,
  taint: planTaint,
} as const

type Action = keyof typeof plans

const options = authorityOptions({
  generation: required(text('ID', 'root~0002, issuer~0001, ...')),
  dryRun: flag('show what would change and break; change nothing'),
  force: flag('accept what it breaks'),
  yes: yesOption,
})

type Moved = Values<typeof options>

/** Asks about what cannot be taken back, or takes something away. */
const asks = ({ action, breaks }: Plan): boolean => action !== 'activate' || breaks.length > 0

/** Checks that a key that is put to work is the one of its certificate. */
const checkKey = async (plan: Plan, { authority, ceremony }: OpenAuthority): Promise<void> => {
  const subject = findGeneration(authority, plan.subject)
  if (plan.action !== 'activate' || subject.keyReference === offlineKeyReference) return
  await openGenerationKey(subject.kind === 'root' ? ceremony.rootKeys : ceremony.issuerKeys, subject)
}

interface Told {
  readonly after: Authority
  readonly changed: boolean
  readonly done: string
}

const outcome = (plan: Plan, { after, changed, done }: Told): Outcome => ({
  text:
    plan.changes.length === 0
      ? `${plan.subject} is ${doneWords[plan.action]} already`
      : `${describePlan(plan)}\n${done}`,
  json: { ...authorityJson(after), changed, plan },
})

const doneWords = { activate: 'active', deactivate: 'retiring', retire: 'retired', taint: 'tainted' } as const

/** A plan, and the authority as it was when it was made. */
interface Planned {
  readonly open: OpenAuthority
  readonly plan: Plan
}

const planNow = async (action: Action, moved: Moved, context: CommandContext): Promise<Planned> => {
  const open = await openAuthority(moved, context)
  const subject = findGeneration(open.authority, moved.generation)
  return { open, plan: plans[action](open.authority, subject, open.circumstances) }
}

/** Asks, and plans anew: whoever is asked may take hours to answer, and the time of the change counts from then on. */
const agreed = async ({ plan, open }: Planned, moved: Moved, context: CommandContext): Promise<Planned> => {
  await confirmed(context, moved.yes, `${open.tenant.tenant}: ${describePlan(plan)}`)
  const again = await planNow(plan.action, moved, context)
  if (isDeepStrictEqual(again.plan, plan)) return again
  throw new Refusal(
    'configuration-conflict',
    `Cannot ${plan.action} ${plan.subject}: the plan changed while you were asked.`,
  )
}

const run = async (action: Action, moving: Moved, context: CommandContext): Promise<Outcome> => {
  const { force, dryRun } = moving
  const planned = await planNow(action, moving, context)
  const { plan, open } = planned
  const unchanged = { after: open.authority, changed: false, done: 'nothing was changed' }
  if (dryRun || plan.changes.length === 0) return outcome(plan, unchanged)
  checkConsent(plan, { force })
  await checkKey(plan, open)
  const {
    tenant,
    authority: before,
    ceremony,
    trust,
  } = (asks(plan) ? await agreed(planned, moving, context) : planned).open
  const moved = await moveGeneration(tenant, { plan, before, consent: { force } }, ceremony)
  const after = await settle(moved, trust)
  const done = `done: bundle ${after.bundle.sequence}\n${describeServed(after, context.now())}`
  return outcome(plan, { after, changed: true, done })
}

const moving = (action: Action, summary: string) =>
  command({
    name: `authority ${action}`,
    summary,
    options,
    run: (values, context) => run(action, values, context),
  })

export const authorityActivate = moving('activate', 'put a published root or issuer to work')
export const authorityDeactivate = moving('deactivate', 'stop a root or issuer from signing')
export const authorityRetire = moving('retire', 'take a root or issuer out of the bundle')
export const authorityTaint = moving('taint', 'distrust a root or issuer whose key is compromised')
