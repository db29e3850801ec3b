import type { ReadDeviceTokens } from '../token/deviceTokens.ts'
import type { TokenSource } from '../token/tokenSource.ts'
import type { CredentialStore } from './obtainCertificate.ts'
import type { StateFile } from './agentState.ts'

/** One credential that an agent keeps valid: what a configuration comes to. */
export interface CredentialSpec {
  /** Holds the credential, the state and the locks: how events call it. */
  readonly folder: string
  readonly store: CredentialStore
  readonly state: StateFile
  /** Base URL of the service, the tenant, and PEM of the authorities to trust for it. */
  readonly url: string
  readonly tenant: string
  readonly ca?: string | undefined
  readonly token: TokenSource
  readonly readDeviceTokens: ReadDeviceTokens
  /** Whether somebody may be asked for a token: not in the background. */
  readonly isInteractive: boolean
  /** Paths of executables. */
  readonly onRenew?: string | undefined
  readonly onRefused?: string | undefined
}
