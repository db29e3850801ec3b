import type { CompliancePolicy } from '../compliance/model/compliancePolicy.ts'
import { isForNobody } from '../compliance/model/isForNobody.ts'
import { attestedFacts, azureFacts } from '../policy/signals/attestedFacts.ts'
import type { FactName } from '../policy/signals/factKinds.ts'
import { intuneFacts } from '../policy/signals/factsOfDirectory.ts'
import type { UnderstoodContent } from './revisionContent.ts'
import { suppliedFacts } from './suppliedFacts.ts'

type Facts = readonly FactName[]
const attested: Facts = [...attestedFacts, ...azureFacts]
const fromIntune: Facts = intuneFacts

/** Says what to configure for a source to tell a fact. */
const mendOf = (fact: FactName): string =>
  [
    'map it in `signals.facts` of a token issuer or in `facts` of an issuer of `evidence.posture`',
    ...(attested.includes(fact) ? ['trust a service of `evidence.attestation`'] : []),
    ...(fromIntune.includes(fact) ? ['ask Intune (`evidence.directory.intune`)'] : []),
  ].join(', or ')

interface Supply {
  readonly tenant: string
  readonly facts: ReadonlySet<FactName>
  readonly hasGroups: boolean
}

const settingFaults = ({ settings }: CompliancePolicy, { tenant, facts }: Supply): readonly string[] =>
  settings.flatMap(({ name, requirements }) =>
    [...new Set(requirements.map(({ fact }) => fact))]
      .filter((fact) => !facts.has(fact))
      .map((fact) => `${name}: no source of ${tenant} tells ${fact}: ${mendOf(fact)}`),
  )

const assignmentFaults = ({ assignment, platform }: CompliancePolicy, supply: Supply): readonly string[] => {
  const { tenant, facts, hasGroups } = supply
  const asksGroups = assignment.groups.length + assignment.excludedGroups.length > 0
  return [
    ...(asksGroups && !hasGroups
      ? [`assignments: no token issuer of ${tenant} says the groups of a user: map \`signals.groups\``]
      : []),
    ...(facts.has('platform')
      ? []
      : [
          `@odata.type: no source of ${tenant} tells the platform, and it is for ${platform}: map \`signals.platform\`, or ${mendOf('platform')}`,
        ]),
  ]
}

/** Lists what compliance policies ask for and no source of the tenant can tell, a line each; but not those of nobody. */
export const complianceFaults = ({
  configuration,
  compliancePolicies,
}: UnderstoodContent): readonly string[] => {
  const { tenant, tokenIssuers } = configuration
  const supply = {
    tenant,
    facts: new Set(suppliedFacts(configuration).map(({ fact }) => fact)),
    hasGroups: tokenIssuers.some(({ signals }) => signals?.groups !== undefined),
  }
  const assigned = compliancePolicies.filter((policy) => !isForNobody(policy))
  return assigned.flatMap((policy) =>
    [...assignmentFaults(policy, supply), ...settingFaults(policy, supply)].map(
      (fault) => `"${policy.displayName}", ${fault}`,
    ),
  )
}
