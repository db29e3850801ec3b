import { Refusal } from '../errors/refusal.ts'
import { type Credential, lazyCredential } from '../keys/keyVaultAccess.ts'

type Token = NonNullable<Awaited<ReturnType<Credential['getToken']>>>

/** Tokens are asked for anew this long before they end. */
const marginMilliseconds = 5 * 60_000

/**
 * A credential that gives one token a scope while it lasts: who it says is signed in is who the services see, and the Azure
 * CLI is not started for each client. What is asked for with options, such as a claims challenge, is not remembered.
 */
const rememberedTokens = (credential: Credential, now: () => number): Credential => {
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

/** Lists the errors of @azure/identity when nobody is signed in. */
const signedOutNames = new Set([
  'AggregateAuthenticationError',
  'AuthenticationError',
  'AuthenticationRequiredError',
  'CredentialUnavailableError',
])

const isSignedOut = (error: unknown): boolean => error instanceof Error && signedOutNames.has(error.name)

const signingIn = (credential: Credential): Credential => ({
  async getToken(scopes, options) {
    try {
      return await credential.getToken(scopes, options)
    } catch (error) {
      if (!isSignedOut(error)) throw error
      const why = 'Cannot sign in to Azure: neither the Azure CLI nor anything else here gives a token.'
      throw new Refusal('sign-in-needed', why, { cause: error })
    }
  },
})

/**
 * Whoever is signed in here: to the Azure CLI, to an editor, or as the service of a pipeline. Where nobody is, asking for a
 * token throws Refusal `sign-in-needed`.
 */
export const signedInCredential = (): Credential =>
  rememberedTokens(
    lazyCredential(async () => {
      const { DefaultAzureCredential } = await import('@azure/identity')
      return signingIn(new DefaultAzureCredential())
    }),
    () => Date.now(),
  )

/** The one of this process: whoever asks what it is for gets the token that is used. */
export const developerCredential = signedInCredential()
