import { readInput } from '../../lib/files/readInput.ts'
import { parseTokenText } from './parseTokenText.ts'
import type { TokenSource } from './tokenSource.ts'

/** Names what a token tells of, by which its options are called: `posture` for `--posture-file`. */
export type TokenName = 'token' | 'posture' | 'attestation'

/** Makes a source of a file that somebody else keeps fresh. It is read each time. */
export const fileSource = (name: TokenName, file: string): TokenSource => ({
  kind: 'file',
  answersChallenges: false,
  get: async () => parseTokenText(readInput(file), `the ${name} file ${file}`),
})
