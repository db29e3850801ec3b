import type { FactName } from './factKinds.ts'

/** What every attestation tells that counts: which kind it is, and how old. */
export const attestedFacts = [
  'attestationKind',
  'attestationAgeSeconds',
] as const satisfies readonly FactName[]

/** What an attestation by Azure Attestation tells beside, where the policy that judged the machine issues it. */
export const azureFacts = [
  'attestationValidated',
  'secureBoot',
  'bootDebugging',
  'codeIntegrity',
  'systemDriveEncrypted',
  'tpmPresent',
  'tpmVersion',
] as const satisfies readonly FactName[]
