import { type Authority, issuingStaleMilliseconds } from '../authority.ts'
import type { InstalledBundle } from './installedBundle.ts'
import { rfc3339 } from '../../text/rfc3339.ts'
import { leafLimits } from '../../profile/leafProfile.ts'
import type { Generation } from '../generation.ts'

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

/** A listed relying party, and the bundle that counts as installed. */
export interface PartyState extends InstalledBundle {
  readonly name: string
}

export interface Waiting {
  readonly now: Date
  /** How long a generation is in the bundle before it is put to work. */
  readonly publicationWindowSeconds: number
  /** How far the notBefore of leaves lies before issuance. An issuer that began later is never chosen. */
  readonly backdateSeconds: number
  readonly relyingParties: readonly PartyState[]
}

/** A server that lacks something. */
export interface Lagging {
  readonly name: string
  /** The bundle that it has to install. */
  readonly sequence: number
  readonly why: string
}

/** Lists times that are to come, and servers that lag behind. */
export interface Waits {
  readonly times: readonly { readonly at: Date; readonly why: string }[]
  readonly parties: readonly Lagging[]
}

/** When a generation may be put to work: it has been in the bundle for the publication window. */
export const activationTime = (
  { publishedAt }: Generation,
  { publicationWindowSeconds }: Pick<Waiting, 'publicationWindowSeconds'>,
): Date => new Date(publishedAt.getTime() + publicationWindowSeconds * 1000)

/** The servers that do not hold all of these generations: they would refuse what those sign. */
export const lagging = (
  generations: readonly Generation[],
  { relyingParties }: Pick<Waiting, 'relyingParties'>,
): readonly Lagging[] =>
  relyingParties.flatMap(({ name, installedSequence, doubt }) => {
    const lacking = generations.filter(({ publishedSequence }) => installedSequence < publishedSequence)
    if (lacking.length === 0) return []
    const sequence = Math.max(...lacking.map(({ publishedSequence }) => publishedSequence))
    const ids = lacking.map(({ id }) => id).join(', ')
    const doubted = doubt === '' ? '' : ` (${doubt})`
    return [{ name, sequence, why: `has not installed bundle ${sequence}, the first with ${ids}${doubted}` }]
  })

const pending = (times: Waits['times'], now: Date): Waits['times'] => times.filter(({ at }) => now < at)

/** Finds the servers that do not hold a generation yet: nothing may rest on it before. */
const publicationWaits = (generation: Generation, waiting: Waiting): Waits => {
  const at = activationTime(generation, waiting)
  const why = `the publication window of ${generation.id} ends at ${rfc3339(at)}`
  return { times: pending([{ at, why }], waiting.now), parties: lagging([generation], waiting) }
}

/** An issuer that has just begun signs nothing: certificates begin before they are issued, and not before it. */
const youthOf = ({ kind, id, tbs }: Generation, { now, backdateSeconds }: Waiting): Waits['times'] => {
  const at = new Date(tbs.notBefore.getTime() + backdateSeconds * 1000)
  const why = `certificates begin ${backdateSeconds} s before they are issued: ${id} signs none until ${rfc3339(at)}`
  return kind === 'issuer' ? pending([{ at, why }], now) : []
}

/** Tells what must have passed before a generation is put to work. */
export const activationWaits = (generation: Generation, waiting: Waiting): Waits => {
  const { times, parties } = publicationWaits(generation, waiting)
  return { times: [...times, ...youthOf(generation, waiting)], parties }
}

/** Tells what must have passed before a generation leaves the bundle: its last certificate, or for a root that servers hold its successors. */
export const retirementWaits = (authority: Authority, generation: Generation, waiting: Waiting): Waits => {
  if (generation.kind === 'issuer') {
    const at = lastLeafEnd(generation)
    const why = `certificates that ${generation.id} issued may be valid until ${rfc3339(at)}`
    return { times: pending([{ at, why }], waiting.now), parties: [] }
  }
  const successors = authority.generations.filter(({ kind, state }) => kind === 'root' && state === 'active')
  const each = successors.map((root) => publicationWaits(root, waiting))
  return { times: each.flatMap(({ times }) => times), parties: each.flatMap(({ parties }) => parties) }
}

/** Waits as reasons, a sentence each without its end. */
export const waitReasons = ({ times, parties }: Waits): readonly string[] => [
  ...times.map(({ why }) => why),
  ...parties.map(({ name, why }) => `${name} ${why}`),
]
