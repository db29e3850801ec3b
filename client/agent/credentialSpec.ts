import { makeFolder } from '../../lib/files/makeFolder.ts'
import type { ReadDeviceTokens } from '../token/deviceTokens.ts'
import type { TokenSource } from '../token/tokenSource.ts'
import { checkUnshared } from '../checkUnshared.ts'
import type { StateFile } from './agentState.ts'
import type { CredentialStore } from '../credential/credentialStore.ts'
import { stateFile } from './stateFile.ts'
import { withRenewLock } from './withRenewLock.ts'

/** What a configuration says of a credential. */
export interface CredentialSettings {
  /** Gets the credential, the state and the locks: how events call it. */
  readonly folder: string
  readonly store: Pick<CredentialStore, 'held' | 'settle' | 'pendingKey' | 'accept'>
  /** What other programs read, by name (`key`, `certificate`): told to hooks. */
  readonly files: Readonly<Record<string, string>>
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

/** One credential that an agent keeps valid. */
export interface CredentialSpec extends CredentialSettings {
  readonly state: StateFile
  /** Does something while no other process changes the folder. @throws {Refusal} `folder-busy` after a minute, `path-shared`, `path-unwritable` */
  exclusively<T>(act: () => Promise<T>, signal: AbortSignal): Promise<T>
}

/** Keeps what belongs to a credential in its folder. */
export const credentialSpec = (settings: CredentialSettings): CredentialSpec => ({
  ...settings,
  state: stateFile(settings.folder),
  async exclusively(act, signal) {
    const { folder } = settings
    await makeFolder(folder, 0o700)
    await checkUnshared(folder, 'the folder')
    return withRenewLock(folder, act, { signal })
  },
})
