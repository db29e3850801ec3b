import { graphReader as readerOf, type GraphAnswer } from '../../lib/directory/graphReader.ts'
import type { Credential } from '../../lib/keys/keyVaultAccess.ts'

/** Reads a path of Microsoft Graph v1.0, at one of its origins, in the directory of whoever is signed in. */
export type ReadGraph = (origin: string, path: string) => Promise<Pick<GraphAnswer, 'status' | 'body'>>

const timeoutMilliseconds = 10_000

/** Reads Graph with the sign-in of an administrator. @throws {Refusal} `sign-in-needed`, or Error without an answer */
export const graphReader =
  (credential: Credential, send: typeof fetch = fetch): ReadGraph =>
  (origin, path) =>
    readerOf({ credential, origin, send })(path, AbortSignal.timeout(timeoutMilliseconds))
