import { attestedFacts, azureFacts } from '../policy/signals/attestedFacts.ts'
import type { FactName } from '../policy/signals/factKinds.ts'
import type { AttestationService } from '../tenant/evidence.ts'
import type { VerifySignedOptions } from '../token/verifySigned.ts'
import type { EvidenceOrder, TokenWord } from './evidenceOrder.ts'
import { silentFacts } from './silentFacts.ts'

/** Lists what attestations could tell, whoever issued them. */
export const attestationFacts = (services: readonly AttestationService[]): readonly FactName[] =>
  services.flatMap((service) => [
    ...attestedFacts,
    ...(service.kind === 'azure' ? azureFacts : (Object.keys(service.facts) as FactName[])),
  ])

/** Reads the facts that an attestation tells: none yet, all of them are unknown. */
export const attestationEvidence = (
  _compact: string,
  { configured }: EvidenceOrder,
  _options: VerifySignedOptions,
): Promise<TokenWord> =>
  Promise.resolve({
    facts: silentFacts(attestationFacts(configured?.attestation ?? []), 'attestation'),
    troubles: [],
  })
