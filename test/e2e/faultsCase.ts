import type { Fault as VaultFault } from '../faultyVault.ts'
import type { FaultsEvidence } from './faultsEvidence.ts'
import type { TokenChanges } from '../tokens.ts'
import type { FaultsWorld } from './faultsWorld.ts'

/** What goes wrong with one request: a row of the table. */
export interface FaultCase {
  /** The heading that the row is beneath. */
  readonly part: string
  /** As the table says it. */
  readonly fault: string
  /** Makes it go wrong. */
  readonly arrange: (world: FaultsWorld) => void | Promise<void>
  /** How long ago the instance served another request of the user, in seconds; it just started when left out. */
  readonly servedSecondsAgo?: number
  readonly token?: TokenChanges
  /** Whether the client kept the token for a minute, so that it is looked up before a signature. */
  readonly isOld?: boolean
  /** Whether an administrator stopped the user. */
  readonly isDenied?: boolean
  /** What the tenant wants to hear of the device beside the token; nothing when left out. */
  readonly evidence?: FaultsEvidence
  /** What is wrong with Key Vault, where the key of the issuer is then; it is in a file when left out. */
  readonly vault?: VaultFault
  /** The seconds a request has, where only a time limit ends the case; more than enough when left out. */
  readonly requestSeconds?: number
}
