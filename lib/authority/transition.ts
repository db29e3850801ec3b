import { Refusal } from '../errors/refusal.ts'
import { leafLimits, leafValidity } from '../profile/leafProfile.ts'
import { type Authority, issuingStaleMilliseconds } from './authority.ts'
import { type Generation, generationNumber, type GenerationState, isPublished } from './generation.ts'
import { maySignFor } from './maySignFor.ts'
import { bundleSigners } from './signBundle.ts'

/** What a plan is made with, beside the authority itself. */
export interface Circumstances {
  readonly now: Date
  /** How long a generation is in the bundle before it is put to work. */
  readonly publicationWindowSeconds: number
  /** How long the tenant's leaves live. An issuer that ends before a leaf would is never chosen. */
  readonly leafLifetimeSeconds: number
  /** How far their notBefore lies before issuance. An issuer that began later is never chosen. */
  readonly backdateSeconds: number
  /** Their key purpose. An issuer that is not constrained to it is never chosen. */
  readonly markerOid: string
  /** The listed relying parties, with the sequence of the bundle that each installed; 0 for none. */
  readonly relyingParties: readonly { readonly name: string; readonly installedSequence: number }[]
}

/** One generation's change of state. */
export interface StateChange {
  readonly id: string
  readonly from: GenerationState
  readonly to: GenerationState
}

/** What a command would change, and what that would break. Without changes it was done before. */
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

/** RFC 3339 to the second. */
export const time = (date: Date) => date.toISOString().replace(/\.\d+Z$/, 'Z')

const change = ({ id, state }: Generation, to: GenerationState): StateChange => ({ id, from: state, to })

const rootOf = ({ generations }: Authority, issuer: Generation): Generation => {
  const root = generations.find(({ id }) => id === issuer.signedBy)
  if (root) return root
  throw new Error(`The root ${issuer.signedBy} of ${issuer.id} is missing.`)
}

const beneath = ({ generations }: Authority, root: Generation): readonly Generation[] =>
  generations.filter(({ kind, signedBy }) => kind === 'issuer' && signedBy === root.id)

/** When a generation may be put to work: it has been in the bundle for the publication window. */
export const activationTime = (
  { publishedAt }: Generation,
  { publicationWindowSeconds }: Pick<Circumstances, 'publicationWindowSeconds'>,
): Date => new Date(publishedAt.getTime() + publicationWindowSeconds * 1000)

/** The relying parties that would refuse what the generation signs: the bundle they installed lacks it. */
export const lagging = (
  { publishedSequence }: Generation,
  { relyingParties }: Pick<Circumstances, 'relyingParties'>,
): readonly string[] =>
  relyingParties
    .filter(({ installedSequence }) => installedSequence < publishedSequence)
    .map(({ name }) => name)

const unready = (generation: Generation, circumstances: Circumstances): readonly string[] => {
  const { id, publishedSequence } = generation
  const from = activationTime(generation, circumstances)
  const early = circumstances.now < from ? [`the publication window of ${id} ends at ${time(from)}`] : []
  const behind = lagging(generation, circumstances).map(
    (name) => `${name} has not installed bundle ${publishedSequence}, the first with ${id}`,
  )
  return [...early, ...behind]
}

/**
 * How long after a change a leaf may be issued by what was before, in milliseconds: until the oldest cached authority is
 * dropped, and 9 minutes for the request under way, the writing of the change, and clocks that differ.
 */
const lateMilliseconds = issuingStaleMilliseconds + 9 * 60_000

/** After this, no instance signs leaves for a generation that stopped, nor is a leaf beneath it valid. */
export const lastLeafEnd = ({ state, changedAt, tbs }: Generation): Date => {
  if (state === 'staged') return changedAt
  const longest = leafLimits.maxLifetimeSeconds * 1000 + lateMilliseconds
  return new Date(Math.min(changedAt.getTime() + longest, tbs.notAfter.getTime()))
}

