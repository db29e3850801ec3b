import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { catalogue, type RefusalCode } from '../lib/errors/catalogue.ts'
import { Refusal } from '../lib/errors/refusal.ts'
import { parseJson } from '../lib/json/parseJson.ts'
import { jsonMember } from '../lib/json/jsonMember.ts'

const timeoutMilliseconds = 30_000
const maxAnswerOctets = 1024 * 1024
const maxDetailCharacters = 500
const attempts = 3
const maxWaitSeconds = 30

const loopbackHosts = new Set(['127.0.0.1', '[::1]', 'localhost'])

/** What every request to a service has. */
export interface ServiceRequest {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca?: string | undefined
}

/** One POST to a service. */
export interface ServiceCall extends ServiceRequest {
  readonly body: string
}

interface Answer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly content: Buffer
}

/**
 * Checks that a service may be sent a token: https, or plain http on this machine.
 * @returns the base of the service's paths, with a slash at its end.
 * @throws {Refusal} `usage-wrong`
 */
export const checkServiceUrl = (url: string): URL => {
  // What is relative to a base without a slash at its end replaces the last segment of its path.
  const base = url.endsWith('/') ? url : `${url}/`
  const parsed = URL.canParse(base) ? new URL(base) : undefined
  if (parsed?.protocol === 'https:') return parsed
  if (parsed?.protocol === 'http:' && loopbackHosts.has(parsed.hostname)) return parsed
  throw new Refusal(
    'usage-wrong',
    `Cannot use the service ${url}: its URL must be https (http on this machine only).`,
  )
}

/** Reads the answer, which is never large. */
const readOctets = async (response: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let octets = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    octets += chunk.length
    if (octets > maxAnswerOctets) throw new Error('TOO_LARGE')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** A GET, or a POST where there is a body. */
const exchange = ({ url, headers, ca, body }: ServiceRequest & { readonly body?: string }): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMilliseconds)
    const options =
      body === undefined
        ? { method: 'GET', headers, signal }
        : { method: 'POST', headers: { ...headers, 'content-length': Buffer.byteLength(body) }, signal }
    const request =
      url.protocol === 'https:'
        ? requestHttps(url, ca === undefined ? options : { ...options, ca })
        : requestHttp(url, options)
    request.once('error', reject)
    request.once('response', (response) => {
      const { statusCode: status = 0, headers: answered } = response
      readOctets(response).then(
        (content) => resolve({ status, retryAfter: answered['retry-after'], content }),
        reject,
      )
    })
    request.end(body)
  })

const send = async (request: ServiceRequest & { readonly body?: string }): Promise<Answer> => {
  try {
    return await exchange(request)
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? (error as Error).name
    throw new Refusal('service-unavailable', `Cannot reach ${request.url.origin}: ${why}.`, { cause: error })
  }
}

const codeOf = (type: unknown): RefusalCode | undefined => {
  const code = typeof type === 'string' ? type.replace(/^urn:mayfly:problem:/, '') : ''
  return Object.hasOwn(catalogue, code) ? (code as RefusalCode) : undefined
}

/** What a service says is shown in a terminal: without control characters, and not without end. */
const printable = (text: string) => text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, maxDetailCharacters)

/** @returns undefined for what is no JSON: a proxy on the way answers with pages of its own. */
const problemIn = (content: Uint8Array): unknown => {
  try {
    return parseJson(content, (why) => new Error(why))
  } catch {
    return undefined
  }
}

/** The refusal that a problem document (RFC 9457) tells of. */
const refusalFrom = ({ status, retryAfter, content }: Answer): Refusal => {
  const document = problemIn(content)
  const fallback = status >= 500 || status === 429 ? 'service-unavailable' : 'service-refused'
  const detail = jsonMember(document, 'detail')
  const message =
    typeof detail === 'string' ? printable(detail) : `The service answered with status ${status}.`
  return new Refusal(codeOf(jsonMember(document, 'type')) ?? fallback, message, {
    retryAfterSeconds: Number(retryAfter ?? 0) || 0,
  })
}

const isSuccess = ({ status }: Answer): boolean => status >= 200 && status <= 299

/** Whether the service asks to try again: it is unavailable, or there are too many requests. */
const isPassing = ({ status }: Refusal): boolean => status === 503 || status === 429

/** Sends up to three times while the service asks to try again, waiting as long as it asks to. */
const repeated = async <T>(attempt: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof Refusal) || !isPassing(error) || tries === attempts) throw error
      await sleep(1000 * Math.min(error.options.retryAfterSeconds || tries, maxWaitSeconds))
    }
  }
}

/**
 * Sends a request that is safe to repeat, up to three times while the service is unavailable, waiting as long as it
 * asks to (30 s at the most). Redirects are not followed.
 * @returns the JSON document of a 2xx answer.
 * @throws {Refusal} the one that the service told, `service-unavailable` or `service-answer-invalid`
 */
export const callService = (call: ServiceCall): Promise<unknown> =>
  repeated(async () => {
    const answer = await send(call)
    if (!isSuccess(answer)) throw refusalFrom(answer)
    return parseJson(
      answer.content,
      (why) => new Refusal('service-answer-invalid', `The answer of ${call.url.origin} ${why}.`),
    )
  })

/**
 * Fetches a text as callService() sends requests.
 * @param etag of what the caller has (RFC 9110 section 8.8.3), quotes included.
 * @returns the body of a 200 answer; undefined when the service tells that what the caller has is current.
 * @throws {Refusal} the one that the service told, or `service-unavailable`
 */
export const fetchText = ({ url, headers, ca }: ServiceRequest, etag?: string): Promise<string | undefined> =>
  repeated(async () => {
    const condition = etag === undefined ? {} : { 'if-none-match': etag }
    const answer = await send({ url, ca, headers: { ...headers, ...condition } })
    if (answer.status === 200) return answer.content.toString('utf8')
    if (answer.status === 304 && etag !== undefined) return undefined
    throw refusalFrom(answer)
  })
