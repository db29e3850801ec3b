import type { FactName } from '../policy/signals/factKinds.ts'
import type { CompliancePolicy } from './model/compliancePolicy.ts'
import { isForNobody } from './model/isForNobody.ts'

/** Lists the facts that policies ask for which may be assigned: with any of those, the platform that it is for. */
export const factsAsked = (policies: readonly CompliancePolicy[]): ReadonlySet<FactName> =>
  new Set(
    policies
      .filter((policy) => !isForNobody(policy))
      .flatMap(({ settings }) => [
        'platform' as const,
        ...settings.flatMap(({ requirements }) => requirements.map(({ fact }) => fact)),
      ]),
  )
