import { setTimeout as sleep } from 'node:timers/promises'
import { catalogue, type RefusalCode } from '../lib/errors/catalogue.ts'
import { Refusal, type RefusalOptions } from '../lib/errors/refusal.ts'
import { parseJson, jsonMember } from '../lib/json/parseJson.ts'
import { type Answer, exchange } from './exchange.ts'
import { printable } from './printable.ts'
import { isLoopback } from './proxyFor.ts'
import { readChallenge } from './readChallenge.ts'
import { readFailed } from './readFailed.ts'

const timeoutMilliseconds = 30_000
const usualMaxOctets = 1024 * 1024
const usualAttempts = 3
const maxWaitSeconds = 30

/** How a service tells of a refusal: the one that the document of an answer is, if it is one. */
export type ReadRefusal = (document: unknown, answer: Answer) => Refusal | undefined

export interface ServiceRequest {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca?: string | undefined
  /** Reads refusals that are not told as Mayfly tells them. */
  readonly readRefusal?: ReadRefusal
  /** How often it is tried while the service is unavailable; three times when left out. */
  readonly attempts?: number | undefined
  /** The largest answer that is read; 1 MiB when left out. */
  readonly maxOctets?: number | undefined
  /** Ends what is under way, and what is waited for. */
  readonly signal?: AbortSignal | undefined
  /** Told of each answer, whatever it says. */
  readonly onAnswer?: ((answer: Pick<Answer, 'status' | 'headers'>) => void) | undefined
}

/** One POST to a service. */
export interface ServiceCall extends ServiceRequest {
  readonly body: string
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
  if (parsed?.protocol === 'http:' && isLoopback(parsed)) return parsed
  throw new Refusal(
    'usage-wrong',
    `Cannot use the service ${url}: its URL must be https (http on this machine only).`,
  )
}

const send = async ({
  url,
  headers,
  ca,
  body,
  maxOctets = usualMaxOctets,
  signal,
  onAnswer,
}: ServiceRequest & { readonly body?: string }): Promise<Answer> => {
  const method = body === undefined ? 'GET' : 'POST'
  const answer = await exchange({ url, method, headers, body, ca, timeoutMilliseconds, maxOctets, signal })
  onAnswer?.(answer)
  return answer
}

/** Whether a status says that trying again may help (RFC 9110 section 15.6, RFC 6585 section 4). */
const isPassing = (status: number): boolean => status === 429 || status >= 500

/** How many seconds an answer asks to wait: it says so, or until when by its own clock (RFC 9110 section 10.2.3). */
const retryAfterOf = ({ headers: { 'retry-after': told = '', date = '' } }: Answer): number => {
  const seconds = Number(told)
  if (seconds > 0) return seconds
  const left = (Date.parse(told) - Date.parse(date)) / 1000
  return left > 0 ? left : 0
}

const textMember = (document: unknown, member: string): string | undefined => {
  const value = jsonMember(document, member)
  return typeof value === 'string' ? printable(value) : undefined
}

/** Says which sign-in a challenge asks for: people do not see headers. */
const signInText = ({ signIn }: Pick<RefusalOptions, 'signIn'>): readonly string[] => {
  if (!signIn) return []
  const { acrValues, maxAgeSeconds } = signIn
  const asked = [
    ...(acrValues.length === 0 ? [] : [`acr_values="${acrValues.join(' ')}"`]),
    ...(maxAgeSeconds === undefined ? [] : [`max_age=${maxAgeSeconds}`]),
  ]
  return [`The sign-in needs ${asked.join(' and ')}.`]
}

/** Mayfly's way: a problem document (RFC 9457). A code that is not known yet is told by the status. */
const readProblem: ReadRefusal = (document, answer) => {
  const { status } = answer
  const [, code] = /^urn:mayfly:problem:(.+)$/.exec(textMember(document, 'type') ?? '') ?? []
  if (code === undefined) return undefined
  const fallback = isPassing(status) ? 'service-unavailable' : 'service-refused'
  const detail = textMember(document, 'detail') ?? `The service answered with status ${status}.`
  const advice = ['remediation', 'remediationLink'].map((member) => textMember(document, member) ?? [])
  const challenge = readChallenge(answer.headers['www-authenticate'])
  const failed = readFailed(document)
  const told = [detail, ...advice.flat(), ...signInText(challenge)].join(' ')
  return new Refusal(Object.hasOwn(catalogue, code) ? (code as RefusalCode) : fallback, told, {
    retryAfterSeconds: retryAfterOf(answer),
    ...challenge,
    ...(failed ? { failed } : {}),
  })
}

