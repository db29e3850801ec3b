import { Refusal } from '../../errors/refusal.ts'
import type { Tenant } from '../../tenant/tenants.ts'
import { type Ceremony, type Change, changeAuthority } from './changeAuthority.ts'
import type { Plan } from './plan.ts'
import type { Authority } from '../authority.ts'
import type { Generation } from '../generation.ts'

/** Dates now what a wrong clock put into the future: every time that is waited for begins anew. */
const notLater = (generation: Generation, now: Date): Generation => {
  const { publishedAt, changedAt } = generation
  if (publishedAt <= now && changedAt <= now) return generation
  const atMost = (date: Date) => (date < now ? date : now)
  return { ...generation, publishedAt: atMost(publishedAt), changedAt: atMost(changedAt) }
}

/** Plans the bundle anew: the same generations, signed and dated now. */
export const republish = (before: Authority, now: Date): Change => {
  const generations = before.generations.map((generation) => notLater(generation, now))
  const dated = generations.filter((one) => !before.generations.includes(one))
  return {
    action: 'republish',
    generations,
    crossCertificates: before.crossCertificates,
    changes: dated.map(({ id }) => `${id} dated now`),
    forced: [],
  }
}

export interface Consent {
  /** Whether what the plan breaks is accepted. */
  readonly force: boolean
}

const changeOf = ({ action, changes, breaks }: Plan, before: Authority, now: Date): Change => ({
  action,
  generations: before.generations.map((generation) => {
    const state = changes.find(({ id }) => id === generation.id)?.to
    return state ? { ...generation, state, changedAt: now } : generation
  }),
  crossCertificates: before.crossCertificates,
  changes: changes.map(({ id, to }) => `${id} ${to}`),
  forced: breaks,
})

/** Refuses a plan that breaks something, unless that was accepted. @throws {Refusal} `transition-refused` */
export const checkConsent = ({ action, subject, breaks }: Plan, { force }: Consent): void => {
  if (breaks.length === 0 || force) return
  throw new Refusal('transition-refused', `Cannot ${action} ${subject}: ${breaks.join('; ')}.`)
}

/**
 * Carries out a plan; one without changes was carried out before.
 * @throws {Refusal} `transition-refused` for a plan that breaks something, and those of changeAuthority()
 */
export const moveGeneration = async (
  tenant: Tenant,
  { plan, before, consent }: { readonly plan: Plan; readonly before: Authority; readonly consent: Consent },
  ceremony: Ceremony,
): Promise<Authority> => {
  if (plan.changes.length === 0) return before
  checkConsent(plan, consent)
  return changeAuthority(tenant, { change: changeOf(plan, before, ceremony.now), before }, ceremony)
}
