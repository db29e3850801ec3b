import type { Authority } from './authority.ts'
import { type Generation, isPublished } from './generation.ts'
import { activationTime, type Circumstances, lagging, lastLeafEnd, time } from './transition.ts'

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

interface Facts {
  readonly circumstances: Circumstances
  /** The relying parties that lag. */
  readonly behind: readonly string[]
}

const stagedStep = (
  authority: Authority,
  generation: Generation,
  { circumstances, behind }: Facts,
): string => {
  const from = activationTime(generation, circumstances)
  if (circumstances.now < from) return `activate from ${time(from)} on`
  if (behind.length > 0)
    return `wait for ${behind.join(', ')} to install bundle ${generation.publishedSequence}`
  if (generation.kind === 'root') return 'standby: activate to roll over'
  const root = authority.generations.find(({ id }) => id === generation.signedBy)
  return root?.state === 'staged' ? `activate ${root.id} first` : 'activate'
}

/** The issuers that keep a root in the bundle. */
const idsBeneath = ({ generations }: Authority, { id: root }: Generation): readonly string[] =>
  generations
    .filter((one) => one.kind === 'issuer' && one.signedBy === root && isPublished(one))
    .map(({ id }) => id)

const retiringStep = (authority: Authority, generation: Generation, now: Date): string => {
  const beneath = idsBeneath(authority, generation)
  if (generation.kind === 'root') return beneath.length > 0 ? `retire ${beneath.join(', ')} first` : 'retire'
  const end = lastLeafEnd(generation)
  return now < end ? `retire from ${time(end)} on` : 'retire'
}

const hasSuccessor = ({ generations }: Authority, { kind, tbs }: Generation): boolean =>
  generations.some(
    (one) => one.kind === kind && isPublished(one) && one.tbs.notAfter.getTime() > tbs.notAfter.getTime(),
  )

/** Of what ended in the bundle: without a successor nothing else counts. */
const endedStep = (authority: Authority, generation: Generation): string => {
  const { kind, state } = generation
  if (state === 'active')
    return hasSuccessor(authority, generation) ? 'deactivate and retire: it ended' : `stage-${kind}: it ended`
  const beneath = idsBeneath(authority, generation)
  return beneath.length > 0 ? `retire ${beneath.join(', ')} first` : 'retire: it ended'
}

const nextStepOf = (authority: Authority, generation: Generation, facts: Facts): string => {
  const { now } = facts.circumstances
  if (isPublished(generation) && generation.tbs.notAfter <= now) return endedStep(authority, generation)
  switch (generation.state) {
    case 'staged':
      return stagedStep(authority, generation, facts)
    case 'active':
      if (!isAging(generation, now) || hasSuccessor(authority, generation)) return ''
      return `stage-${generation.kind}: it ends soon`
    case 'retiring':
      return retiringStep(authority, generation, now)
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
    const behind = isPublished(generation) ? lagging(generation, circumstances) : []
    const left = generation.tbs.notAfter.getTime() - circumstances.now.getTime()
    return {
      generation,
      daysLeft: Math.floor(left / day),
      lagging: behind,
      nextStep: nextStepOf(authority, generation, { circumstances, behind }),
    }
  })
