import type { Credential } from './keyVaultAccess.ts'

/** Far enough: the SDK asks for another token before this one ends. */
const farFuture = Date.UTC(2100, 0)

/** The credential of a stand-in for Key Vault, which knows its clients by one token. */
export const fixedCredential = (token: string): Credential => ({
  getToken: () => Promise.resolve({ token, expiresOnTimestamp: farFuture }),
})
