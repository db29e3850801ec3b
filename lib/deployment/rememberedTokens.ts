import type { Credential } from '../keys/keyVaultAccess.ts'

type Token = NonNullable<Awaited<ReturnType<Credential['getToken']>>>

/** Tokens are asked for anew this long before they end. */
const marginMilliseconds = 5 * 60_000

/**
 * A credential that gives one token a scope while it lasts: who it says is signed in is who the services see, and the Azure
 * CLI is not started for each client. What is asked for with options, such as a claims challenge, is not remembered.
 */
export const rememberedTokens = (credential: Credential, now: () => number): Credential => {
  const tokens = new Map<string, Token>()
  return {
    async getToken(scopes, options) {
      const { claims, tenantId } = (options ?? {}) as { readonly claims?: string; readonly tenantId?: string }
      const name = JSON.stringify([scopes].flat())
      const known = tokens.get(name)
      const isPlain = claims === undefined && tenantId === undefined
      if (isPlain && known && now() < known.expiresOnTimestamp - marginMilliseconds) return known
      const token = await credential.getToken(scopes, options)
      if (token) tokens.set(name, token)
      return token
    },
  }
}
