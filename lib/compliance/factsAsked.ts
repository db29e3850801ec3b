import type { FactName } from '../policy/signals/factKinds.ts'
import type { CompliancePolicy } from './model/compliancePolicy.ts'

/** Lists the facts that policies ask for: with any policy, the platform that it is for. */
export const factsAsked = (policies: readonly CompliancePolicy[]): ReadonlySet<FactName> =>
  new Set(
    policies.flatMap(({ settings }) => [
      'platform' as const,
      ...settings.flatMap(({ requirements }) => requirements.map(({ fact }) => fact)),
    ]),
  )
