import type { ClaimsChallenge, RefusalOptions, SignInChallenge } from '../../lib/errors/refusal.ts'

/** What the next token is wanted for. */
export interface TokenWanted extends Pick<RefusalOptions, 'challenge' | 'signIn'> {
  /** The claims that the service asked for in answer to the last token. */
  readonly challenge?: ClaimsChallenge
  /** The sign-in that it asked for. */
  readonly signIn?: SignInChallenge
  /** Whether somebody is there to be asked: a window may open, a line may be printed. */
  readonly isInteractive: boolean
}

/** Where compliance tokens come from, or other tokens about the device. Asked one at a time. */
export interface TokenSource {
  /** As events call it: `file`, `command`. */
  readonly kind: string
  /** Whether it can do anything about a challenge: a file cannot. */
  readonly answersChallenges: boolean
  /**
   * Gets a token, one that was issued just now where the source can: a token that bought a certificate buys no other.
   * @returns JWS compact serialization.
   * @throws {Refusal} `token-source-failed` or `usage-wrong`, without what the source said that could be a secret
   */
  get(wanted: TokenWanted, signal: AbortSignal): Promise<string>
}
