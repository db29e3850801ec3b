import type { FaultCase } from './faultsCase.ts'
import { evidenceFaults } from './faultsOfEvidence.ts'
import { issuerFaults } from './faultsOfIssuer.ts'
import { tableFaults } from './faultsOfTables.ts'
import { vaultFaults } from './faultsOfVault.ts'

/** Every row of the table, in order. */
export const faultCases: readonly FaultCase[] = [
  ...tableFaults,
  ...issuerFaults,
  ...evidenceFaults,
  ...vaultFaults,
]
