import { Refusal, type RefusalOptions } from '../../lib/errors/refusal.ts'
import { type Environment, printedToken, readSource } from './tokenSource.ts'

/** Tells a token command what the service wants of the next token, by its environment; nothing of it at first. */
const environmentOf = ({ challenge, signIn }: RefusalOptions): Environment => ({
  MAYFLY_CHALLENGE_CLAIMS: challenge?.claims,
  MAYFLY_CHALLENGE_ACR_VALUES: signIn?.acrValues.join(' ') || undefined,
  MAYFLY_CHALLENGE_MAX_AGE: signIn?.maxAgeSeconds?.toString(),
})

interface TokenOptions {
  readonly tokenFile: string | undefined
  readonly tokenCommand: string | undefined
}

/**
 * Reads the compliance token that a file holds or a command prints.
 * @throws {Refusal} `usage-wrong`
 */
export const readToken = async ({
  tokenFile: file,
  tokenCommand: command,
}: TokenOptions): Promise<string> => {
  const token = await readSource({ kind: 'token', file, command }, environmentOf({}))
  if (token !== undefined) return token
  throw new Refusal('usage-wrong', 'Cannot get a token: give either --token-file or --token-command.')
}

/**
 * Answers the challenge of a service with another token, which the command prints that is told of it.
 * @param error that of the request with the first token; thrown on where nobody can answer it.
 * @throws {Refusal} that of the request, which says why the command did not answer it
 */
export const answerChallenge = async ({ tokenCommand }: TokenOptions, error: unknown): Promise<string> => {
  if (!(error instanceof Refusal) || tokenCommand === undefined) throw error
  const { challenge, signIn } = error.options
  if (!challenge && !signIn) throw error
  try {
    return await printedToken('token', tokenCommand, environmentOf(error.options))
  } catch (cause) {
    // The command may not know challenges: what the service said is why there is no certificate.
    if (!(cause instanceof Refusal)) throw cause
    throw new Refusal(error.code, `${error.detail} ${cause.detail}`, { cause })
  }
}
