import { Refusal } from '../../lib/errors/refusal.ts'
import { runProgram } from '../runProgram.ts'
import { parseTokenText } from './parseTokenText.ts'

const timeoutMilliseconds = 120_000

/** What a command finds in its environment. */
export type Environment = Readonly<Record<string, string | undefined>>

/** One of a client's tokens, by which its options are called: `posture` for `--posture-file`. */
export type TokenKind = 'token' | 'posture' | 'attestation'

export interface PrintedTokenOptions {
  /** On top of that of this process; what is undefined is taken out of it. */
  readonly environment: Environment
  readonly signal?: AbortSignal
}

/** Tells how a command ended, without what it wrote. One that said no by itself says it again; what was stopped may not be next time. */
const refuse = (kind: TokenKind, how: string): Refusal =>
  new Refusal(
    /^ended with \d+$/.test(how) ? 'token-source-failed' : 'token-source-unavailable',
    `Cannot get a token: the ${kind} command ${how}.`,
  )

/**
 * Reads a token that a command prints, which the shell runs.
 * @throws {Refusal} `token-source-failed` or `token-source-unavailable`, without what it wrote; `usage-wrong` for what
 *   is no token; the reason of the signal
 */
export const printedToken = async (
  kind: TokenKind,
  command: string,
  { environment, signal }: PrintedTokenOptions,
): Promise<string> => {
  const run = { program: command, isShell: true, environment, timeoutMilliseconds, signal }
  const { how, stdout } = await runProgram(run)
  signal?.throwIfAborted()
  if (how !== undefined) throw refuse(kind, how)
  return parseTokenText(stdout, `what the ${kind} command printed`)
}
