import { type Environment, printedToken } from './printedToken.ts'
import type { TokenSource, TokenWanted } from './tokenSource.ts'

/** Tells a command what the service wants of the next token; nothing of it at first, whatever the environment held. */
const environmentOf = ({ challenge, signIn, isInteractive }: TokenWanted): Environment => ({
  MAYFLY_CHALLENGE_CLAIMS: challenge?.claims,
  MAYFLY_CHALLENGE_ACR_VALUES: signIn?.acrValues.join(' ') || undefined,
  MAYFLY_CHALLENGE_MAX_AGE: signIn?.maxAgeSeconds?.toString(),
  MAYFLY_INTERACTIVE: isInteractive ? '1' : '0',
})

/** Has a command print the token, as credential helpers do. */
export const commandSource = (command: string, environment: Environment): TokenSource => ({
  kind: 'command',
  answersChallenges: true,
  get: (wanted, signal) =>
    printedToken('token', command, { environment: { ...environment, ...environmentOf(wanted) }, signal }),
})
