import { Refusal } from '../errors/refusal.ts'
import { factsIn } from '../policy/factsIn.ts'
import { attestedFacts, azureFacts } from '../policy/signals/attestedFacts.ts'
import type { FactName, FactReport } from '../policy/signals/factKinds.ts'
import type { AttestationService } from '../tenant/evidence.ts'
import type { ClaimsSet } from '../token/claimsSet.ts'
import { parseToken } from '../token/parseToken.ts'
import { verifySigned, type VerifySignedOptions } from '../token/verifySigned.ts'
import { azureKind, azureReports } from './azureReports.ts'
import { type AttestationOrder, checkAttestation } from './checkAttestation.ts'
import type { TokenWord } from './evidenceOrder.ts'
import { silentFacts, withSilent } from './silentFacts.ts'
import { troubleOf } from './troubleOf.ts'

const factsOf = (service: AttestationService): readonly FactName[] =>
  service.kind === 'azure' ? azureFacts : (Object.keys(service.facts) as FactName[])

/** Lists what attestations could tell, whoever issued them. */
const attestationFacts = (services: readonly AttestationService[]): readonly FactName[] => [
  ...new Set([...attestedFacts, ...services.flatMap(factsOf)]),
]

const chooseService = ({ iss }: ClaimsSet, services: readonly AttestationService[]): AttestationService => {
  const service = services.find(({ issuer }) => issuer === iss)
  if (service) return service
  const why = 'Cannot accept the attestation: its "iss" is not one that the tenant lists.'
  throw new Refusal('attestation-refused', why)
}

/** Tells what every attestation tells by being one that counts. Its age grows from when it was issued. */
const attestedReports = (
  claims: ClaimsSet,
  { kind }: AttestationService,
  at: number,
): readonly FactReport[] => {
  const attested = kind === 'azure' ? azureKind(claims) : 'eat'
  const source = 'attestation'
  return [
    { fact: 'attestationKind', source, value: attested, at: attested && at },
    { fact: 'attestationAgeSeconds', source, value: 0, at },
  ]
}

/** Verifies an attestation, then checks what it says of itself, and reads what it says of the machine. */
const readAttestation = async (
  compact: string,
  order: AttestationOrder,
  options: VerifySignedOptions,
): Promise<readonly FactReport[]> => {
  const parsed = parseToken(compact)
  const { claims } = parsed
  const service = chooseService(claims, order.configured?.attestation ?? [])
  await verifySigned(parsed, service, options)
  const at = checkAttestation(claims, service, order)
  const { clockToleranceSeconds } = service
  const told = { source: 'attestation', at, now: order.now.getTime() / 1000, clockToleranceSeconds } as const
  return [
    ...attestedReports(claims, service, Math.floor(at)),
    ...(service.kind === 'azure' ? azureReports(claims, told) : factsIn(service.facts, claims, told)),
  ]
}

/**
 * Reads the facts that an attestation tells: a token by which a service of the tenant vouched for the start of a machine, and
 * for the key of the request. Where it does not count, whatever the reason, all that attestations could tell is unknown.
 * @param compact JWS compact serialization, unchecked.
 */
export const attestationEvidence = async (
  compact: string,
  order: AttestationOrder,
  options: VerifySignedOptions,
): Promise<TokenWord> => {
  const facts = attestationFacts(order.configured?.attestation ?? [])
  try {
    const reports = await readAttestation(compact, order, options)
    return { facts: withSilent(reports, facts, 'attestation'), troubles: [] }
  } catch (error) {
    return { facts: silentFacts(facts, 'attestation'), troubles: [troubleOf(error, 'attestation')] }
  }
}
