import type { Policy } from './policy.ts'

/** Tells whether nothing here can prove what a policy asks for, so that whoever it applies to is denied. */
export const isNeverSatisfied = (policy: Policy): boolean => {
  if (policy.never !== undefined || policy.grant.kind !== 'require') return false
  const { operator, controls } = policy.grant
  const isUnprovable = controls.map(({ kind }) => kind === 'unprovable')
  return operator === 'AND' ? isUnprovable.includes(true) : !isUnprovable.includes(false)
}
