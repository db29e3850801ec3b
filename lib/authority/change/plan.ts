import { Refusal } from '../../errors/refusal.ts'
import { leafValidity } from '../../profile/leafProfile.ts'
import type { Authority } from '../authority.ts'
import {
  type Generation,
  generationNumber,
  type GenerationState,
  isPublished,
  maySignFor,
  purposesOf,
} from '../generation.ts'
import { bundleSigners } from '../publish/signBundle.ts'
import {
  activationWaits,
  type Lagging,
  lagging,
  retirementWaits,
  type Waiting,
  waitReasons,
} from '../adopt/waits.ts'
import { rfc3339 } from '../../text/rfc3339.ts'

export interface Circumstances extends Waiting {
  /** How long the tenant's leaves live. An issuer that ends before a leaf would is never chosen. */
  readonly leafLifetimeSeconds: number
  /** Their key purpose. An issuer that is not constrained to it is never chosen. */
  readonly markerOid: string
}

/** One generation's change of state. */
export interface StateChange {
  readonly id: string
  readonly from: GenerationState
  readonly to: GenerationState
}

/** Tells what a command would change and break. Without changes it was done before. */
export interface Plan {
  readonly action: 'activate' | 'deactivate' | 'retire' | 'taint'
  readonly subject: string
  readonly changes: readonly StateChange[]
  /** Each is a reason to wait, or harm to accept by force. */
  readonly breaks: readonly string[]
}

/** Finds a generation by its id; `root 1` and `root~1` will do. @throws {Refusal} `generation-unknown` */
export const findGeneration = ({ tenant, generations }: Authority, name: string): Generation => {
  const [, kind, number] = /^(root|issuer)[~ -]?0*(\d{1,4})$/.exec(name) ?? []
  const found = generations.find(
    (generation) => generation.kind === kind && generationNumber(generation) === Number(number),
  )
  if (found) return found
  const known = generations.map(({ id }) => id).join(', ')
  throw new Refusal('generation-unknown', `Cannot find the generation: ${tenant} has ${known} only.`)
}

const refuse = ({ action, subject }: Pick<Plan, 'action'> & { subject: Generation }, why: string) =>
  new Refusal('transition-refused', `Cannot ${action} ${subject.id}: ${why}.`)

const change = ({ id, state }: Generation, to: GenerationState): StateChange => ({ id, from: state, to })

const rootOf = ({ generations }: Authority, issuer: Generation): Generation => {
  const root = generations.find(({ id }) => id === issuer.signedBy)
  if (root) return root
  throw new Error(`The root ${issuer.signedBy} of ${issuer.id} is missing.`)
}

const beneath = ({ generations }: Authority, root: Generation): readonly Generation[] =>
  generations.filter(({ kind, signedBy }) => kind === 'issuer' && signedBy === root.id)

type Serving = Omit<Circumstances, 'publicationWindowSeconds'>

/** The generations in the states that they would have after the changes. */
const generationsAfter = (
  { generations }: Authority,
  changes: readonly StateChange[],
): readonly Generation[] =>
  generations.map((one) => ({ ...one, state: changes.find(({ id }) => id === one.id)?.to ?? one.state }))

/** The issuers that would be active after the changes. */
const activeAfter = (authority: Authority, changes: readonly StateChange[]): readonly Generation[] =>
  generationsAfter(authority, changes).filter(({ kind, state }) => kind === 'issuer' && state === 'active')

const silence = (
  authority: Authority,
  changes: readonly StateChange[],
  { now, leafLifetimeSeconds, backdateSeconds, markerOid }: Serving,
): readonly string[] => {
  const leaf = leafValidity(now, leafLifetimeSeconds, backdateSeconds)
  const covers = ({ tbs }: Generation) => tbs.notBefore <= leaf.notBefore && tbs.notAfter >= leaf.notAfter
  const serves = (issuer: Generation) => covers(issuer) && maySignFor(purposesOf(issuer), markerOid)
  const left = activeAfter(authority, changes)
  if (left.some(serves) || !activeAfter(authority, []).some(serves)) return []
  const why =
    left.length === 0
      ? 'no issuer stays active'
      : `no issuer that stays active is valid for as long as a certificate and may sign for ${markerOid}`
  return [`${why}: every enrollment will be answered with 503`]
}

const isActiveIssuer = ({ id, to }: Pick<StateChange, 'id' | 'to'>) =>
  id.startsWith('issuer') && to === 'active'

/** Finds the parties that could verify no bundle any more when roots leave: they hold none of those that sign it then. */
const blinded = (
  authority: Authority,
  changes: readonly StateChange[],
  serving: Serving,
): readonly Lagging[] => {
  const isLeaving = changes.some(({ id, to }) => id.startsWith('root') && !isPublished({ state: to }))
  // The first was published before the others: who lacks it lacks them all.
  const [first] = isLeaving ? bundleSigners(generationsAfter(authority, changes), serving.now) : []
  return first ? lagging([first], serving) : []
}

const blindText = ({ name, why }: Lagging) => `${name} could verify no bundle any more: it ${why}`

