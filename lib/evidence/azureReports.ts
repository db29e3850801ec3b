import type { Told } from '../policy/factsIn.ts'
import type { attestationKinds, FactReport, FactValue } from '../policy/signals/factKinds.ts'
import { azureFacts } from '../policy/signals/attestedFacts.ts'
import type { Signal } from '../policy/signals/signal.ts'
import { type ClaimsSet, claimOf } from '../token/claimsSet.ts'

/** How a claim that the policy of an instance of Azure Attestation issues tells a fact; of another type it tells nothing. */
interface Reading {
  readonly claim: string
  readonly read: (value: unknown) => Signal<FactValue>
}

const asItIs = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined)

const theOpposite = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? !value : undefined)

/** The attested key tells of a TPM only where its certificate is a TPM's. */
const onlyYes = (value: unknown): true | undefined => (value === true ? true : undefined)

/** The claim is the major version; there is one version of 2 (TPM 1.2 and 2.0 were published). */
const tpmVersion = (value: unknown): string | undefined => (value === 2 ? '2.0' : undefined)

/**
 * What the claims of Azure Attestation mean, by their names on Microsoft's pages. infra/attestation/tpm.policy issues exactly
 * these: a claim that a policy does not issue leaves its fact unknown.
 */
export const azureReadings: Readonly<Record<(typeof azureFacts)[number], Reading>> = {
  attestationValidated: { claim: 'aikValidated', read: asItIs },
  secureBoot: { claim: 'secureBootEnabled', read: asItIs },
  bootDebugging: { claim: 'bootDebuggingDisabled', read: theOpposite },
  codeIntegrity: { claim: 'codeIntegrityEnabled', read: asItIs },
  systemDriveEncrypted: { claim: 'bitlockerEnabled', read: asItIs },
  tpmPresent: { claim: 'aikValidated', read: onlyYes },
  tpmVersion: { claim: 'tpmVersion', read: tpmVersion },
}

/** Tells whether there was a report of an enclave beside the TPM's. */
export const enclaveClaim = 'vbsReportPresent'

/** Reads who vouched: every attestation of these is a TPM's, and some are an enclave's as well. */
export const azureKind = (claims: ClaimsSet): (typeof attestationKinds)[number] | undefined => {
  const value = claimOf(claims, enclaveClaim) ?? false
  if (typeof value !== 'boolean') return undefined
  return value ? 'azureVbs' : 'azureTpm'
}

/** Reads the facts that an attestation by Azure Attestation tells: one report of each, undefined where it does not tell it. */
export const azureReports = (claims: ClaimsSet, { at }: Pick<Told, 'at'>): readonly FactReport[] =>
  azureFacts.map((fact) => {
    const { claim, read } = azureReadings[fact]
    const value = read(claimOf(claims, claim))
    return { fact, source: 'attestation', value, at: value === undefined ? undefined : Math.floor(at) }
  })
