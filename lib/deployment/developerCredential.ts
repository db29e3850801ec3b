import { Refusal } from '../errors/refusal.ts'
import type { Credential } from '../keys/keyVaultAccess.ts'
import { lazyCredential } from '../keys/lazyCredential.ts'
import { rememberedTokens } from './rememberedTokens.ts'

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
