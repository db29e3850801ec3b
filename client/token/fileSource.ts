import { readInput } from '../../lib/files/readInput.ts'
import { parseTokenText } from './parseTokenText.ts'
import type { TokenKind } from './printedToken.ts'
import type { TokenSource } from './tokenSource.ts'

/** Reads one of a client's tokens from a file. @throws {Refusal} `usage-wrong` */
export const readTokenFile = (kind: TokenKind, file: string): string =>
  parseTokenText(readInput(file), `the ${kind} file ${file}`)

/** Reads the token anew each time: whoever writes the file sees to it that it is fresh. */
export const fileSource = (file: string): TokenSource => ({
  kind: 'file',
  answersChallenges: false,
  get: async () => readTokenFile('token', file),
})
