import { platforms, type Signal } from './signal.ts'

/** The version of the vocabulary: facts may be added to it, and never change what they mean. */
export const factsVersion = 1

/** How dangerous what a threat defence found is; `secured` is nothing at all. */
export const threatLevels = ['secured', 'low', 'medium', 'high'] as const
export type ThreatLevel = (typeof threatLevels)[number]

/** Who vouched for the start of the machine: Azure Attestation for its TPM or for its virtual secure mode, or another service. */
export const attestationKinds = ['azureTpm', 'azureVbs', 'eat'] as const

/** The `complianceState` of Intune's managedDevice. */
export const managementStates = [
  'compliant',
  'inGracePeriod',
  'noncompliant',
  'conflict',
  'error',
  'configManager',
  'unknown',
] as const

/** What the values of a fact are. Numbers are 0 or more; a version is numbers between dots, such as `10.0.22631.4460`. */
export type FactKind = 'yesOrNo' | 'number' | 'version' | 'text' | { readonly words: readonly string[] }

/** All that is known of the posture of a device: one vocabulary, whichever source tells it. Units are in the names. */
export const factKinds = {
  platform: { words: platforms },
  /** The version of the operating system with all its parts, on Windows with build and revision. */
  osVersion: 'version',
  /** As macOS prints its builds, such as `23F79`. */
  osBuild: 'text',
  /** Since updates of the operating system were last installed. */
  updateAgeDays: 'number',
  automaticUpdates: 'yesOrNo',
  antivirusPresent: 'yesOrNo',
  antivirusEnabled: 'yesOrNo',
  antivirusRealTime: 'yesOrNo',
  antivirusSignatureAgeDays: 'number',
  antispywareEnabled: 'yesOrNo',
  /** Whether Microsoft Defender is the antivirus that protects the device, and is on. */
  defenderEnabled: 'yesOrNo',
  firewallEnabled: 'yesOrNo',
  passwordRequired: 'yesOrNo',
  /** The least length that the device enforces, in characters. */
  passwordMinimumCharacters: 'number',
  systemDriveEncrypted: 'yesOrNo',
  secureBoot: 'yesOrNo',
  codeIntegrity: 'yesOrNo',
  /** That of macOS (SIP). */
  systemIntegrityProtection: 'yesOrNo',
  /** Whether the boot loader lets a debugger in: yes is bad. */
  bootDebugging: 'yesOrNo',
  tpmPresent: 'yesOrNo',
  /** As `2.0`. */
  tpmVersion: 'version',
  /** Rooted or jail-broken: yes is bad. */
  jailBroken: 'yesOrNo',
  threatLevel: { words: threatLevels },
  attestationKind: { words: attestationKinds },
  /** Whether an attestation service vouched for the start of the machine, and for the key of the request. */
  attestationValidated: 'yesOrNo',
  /** Since the attestation service vouched. */
  attestationAgeSeconds: 'number',
  /** What Intune makes of the device by its own policies. */
  managementState: { words: managementStates },
} as const satisfies Readonly<Record<string, FactKind>>

export type FactName = keyof typeof factKinds

/** The value of any fact. */
export type FactValue = string | number | boolean

/** Who tells facts: the claims of the compliance token, another token about the device, or the directory of the deployment. */
export const factSources = ['token', 'posture', 'attestation', 'directory', 'intune'] as const
export type FactSource = (typeof factSources)[number]

/** Tells what one source says of one fact. A source that could tell it and does not says `undefined`, which is unknown. */
export interface FactReport {
  readonly fact: FactName
  readonly source: FactSource
  readonly value: Signal<FactValue>
  /** When it was so, seconds since 1970: ages count from there. Undefined where nobody tells. */
  readonly at: number | undefined
}
