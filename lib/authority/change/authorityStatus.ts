import type { Authority } from '../authority.ts'
import { type Generation, isPublished } from '../generation.ts'
import { Refusal } from '../../errors/refusal.ts'
import { type Circumstances, type Plan, planActivate, planRetire } from './plan.ts'
import { activationWaits, lagging, retirementWaits, type Waits } from '../adopt/waits.ts'
import { rfc3339 } from '../../text/rfc3339.ts'

/** One generation, and what an administrator does with it next. */
export interface GenerationStatus {
  readonly generation: Generation
  readonly daysLeft: number
  /** The relying parties that do not hold it yet. */
  readonly lagging: readonly string[]
  /** A sentence; empty when there is nothing to do. */
  readonly nextStep: string
}

const day = 86_400_000

/** From this share of its life on, a generation is replaced. */
const renewalShare = 1 / 3

const isAging = ({ tbs }: Generation, now: Date): boolean => {
  const life = tbs.notAfter.getTime() - tbs.notBefore.getTime()
  return tbs.notAfter.getTime() - now.getTime() < life * renewalShare
}

/** Tells why a plan is refused, or what it breaks first; undefined when it can be carried out as it is. */
const hindranceOf = (plan: () => Plan): string | undefined => {
  try {
    return plan().breaks[0]
  } catch (error) {
    if (error instanceof Refusal) return error.detail.replace(/^Cannot \w+ \S+: /, '').replace(/\.$/, '')
    throw error
  }
}

/** Tells the next step towards a plan: times come first. */
const waitStep = (action: string, { times, parties }: Waits): string | undefined => {
  const last = Math.max(...times.map(({ at }) => at.getTime()))
  if (times.length > 0) return `${action} from ${rfc3339(new Date(last))} on`
  const [first] = parties
  if (!first) return undefined
  const names = [...new Set(parties.map(({ name }) => name))].join(', ')
  return `wait for ${names} to install bundle ${Math.max(...parties.map(({ sequence }) => sequence))}`
}

const stagedStep = (authority: Authority, generation: Generation, circumstances: Circumstances): string => {
  const wait = waitStep('activate', activationWaits(generation, circumstances))
  if (wait !== undefined) return wait
  const root = authority.generations.find(({ id }) => id === generation.signedBy)
  if (generation.kind === 'issuer' && root?.state === 'staged') return `activate ${root.id} first`
  const ready = generation.kind === 'root' ? 'standby: activate to roll over' : 'activate'
  return hindranceOf(() => planActivate(authority, generation, circumstances)) ?? ready
}

/** The issuers that keep a root in the bundle. */
const idsBeneath = ({ generations }: Authority, { id: root }: Generation): readonly string[] =>
  generations
    .filter((one) => one.kind === 'issuer' && one.signedBy === root && isPublished(one))
    .map(({ id }) => id)

/** @param ready what is to be done when nothing is waited for. */
const retireStep = (
  authority: Authority,
  generation: Generation,
  { circumstances, ready }: { readonly circumstances: Circumstances; readonly ready: string },
): string => {
  const inUse = generation.kind === 'root' ? idsBeneath(authority, generation) : []
  if (inUse.length > 0) return `retire ${inUse.join(', ')} first`
  return (
    waitStep('retire', retirementWaits(authority, generation, circumstances)) ??
    hindranceOf(() => planRetire(authority, generation, circumstances)) ??
    ready
  )
}

const hasSuccessor = ({ generations }: Authority, { kind, tbs }: Generation): boolean =>
  generations.some(
    (one) => one.kind === kind && isPublished(one) && one.tbs.notAfter.getTime() > tbs.notAfter.getTime(),
  )

const activeStep = (authority: Authority, generation: Generation, now: Date): string => {
  const { kind, tbs } = generation
  const hasNext = hasSuccessor(authority, generation)
  if (tbs.notAfter <= now) return hasNext ? 'deactivate and retire: it ended' : `stage-${kind}: it ended`
  return isAging(generation, now) && !hasNext ? `stage-${kind}: it ends soon` : ''
}

const nextStepOf = (authority: Authority, generation: Generation, circumstances: Circumstances): string => {
  const hasEnded = generation.tbs.notAfter <= circumstances.now
  switch (generation.state) {
    case 'staged':
      if (hasEnded) return retireStep(authority, generation, { circumstances, ready: 'retire: it ended' })
      return stagedStep(authority, generation, circumstances)
    case 'active':
      return activeStep(authority, generation, circumstances.now)
    case 'retiring':
      return retireStep(authority, generation, {
        circumstances,
        ready: hasEnded ? 'retire: it ended' : 'retire',
      })
    case 'retired':
    case 'tainted':
      return ''
  }
}

/** Tells of each generation where it stands and what to do next. */
export const authorityStatus = (
  authority: Authority,
  circumstances: Circumstances,
): readonly GenerationStatus[] =>
  authority.generations.map((generation) => {
    const behind = isPublished(generation) ? lagging([generation], circumstances) : []
    const left = generation.tbs.notAfter.getTime() - circumstances.now.getTime()
    return {
      generation,
      daysLeft: Math.floor(left / day),
      lagging: behind.map(({ name }) => name),
      nextStep: nextStepOf(authority, generation, circumstances),
    }
  })
