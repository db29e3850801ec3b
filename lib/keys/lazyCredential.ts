import type { Credential } from './keyVaultAccess.ts'

/** A credential that is loaded when a token is first asked for: its library is larger than the rest of the app. */
export const lazyCredential = (load: () => Promise<Credential>): Credential => {
  let loaded: Promise<Credential> | undefined
  return {
    async getToken(scopes, options) {
      loaded ??= load()
      return (await loaded).getToken(scopes, options)
    },
  }
}
