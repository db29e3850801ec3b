import type { ClaimsChallenge, SignInChallenge } from '../../lib/errors/refusal.ts'

/** What is wanted of the next token. */
export interface TokenWanted {
  /** Claims that the token before lacked, as the service said. */
  readonly challenge?: ClaimsChallenge | undefined
  /** The sign-in that the token before did not come of, as the service said. */
  readonly signIn?: SignInChallenge | undefined
  /** Whether somebody is there to sign in: without, a browser is never opened. */
  readonly isInteractive: boolean
}

/**
 * Where compliance tokens come from. Asked by one caller at a time; keeps what it needs for the next one, and writes
 * no token to a log, an argument or a message.
 */
export interface TokenSource {
  /** Names it in events and in `status`. */
  readonly kind: 'file' | 'command' | 'oidc' | 'entra'
  /** Whether it can answer a challenge: a file holds what it holds. */
  readonly answersChallenges: boolean
  /**
   * Gets a token that was issued just now, where the source can: a certificate is not renewed on what was said before.
   * @param signal ends the wait for a person, a program or a provider.
   * @throws {Refusal} `token-source-failed`, `token-source-unavailable` which passes, `interaction-required` where
   *   somebody has to sign in and nobody is there; `usage-wrong` for a file or a text that holds no token
   */
  get(wanted: TokenWanted, signal: AbortSignal): Promise<string>
}
