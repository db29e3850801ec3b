import type { KeyAlgorithm } from './clientKey.ts'

/** The names of what makes keys, the usual one first. */
export const keyProviderNames = ['software', 'tpm2'] as const

/** Names what makes keys. */
export type KeyProviderName = (typeof keyProviderNames)[number]

/** What options or a mayfly.toml say of the key of a credential. */
export interface KeySettings {
  readonly keyAlgorithm: KeyAlgorithm | undefined
  readonly keyProvider: KeyProviderName | undefined
  readonly reuseKey: boolean
}
