import { type Answer, exchange } from '../../client/exchange.ts'
import type { Fetch } from '../../lib/token/fetchJson.ts'

const limits = { timeoutMilliseconds: 8_000, maxOctets: 512 * 1024 }

/** Describes a request without any credential. */
export interface Probe {
  readonly method?: string
  readonly body?: Uint8Array
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca?: string | undefined
}

export interface Probed extends Answer {
  /** Half way between request and answer, by the clock of this machine; milliseconds. */
  readonly at: number
}

/**
 * Sends a request as the client does, without a second try.
 * @throws {Refusal} as exchange() does: `service-unavailable` names the error, `service-untrusted` the fault of the TLS
 *   server.
 */
export const probe = async (
  url: URL,
  { method = 'GET', ...request }: Probe,
  now: () => Date,
): Promise<Probed> => {
  const sentAt = now().getTime()
  let at = sentAt
  const onHeaders = () => (at = (sentAt + now().getTime()) / 2)
  const answer = await exchange({ url, method, headers: {}, ...request, ...limits, onHeaders })
  return { ...answer, at }
}

/** Asks as the client does: through the proxy of this machine, which the service does not have. */
export const fetchAsClient: Fetch = async (url, { headers }) => {
  const { status, content } = await exchange({ url: new URL(url), method: 'GET', headers, ...limits })
  return new Response(status === 200 ? new Uint8Array(content) : null, { status })
}

/** Reads the media type of an answer, without parameters. */
export const mediaTypeOf = ({ headers }: Probed): string =>
  (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''

/** Parses the JSON of an answer; undefined for anything else. */
export const jsonOf = ({ content }: Probed): unknown => {
  try {
    return JSON.parse(content.toString('utf8'))
  } catch {
    return undefined
  }
}

/** Reads the stable code of a problem document of Mayfly's; undefined for any other answer. */
export const problemCodeOf = (probed: Probed): string | undefined => {
  if (mediaTypeOf(probed) !== 'application/problem+json') return undefined
  const { type } = (jsonOf(probed) ?? {}) as { readonly type?: unknown }
  return /^urn:mayfly:problem:([a-z-]+)$/.exec(String(type))?.[1]
}
