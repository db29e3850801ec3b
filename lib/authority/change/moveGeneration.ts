import { Refusal } from '../../errors/refusal.ts'
import type { Tenant } from '../../tenant/tenants.ts'
import type { Authority } from '../authority.ts'
import { type Ceremony, type Change, changeAuthority } from './changeAuthority.ts'
import type { Plan } from './plan.ts'

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
