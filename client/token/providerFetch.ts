import { Refusal } from '../../lib/errors/refusal.ts'
import { type Answer, exchange } from '../exchange.ts'
import { isSecureUrl } from './isSecureUrl.ts'

const timeoutMilliseconds = 30_000
const maxOctets = 1024 * 1024

/** One request to a provider. */
export interface ProviderRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

const unavailable = (detail: string, { headers }: Pick<Answer, 'headers'> = { headers: {} }): Refusal =>
  new Refusal('token-source-unavailable', detail, {
    retryAfterSeconds: Number(headers['retry-after'] ?? 0) || 0,
  })

/**
 * Sends a request to a provider as every other is sent: through the proxy of the machine, following no redirect.
 * @throws {Refusal} `token-source-unavailable`, `token-source-failed` for a URL that others could read; `service-untrusted`
 */
export const askProvider = async (request: ProviderRequest, signal: AbortSignal): Promise<Answer> => {
  const { url } = request
  if (!isSecureUrl(url))
    throw new Refusal('token-source-failed', `Cannot ask ${url.origin}: it is neither https nor here.`)
  signal.throwIfAborted()
  const answer = await exchange({ ...request, timeoutMilliseconds, maxOctets, signal }).catch(
    (error: unknown) => {
      signal.throwIfAborted()
      if (error instanceof Refusal && error.code === 'service-unavailable') throw unavailable(error.detail)
      throw error
    },
  )
  const { status } = answer
  if (status < 500 && status !== 429) return answer
  throw unavailable(`Cannot get a token: ${url.origin} answers with status ${status}.`, answer)
}

/** How libraries of OAuth ask. */
type Fetch = (
  url: string,
  options: { readonly method: string; readonly headers: Record<string, string>; readonly body?: unknown },
) => Promise<Response>

/** Has a library ask providers as askProvider() does. */
export const providerFetch =
  (signal: AbortSignal): Fetch =>
  async (url, { method, headers, body }) => {
    const text = body instanceof URLSearchParams || typeof body === 'string' ? String(body) : undefined
    const answer = await askProvider({ url: new URL(url), method, headers, body: text }, signal)
    const told = new Headers()
    for (const name of ['content-type', 'www-authenticate'] as const) {
      const value = answer.headers[name]
      if (value !== undefined) told.set(name, value)
    }
    return new Response(new Uint8Array(answer.content), { status: answer.status, headers: told })
  }