/** Whom it locks out that issuers stop or roots leave. */
const lockedOut = (
  authority: Authority,
  changes: readonly StateChange[],
  serving: Serving,
): readonly string[] => {
  const isStopping = changes.some(({ id, from, to }) => isActiveIssuer({ id, to: from }) && to !== 'active')
  const issuers = isStopping ? activeAfter(authority, changes) : []
  return [
    ...lagging(issuers, serving).map(({ name, why }) => `${name} would be locked out: it ${why}`),
    ...blinded(authority, changes, serving).map(blindText),
  ]
}

/** A plan that can be carried out: each makes a bundle, and a root must be left to sign that. */
const signable = (authority: Authority, plan: Plan, { now }: Pick<Circumstances, 'now'>): Plan => {
  if (bundleSigners(generationsAfter(authority, plan.changes), now).length > 0) return plan
  throw new Refusal(
    'transition-refused',
    `Cannot ${plan.action} ${plan.subject}: no root would be left that can sign the bundle, valid and with its key online: stage another first.`,
  )
}

/** Puts a generation to work. Of roots one is active: the one before it retires. */
export const planActivate = (
  authority: Authority,
  subject: Generation,
  circumstances: Circumstances,
): Plan => {
  const action = 'activate'
  if (subject.state === 'active') return { action, subject: subject.id, changes: [], breaks: [] }
  if (!isPublished(subject)) throw refuse({ action, subject }, `it is ${subject.state}`)
  if (subject.tbs.notAfter <= circumstances.now)
    throw refuse({ action, subject }, `it ended at ${rfc3339(subject.tbs.notAfter)}`)
  const breaks = waitReasons(activationWaits(subject, circumstances))
  if (subject.kind === 'root') {
    const before = authority.generations.filter(({ kind, state }) => kind === 'root' && state === 'active')
    const changes = [change(subject, 'active'), ...before.map((root) => change(root, 'retiring'))]
    return signable(authority, { action, subject: subject.id, changes, breaks }, circumstances)
  }
  const root = rootOf(authority, subject)
  if (root.state !== 'active' && root.state !== 'retiring')
    throw refuse({ action, subject }, `its root ${root.id} is ${root.state}: activate that first`)
  const changes = [change(subject, 'active')]
  return signable(authority, { action, subject: subject.id, changes, breaks }, circumstances)
}

/** Stops a generation from signing; it stays in the bundle. */
export const planDeactivate = (authority: Authority, subject: Generation, serving: Serving): Plan => {
  const action = 'deactivate'
  if (subject.state === 'retiring') return { action, subject: subject.id, changes: [], breaks: [] }
  if (subject.state !== 'active') throw refuse({ action, subject }, `it is ${subject.state}`)
  const changes = [change(subject, 'retiring')]
  const breaks =
    subject.kind === 'issuer'
      ? [...silence(authority, changes, serving), ...lockedOut(authority, changes, serving)]
      : [`no root stays active: none is left to sign issuers (activating another root retires ${subject.id})`]
  return signable(authority, { action, subject: subject.id, changes, breaks }, serving)
}

/** Takes a generation that no longer signs out of the bundle. */
export const planRetire = (authority: Authority, subject: Generation, circumstances: Circumstances): Plan => {
  const action = 'retire'
  if (subject.state === 'retired') return { action, subject: subject.id, changes: [], breaks: [] }
  if (subject.state === 'tainted') throw refuse({ action, subject }, 'it is tainted and so out of the bundle')
  if (subject.state === 'active') throw refuse({ action, subject }, 'it is active: deactivate it first')
  const changes = [change(subject, 'retired')]
  const inUse = subject.kind === 'root' ? beneath(authority, subject).filter(isPublished) : []
  if (inUse.length > 0)
    throw refuse(
      { action, subject },
      `${inUse.map(({ id }) => id).join(', ')} beneath it must be retired first`,
    )
  const waits = retirementWaits(authority, subject, circumstances)
  const isTold = ({ name }: Lagging) => waits.parties.some((party) => party.name === name)
  const blind = blinded(authority, changes, circumstances).filter((party) => !isTold(party))
  const breaks = [...waitReasons(waits), ...blind.map(blindText)]
  return signable(authority, { action, subject: subject.id, changes, breaks }, circumstances)
}

/**
 * Distrusts a generation for good: its key is compromised. What a tainted root signed leaves the bundle with it, because
 * nothing else vouches for it; what was retired before has no certificates left to distrust.
 */
export const planTaint = (authority: Authority, subject: Generation, serving: Serving): Plan => {
  const action = 'taint'
  if (subject.state === 'tainted') return { action, subject: subject.id, changes: [], breaks: [] }
  const dragged = subject.kind === 'root' ? beneath(authority, subject).filter(isPublished) : []
  const changes = [subject, ...dragged].map((generation) => change(generation, 'tainted'))
  const breaks = [...silence(authority, changes, serving), ...lockedOut(authority, changes, serving)]
  return signable(authority, { action, subject: subject.id, changes, breaks }, serving)
}
