import { exec } from 'node:child_process'
import { promisify } from 'node:util'
import { Refusal, type RefusalOptions } from '../../lib/errors/refusal.ts'
import { readInput } from '../../lib/files/readInput.ts'
import { decodeText } from '../../lib/text/decodeText.ts'

const runShell = promisify(exec)
const commandMilliseconds = 120_000

type Environment = Readonly<Record<string, string | undefined>>

/** Tells a token command what the service wants of the next token, by its environment; nothing of it at first. */
const environmentOf = ({ challenge, signIn }: RefusalOptions): Environment => ({
  MAYFLY_CHALLENGE_CLAIMS: challenge?.claims,
  MAYFLY_CHALLENGE_ACR_VALUES: signIn?.acrValues.join(' ') || undefined,
  MAYFLY_CHALLENGE_MAX_AGE: signIn?.maxAgeSeconds?.toString(),
})

const runTokenCommand = async (line: string, challenge: RefusalOptions = {}): Promise<Buffer> => {
  try {
    const env = { ...process.env, ...environmentOf(challenge) }
    const options = { timeout: commandMilliseconds, windowsHide: true, encoding: 'buffer', env } as const
    return (await runShell(line, options)).stdout
  } catch (error) {
    const { code } = error as { code?: number | string }
    throw new Refusal(
      'usage-wrong',
      `Cannot get a token: the token command ended with ${code ?? 'a signal'}.`,
    )
  }
}

/** Tells people what they put where a token belongs. None of it is a token (RFC 6750 section 2.1). */
const mistakes: readonly (readonly [form: RegExp, why: string])[] = [
  [/^$/, 'is empty'],
  [
    /^[{[]/,
    'holds JSON: keep its access token alone, such as with az account get-access-token --query accessToken -o tsv',
  ],
  [/^["']/, 'holds a token in quotes: leave them out, such as with -o tsv instead of -o json'],
  [/^(?:authorization:\s*)?bearer\s/i, 'begins with "Bearer": leave that word out'],
  [/^-----BEGIN /, 'holds PEM, not a token'],
  [/\s/, 'holds several words or lines: a token is one word'],
]

/**
 * Reads a compliance token from what a file holds or a command printed; white space around it is dropped.
 * @param source as a sentence begins with it.
 * @throws {Refusal} `usage-wrong` which never contains a part of the text.
 */
export const parseTokenText = (octets: Uint8Array, source: string): string => {
  const refuse = (why: string) => new Refusal('usage-wrong', `Cannot get a token: ${source} ${why}.`)
  const token = decodeText(octets, refuse).trim()
  const mistake = mistakes.find(([form]) => form.test(token))
  if (mistake) throw refuse(mistake[1])
  return token
}

const printed = 'what the token command printed'

interface TokenSource {
  readonly tokenFile: string | undefined
  readonly tokenCommand: string | undefined
}

/**
 * Reads the compliance token that a file holds or a command prints.
 * @throws {Refusal} `usage-wrong`
 */
export const readToken = async ({ tokenFile: file, tokenCommand: shell }: TokenSource): Promise<string> => {
  if ((file === undefined) === (shell === undefined)) {
    throw new Refusal('usage-wrong', 'Cannot get a token: give either --token-file or --token-command.')
  }
  if (file !== undefined) return parseTokenText(readInput(file), `the token file ${file}`)
  return parseTokenText(await runTokenCommand(shell ?? ''), printed)
}

/**
 * Answers the challenge of a service with another token, which the command prints that is told of it.
 * @param error that of the request with the first token; thrown on where nobody can answer it.
 * @throws {Refusal} that of the request, which says why the command did not answer it
 */
export const answerChallenge = async ({ tokenCommand }: TokenSource, error: unknown): Promise<string> => {
  if (!(error instanceof Refusal) || tokenCommand === undefined) throw error
  const { challenge, signIn } = error.options
  if (!challenge && !signIn) throw error
  try {
    return parseTokenText(await runTokenCommand(tokenCommand, error.options), printed)
  } catch (cause) {
    // The command may not know challenges: what the service said is why there is no certificate.
    if (!(cause instanceof Refusal)) throw cause
    throw new Refusal(error.code, `${error.detail} ${cause.detail}`, { cause })
  }
}
