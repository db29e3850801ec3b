/** The names of the kinds of keys that the service takes, the usual one first. */
export const keyAlgorithms = ['P-256', 'P-384', 'Ed25519', 'RSA-2048', 'RSA-3072', 'RSA-4096'] as const

/** Names a kind of key that the service takes. */
export type KeyAlgorithm = (typeof keyAlgorithms)[number]

/** The names of what makes keys, the usual one first. */
export const keyProviderNames = ['software', 'tpm2', 'pkcs11'] as const

/** Names what makes keys. */
export type KeyProviderName = (typeof keyProviderNames)[number]

/** The names of what keeps certificates and their keys, the usual one first. */
export const storeNames = ['folder', 'windows', 'keychain'] as const

/** Names what keeps certificates and their keys. */
export type StoreName = (typeof storeNames)[number]

/** What options or a mayfly.toml say of the key of a credential. */
export interface KeySettings {
  readonly keyAlgorithm: KeyAlgorithm | undefined
  readonly keyProvider: KeyProviderName | undefined
  readonly reuseKey: boolean
  readonly store: StoreName | undefined
  /** The path of a program that may use the key in a keychain without asking. */
  readonly keychainProgram: string | undefined
  /** The file of the password that PKCS#12 files get; none are written when left out. */
  readonly pkcs12Password: string | undefined
  /** The path of the library that reaches a PKCS#11 token. */
  readonly pkcs11Module: string | undefined
  /** The label of the token. */
  readonly pkcs11Token: string | undefined
  /** The file of the PIN of its user. */
  readonly pkcs11PinFile: string | undefined
}