/** @returns undefined for what is no JSON: whatever is on the way answers with pages of its own. */
const documentIn = (content: Uint8Array): unknown => {
  try {
    return parseJson(content, (why) => new Error(why))
  } catch {
    return undefined
  }
}

/** The media type of an answer, without parameters. */
const mediaTypeOf = ({ headers }: Answer): string =>
  printable(headers['content-type']?.split(';')[0] ?? '')
    .trim()
    .toLowerCase()
    .slice(0, 80)

/** Where a redirect leads, such as to the page of a captive portal. */
const destination = ({ headers: { location = '' } }: Answer, { url }: ServiceRequest): string => {
  const leads = location !== '' && URL.canParse(location, url.href) ? new URL(location, url) : undefined
  return leads && /^https?:$/.test(leads.protocol) ? `, leading to ${leads.origin}` : ''
}

/** Names an answer that something between gave, such as a captive portal, or the host without its functions. */
const strangerTo = (request: ServiceRequest, answer: Answer): Refusal => {
  const { status } = answer
  const found = `status ${status}, ${mediaTypeOf(answer) || 'no media type'}${destination(answer, request)}`
  const why =
    status === 407
      ? 'a proxy between wants a user and a password (status 407): write them into HTTPS_PROXY'
      : `something between answered, or its host without it (${found})`
  const detail = `Cannot reach the service at ${request.url.origin}: ${why}.`
  return new Refusal(isPassing(status) ? 'service-unavailable' : 'service-not-reached', detail, {
    retryAfterSeconds: retryAfterOf(answer),
  })
}

const refusalFrom = (answer: Answer, request: ServiceRequest): Refusal =>
  (request.readRefusal ?? readProblem)(documentIn(answer.content), answer) ?? strangerTo(request, answer)

const isSuccess = ({ status }: Answer): boolean => status >= 200 && status <= 299

/** Whether the service asks to try again: it is unavailable, or there are too many requests. */
const mayPass = ({ status, code }: Refusal): boolean =>
  code !== 'service-not-reached' && (status === 503 || status === 429)

/** Waits, until the signal ends that. */
const pause = async (milliseconds: number, signal?: AbortSignal): Promise<void> => {
  if (!signal) return sleep(milliseconds)
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined)
}

/** Sends while the service asks to try again, waiting as long as it asks to. */
const repeated = async <T>(
  { attempts = usualAttempts, signal }: ServiceRequest,
  attempt: () => Promise<T>,
): Promise<T> => {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof Refusal) || !mayPass(error) || tries >= attempts || signal?.aborted) throw error
      const seconds = Math.min(error.options.retryAfterSeconds || tries, maxWaitSeconds)
      await pause(1000 * seconds, signal)
    }
  }
}

/**
 * Sends a request that is safe to repeat, up to three times while the service is unavailable, waiting as long as it
 * asks to (30 s at the most). Redirects are not followed.
 * @returns the JSON document of a 2xx answer.
 * @throws {Refusal} the one that the service told; `service-not-reached` for an answer of something else;
 *   `service-unavailable`, `service-untrusted`, `service-answer-invalid` or `usage-wrong`
 */
export const callService = (call: ServiceCall): Promise<unknown> =>
  repeated(call, async () => {
    const answer = await send(call)
    if (!isSuccess(answer)) throw refusalFrom(answer, call)
    return parseJson(answer.content, (why) =>
      /[/+]json\b/.test(mediaTypeOf(answer))
        ? new Refusal('service-answer-invalid', `The answer of ${call.url.origin} ${why}.`)
        : strangerTo(call, answer),
    )
  })

/** Neither JSON nor a signed bundle begins as a page does, whatever media type a mirror gives it. */
const isPage = (answer: Answer): boolean =>
  /html/.test(mediaTypeOf(answer)) || /^\s*</.test(answer.content.toString('latin1', 0, 64))

/**
 * Fetches a text as callService() sends requests.
 * @param etag of what the caller has (RFC 9110 section 8.8.3), quotes included.
 * @returns the body of a 200 answer; undefined when the service tells that what the caller has is current.
 * @throws {Refusal} as callService() does
 */
export const fetchText = (request: ServiceRequest, etag?: string): Promise<string | undefined> =>
  repeated(request, async () => {
    const condition = etag === undefined ? {} : { 'if-none-match': etag }
    const answer = await send({ ...request, headers: { ...request.headers, ...condition } })
    if (answer.status === 200 && !isPage(answer)) return answer.content.toString('utf8')
    if (answer.status === 304 && etag !== undefined) return undefined
    throw refusalFrom(answer, request)
  })
