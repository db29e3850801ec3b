import * as z from 'zod'
import { identifiers } from './identifiers.ts'
import { hopelessControl } from './isNeverSatisfied.ts'
import type { Control, Grant } from './policy.ts'
import { addReason } from './rejection.ts'
import { strengthSchema } from './strengthSchema.ts'

const provable = ['compliantDevice', 'domainJoinedDevice', 'mfa'] as const
const unprovable = [
  'approvedApplication',
  'compliantApplication',
  'passwordChange',
  'riskRemediation',
] as const

const givenControls = z.strictObject({
  operator: z.enum(['AND', 'OR']).optional(),
  builtInControls: z.array(z.enum(['block', ...provable, ...unprovable])).default([]),
  customAuthenticationFactors: identifiers(),
  termsOfUse: identifiers(),
  authenticationStrength: strengthSchema.optional(),
})

type GivenControls = z.output<typeof givenControls>

const controlsOf = (given: GivenControls): readonly Control[] => [
  ...given.builtInControls
    .filter((name) => name !== 'block')
    .map((name): Control => {
      const kind = provable.find((control) => control === name)
      return kind === undefined ? { kind: 'unprovable', name } : { kind }
    }),
  ...(given.authenticationStrength === undefined
    ? []
    : [{ kind: 'strength' as const, strength: given.authenticationStrength }]),
  ...given.customAuthenticationFactors.map((id) => ({
    kind: 'unprovable' as const,
    name: `custom factor ${id}`,
  })),
  ...given.termsOfUse.map((id) => ({ kind: 'unprovable' as const, name: `terms of use ${id}` })),
]

const faultsIn = (given: GivenControls, denyUnprovable: boolean): readonly string[] => {
  const { operator = 'OR', builtInControls } = given
  const controls = controlsOf(given)
  const isBlock = builtInControls.includes('block')
  const name = hopelessControl({ kind: 'require', operator, controls })
  return [
    ...(isBlock && controls.length > 0 ? ['block stands alone'] : []),
    ...(given.operator === undefined && controls.length > 1 ? ['several controls need an operator'] : []),
    ...(name !== undefined && !denyUnprovable
      ? [`nothing here can prove ${name}; with --deny-unprovable the policy is kept as never satisfied`]
      : []),
  ]
}

/**
 * Makes the reader of a policy's controls.
 * @param denyUnprovable keeps a policy that nothing here can satisfy, instead of rejecting it.
 */
export const grantControlsSchema = (denyUnprovable: boolean) =>
  givenControls.transform((given, context): Grant => {
    for (const fault of faultsIn(given, denyUnprovable)) addReason(context, given, fault)
    if (given.builtInControls.includes('block')) return { kind: 'block' }
    const controls = controlsOf(given)
    if (controls.length === 0) return { kind: 'nothing' }
    return { kind: 'require', operator: given.operator ?? 'OR', controls }
  })
