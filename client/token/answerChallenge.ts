import { Refusal } from '../../lib/errors/refusal.ts'
import type { TokenSource, TokenWanted } from './tokenSource.ts'

/** How the first token was got. */
export interface FirstAsked extends Pick<TokenWanted, 'isInteractive'> {
  readonly signal: AbortSignal
}

/**
 * Answers the challenge of a service with another token; once, for whoever asks again has the answer already.
 * @param error that of the request with the first token; thrown on where nobody can answer it.
 * @throws {Refusal} that of the request, which says why the source did not answer it
 */
export const answerChallenge = async (
  source: TokenSource,
  error: unknown,
  { isInteractive, signal }: FirstAsked,
): Promise<string> => {
  if (!(error instanceof Refusal) || !source.answersChallenges) throw error
  const { challenge, signIn } = error.options
  if (!challenge && !signIn) throw error
  try {
    return await source.get({ challenge, signIn, isInteractive }, signal)
  } catch (cause) {
    // The source may not know challenges: what the service said is why there is no certificate.
    if (!(cause instanceof Refusal)) throw cause
    throw new Refusal(error.code, `${error.detail} ${cause.detail}`, { cause })
  }
}
