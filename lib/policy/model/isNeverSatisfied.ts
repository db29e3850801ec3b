import type { Grant, Policy } from './policy.ts'

/** Names what keeps a grant from ever being satisfied: nothing here can prove it, and nothing beside it, in an OR, would do. */
export const hopelessControl = (grant: Grant): string | undefined => {
  if (grant.kind !== 'require') return undefined
  const [first, ...more] = grant.controls.filter((control) => control.kind === 'unprovable')
  const isAll = more.length + 1 === grant.controls.length
  return grant.operator === 'AND' || isAll ? first?.name : undefined
}

/** Tells whether nothing here can prove what a policy asks for, so that whoever it applies to is denied. */
export const isNeverSatisfied = (policy: Policy): boolean =>
  policy.never === undefined && hopelessControl(policy.grant) !== undefined