/** An issuer that has just begun signs nothing: certificates begin before they are issued, and not before it. */
const tooYoung = (
  { id, tbs }: Generation,
  { now, backdateSeconds }: Pick<Circumstances, 'now' | 'backdateSeconds'>,
): readonly string[] => {
  const from = new Date(tbs.notBefore.getTime() + backdateSeconds * 1000)
  const why = `certificates begin ${backdateSeconds} s before they are issued: ${id} signs none until ${time(from)}`
  return now < from ? [why] : []
}

/** What tells whether anybody can be served. */
type Serving = Pick<Circumstances, 'now' | 'leafLifetimeSeconds' | 'backdateSeconds' | 'markerOid'>

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
  const serves = (issuer: Generation) => covers(issuer) && maySignFor(issuer, markerOid)
  const left = activeAfter(authority, changes)
  if (left.some(serves) || !activeAfter(authority, []).some(serves)) return []
  const why =
    left.length === 0
      ? 'no issuer stays active'
      : `no issuer that stays active is valid for as long as a certificate and may sign for ${markerOid}`
  return [`${why}: every enrollment will be answered with 503`]
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
    throw refuse({ action, subject }, `it ended at ${time(subject.tbs.notAfter)}`)
  const breaks = unready(subject, circumstances)
  if (subject.kind === 'root') {
    const before = authority.generations.filter(({ kind, state }) => kind === 'root' && state === 'active')
    const changes = [change(subject, 'active'), ...before.map((root) => change(root, 'retiring'))]
    return signable(authority, { action, subject: subject.id, changes, breaks }, circumstances)
  }
  const root = rootOf(authority, subject)
  if (root.state !== 'active' && root.state !== 'retiring')
    throw refuse({ action, subject }, `its root ${root.id} is ${root.state}: activate that first`)
  const changes = [change(subject, 'active')]
  const plan = { action, subject: subject.id, changes } as const
  const young = tooYoung(subject, circumstances)
  return signable(authority, { ...plan, breaks: [...breaks, ...young] }, circumstances)
}

/** Stops a generation from signing; it stays in the bundle. */
export const planDeactivate = (authority: Authority, subject: Generation, serving: Serving): Plan => {
  const action = 'deactivate'
  if (subject.state === 'retiring') return { action, subject: subject.id, changes: [], breaks: [] }
  if (subject.state !== 'active') throw refuse({ action, subject }, `it is ${subject.state}`)
  const changes = [change(subject, 'retiring')]
  const breaks =
    subject.kind === 'issuer'
      ? silence(authority, changes, serving)
      : [`no root stays active: none is left to sign issuers (activating another root retires ${subject.id})`]
  return signable(authority, { action, subject: subject.id, changes, breaks }, serving)
}

const liveBeneath = (generation: Generation, now: Date): readonly string[] => {
  const end = lastLeafEnd(generation)
  return now < end ? [`certificates that ${generation.id} issued may be valid until ${time(end)}`] : []
}

/** Takes a generation that no longer signs out of the bundle. */
export const planRetire = (authority: Authority, subject: Generation, circumstances: Circumstances): Plan => {
  const action = 'retire'
  const { now } = circumstances
  if (subject.state === 'retired') return { action, subject: subject.id, changes: [], breaks: [] }
  if (subject.state === 'tainted') throw refuse({ action, subject }, 'it is tainted and so out of the bundle')
  if (subject.state === 'active') throw refuse({ action, subject }, 'it is active: deactivate it first')
  const changes = [change(subject, 'retired')]
  if (subject.kind === 'issuer') {
    const breaks = liveBeneath(subject, now)
    return signable(authority, { action, subject: subject.id, changes, breaks }, circumstances)
  }
  const inUse = beneath(authority, subject).filter(isPublished)
  if (inUse.length > 0)
    throw refuse(
      { action, subject },
      `${inUse.map(({ id }) => id).join(', ')} beneath it must be retired first`,
    )
  const successors = authority.generations.filter(({ kind, state }) => kind === 'root' && state === 'active')
  const breaks = successors.flatMap((root) => unready(root, circumstances))
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
  const breaks = silence(authority, changes, serving)
  return signable(authority, { action, subject: subject.id, changes, breaks }, serving)
}
