import { Refusal } from '../../lib/errors/refusal.ts'
import type { TokenSource, TokenWanted } from './tokenSource.ts'

/**
 * Answers the challenge of a service with another token.
 * @param error that of the request with the first token; thrown on where nobody can answer it.
 * @throws {Refusal} that of the request, which says why the source did not answer it
 */
export const answerChallenge = async (
  source: TokenSource,
  error: unknown,
  { isInteractive, signal }: Pick<TokenWanted, 'isInteractive'> & { readonly signal: AbortSignal },
): Promise<string> => {
  if (!(error instanceof Refusal) || !source.answersChallenges) throw error
  const { challenge, signIn } = error.options
  if (!challenge && !signIn) throw error
  const asked = { ...(challenge ? { challenge } : {}), ...(signIn ? { signIn } : {}) }
  try {
    return await source.get({ ...asked, isInteractive }, signal)
  } catch (cause) {
    // The source may not know challenges: what the service said is why there is no certificate.
    if (!(cause instanceof Refusal)) throw cause
    throw new Refusal(error.code, `${error.detail} ${cause.detail}`, { cause })
  }
}
