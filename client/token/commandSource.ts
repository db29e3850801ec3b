import { Refusal } from '../../lib/errors/refusal.ts'
import { runProgram } from '../runProgram.ts'
import type { TokenName } from './fileSource.ts'
import { parseTokenText } from './parseTokenText.ts'
import type { TokenSource, TokenWanted } from './tokenSource.ts'

/** What a command is told by its environment; what is undefined is taken out of it. */
type Environment = Readonly<Record<string, string | undefined>>

const timeoutMilliseconds = 120_000

/** Tells a command what the service wants of the next token; nothing of it at first. */
const challengeOf = ({ challenge, signIn }: TokenWanted): Environment => ({
  MAYFLY_CHALLENGE_CLAIMS: challenge?.claims,
  MAYFLY_CHALLENGE_ACR_VALUES: signIn?.acrValues.join(' ') || undefined,
  MAYFLY_CHALLENGE_MAX_AGE: signIn?.maxAgeSeconds?.toString(),
})

/** Makes a source of a command, run by the shell, that prints a token. */
export const commandSource = (
  name: TokenName,
  command: string,
  environment: Environment = {},
): TokenSource => ({
  kind: 'command',
  answersChallenges: true,
  async get(wanted, signal) {
    const { how, stdout } = await runProgram({
      program: command,
      isShell: true,
      environment: { ...environment, ...challengeOf(wanted) },
      timeoutMilliseconds,
      signal,
    })
    if (how === undefined) return parseTokenText(stdout, `what the ${name} command printed`)
    throw new Refusal('token-source-failed', `Cannot get a token: the ${name} command ${how}.`)
  },
})
