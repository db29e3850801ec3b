import { attestedFacts, azureFacts } from '../policy/signals/attestedFacts.ts'
import type { FactName, FactSource } from '../policy/signals/factKinds.ts'
import { factsOfDirectory } from '../policy/signals/factsOfDirectory.ts'
import type { Configuration, TokenIssuer } from './configuration.ts'
import type { AttestationService, DirectorySource } from './evidence.ts'
import type { FactMapping } from './factMapping.ts'

/** A fact, and one who can tell it. */
export interface SuppliedFact {
  readonly fact: FactName
  readonly source: FactSource
}

const suppliedBy = (source: FactSource, facts: readonly FactName[]): readonly SuppliedFact[] =>
  [...new Set(facts)].map((fact) => ({ fact, source }))

const mapped = (mapping: FactMapping = {}): readonly FactName[] => Object.keys(mapping) as FactName[]

const ofToken = ({ signals = {} }: TokenIssuer): readonly FactName[] => [
  ...(signals.platform === undefined ? [] : (['platform'] as const)),
  ...mapped(signals.facts),
]

const ofAttestation = (service: AttestationService): readonly FactName[] => [
  ...attestedFacts,
  ...(service.kind === 'azure' ? azureFacts : mapped(service.facts)),
]

const ofDirectory = (directory: DirectorySource | undefined): readonly SuppliedFact[] =>
  directory ? factsOfDirectory(directory) : []

/**
 * Lists which facts the sources of a tenant can tell, each fact of a source once: what no source can tell, no policy may
 * ask for.
 */
export const suppliedFacts = ({
  tokenIssuers,
  evidence,
}: Pick<Configuration, 'tokenIssuers' | 'evidence'>): readonly SuppliedFact[] => {
  const { posture = [], attestation = [], directory } = evidence ?? {}
  return [
    ...suppliedBy('token', tokenIssuers.flatMap(ofToken)),
    ...suppliedBy(
      'posture',
      posture.flatMap(({ facts }) => mapped(facts)),
    ),
    ...suppliedBy('attestation', attestation.flatMap(ofAttestation)),
    ...ofDirectory(directory),
  ]
}
