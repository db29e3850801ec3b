import { exec } from 'node:child_process'
import { promisify } from 'node:util'
import { Refusal } from '../../lib/errors/refusal.ts'
import { readInput } from '../../lib/files/readInput.ts'
import { parseTokenText } from './parseTokenText.ts'

const runShell = promisify(exec)
const commandMilliseconds = 120_000

/** What a command is told by its environment; what is undefined is taken out of it. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Where one of a client's tokens comes from. */
export interface TokenSource {
  /** By which its options are called: `posture` for `--posture-file`. */
  readonly kind: 'token' | 'posture' | 'attestation'
  readonly file: string | undefined
  /** Prints it, run by the shell. */
  readonly command: string | undefined
}

/**
 * Reads a token that a command prints.
 * @throws {Refusal} `usage-wrong`, without what it printed
 */
export const printedToken = async (
  kind: TokenSource['kind'],
  command: string,
  environment: Environment = {},
): Promise<string> => {
  const env = { ...process.env, ...environment }
  const options = { timeout: commandMilliseconds, windowsHide: true, encoding: 'buffer', env } as const
  const run = runShell(command, options).catch((error: unknown) => {
    const { code } = error as { code?: number | string }
    const how = `the ${kind} command ended with ${code ?? 'a signal'}`
    throw new Refusal('usage-wrong', `Cannot get a token: ${how}.`)
  })
  return parseTokenText((await run).stdout, `what the ${kind} command printed`)
}

/**
 * Reads a token that a file holds or a command prints.
 * @returns undefined where neither is given.
 * @throws {Refusal} `usage-wrong`
 */
export const readSource = async (
  { kind, file, command }: TokenSource,
  environment?: Environment,
): Promise<string | undefined> => {
  if (file !== undefined && command !== undefined)
    throw new Refusal('usage-wrong', `Cannot get a token: give either --${kind}-file or --${kind}-command.`)
  if (file !== undefined) return parseTokenText(readInput(file), `the ${kind} file ${file}`)
  return command === undefined ? undefined : printedToken(kind, command, environment)
}
