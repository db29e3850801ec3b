import { parseRetryAfter } from '../deadline/parseRetryAfter.ts'
import { parseJson } from '../json/parseJson.ts'
import { readBounded } from '../json/readBounded.ts'
import type { Credential } from '../keys/keyVaultAccess.ts'

export interface GraphAnswer {
  readonly status: number
  /** Undefined where it does not say. */
  readonly retryAfterSeconds: number | undefined
  /** Graph's own id of the request; undefined where it tells none. */
  readonly requestId: string | undefined
  /** Undefined when it is no JSON, or too much. */
  readonly body: unknown
}

/** Reads a path of Microsoft Graph v1.0. @throws whatever the credential throws, and Error without an answer */
export type ReadGraph = (path: string, signal: AbortSignal) => Promise<GraphAnswer>

export interface GraphAccess {
  /** Gives tokens, and keeps them. */
  readonly credential: Credential
  /** One of graphOrigins, or that of a stand-in. */
  readonly origin: string
  /** Asks instead of Node.js. */
  readonly send?: typeof fetch
}

/** The record of a device has some 4 KiB, most of them its physical ids. */
const maxOctets = 128 * 1024

const idForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const bodyOf = async (response: Response): Promise<unknown> => {
  const octets = await readBounded(response, maxOctets)
  return parseJson(octets, (why) => new Error(`The answer ${why}.`))
}

/** Reads Graph as whoever the credential is for. */
export const graphReader =
  ({ credential, origin, send = fetch }: GraphAccess): ReadGraph =>
  async (path, signal) => {
    const token = await credential.getToken(`${origin}/.default`)
    if (!token) throw new Error('The credential gives no token for Graph.')
    const response = await send(`${origin}/v1.0/${path}`, {
      headers: { authorization: `Bearer ${token.token}`, accept: 'application/json' },
      redirect: 'error',
      signal,
    })
    const requestId = response.headers.get('request-id') ?? ''
    return {
      status: response.status,
      retryAfterSeconds: parseRetryAfter(response.headers.get('retry-after')),
      requestId: idForm.test(requestId) ? requestId : undefined,
      body: await bodyOf(response).catch((error: unknown) => {
        if (signal.aborted) throw error
        return undefined
      }),
    }
  }
