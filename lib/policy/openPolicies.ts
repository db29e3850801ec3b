import type { Configuration } from '../tenant/configuration.ts'
import { compilePolicies, type Policies, type RevisionPolicies } from './compilePolicies.ts'

/** A revision, as far as it decides. */
export interface Deciding extends Pick<RevisionPolicies, 'policies' | 'locations' | 'compliancePolicies'> {
  readonly configuration: Pick<Configuration, 'lifetimes'>
}

/** Compiles the policies of a revision. */
export const policiesOf = ({ configuration: { lifetimes }, ...revision }: Deciding): Policies =>
  compilePolicies({ ...revision, lifetimes })

/** Compiles the policies of each revision once: a tenant stays the same object while its revision does. */
export const openPolicies = (): ((tenant: Deciding) => Policies) => {
  const known = new WeakMap<Deciding, Policies>()
  return (tenant) => {
    const policies = known.get(tenant) ?? policiesOf(tenant)
    known.set(tenant, policies)
    return policies
  }
}
