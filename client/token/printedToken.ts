import { exec } from 'node:child_process'
import { promisify } from 'node:util'
import { Refusal } from '../../lib/errors/refusal.ts'
import { parseTokenText } from './parseTokenText.ts'

const runShell = promisify(exec)
const commandMilliseconds = 120_000

/** What a command finds in its environment. */
export type Environment = Readonly<Record<string, string | undefined>>

/** One of a client's tokens, by which its options are called: `posture` for `--posture-file`. */
export type TokenKind = 'token' | 'posture' | 'attestation'

export interface PrintedTokenOptions {
  /** The whole of it: what is undefined is not there. */
  readonly environment: Environment
  readonly signal?: AbortSignal
}

/** Tells how a command ended, without what it printed. */
const endedBadly = (kind: TokenKind, code: unknown): Refusal => {
  // A command that is not there ends the shell with a number, too; without one it was stopped.
  if (typeof code === 'number')
    return new Refusal('token-source-failed', `Cannot get a token: the ${kind} command ended with ${code}.`)
  const how = typeof code === 'string' ? code : 'a signal, or took more than two minutes'
  return new Refusal('token-source-unavailable', `Cannot get a token: the ${kind} command ended with ${how}.`)
}

/**
 * Reads a token that a command prints, which the shell runs.
 * @throws {Refusal} `token-source-failed` or `token-source-unavailable`, without what it printed; `usage-wrong` for what
 *   is no token
 */
export const printedToken = async (
  kind: TokenKind,
  command: string,
  { environment: env, signal }: PrintedTokenOptions,
): Promise<string> => {
  const common = { timeout: commandMilliseconds, windowsHide: true, encoding: 'buffer', env } as const
  const run = runShell(command, signal ? { ...common, signal } : common).catch((error: unknown) => {
    signal?.throwIfAborted()
    throw endedBadly(kind, (error as { code?: unknown }).code)
  })
  return parseTokenText((await run).stdout, `what the ${kind} command printed`)
}
