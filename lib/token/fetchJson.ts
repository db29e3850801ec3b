import { parseJson } from '../json/parseJson.ts'
import { readBounded } from '../json/readBounded.ts'

/** Fetches a JSON document; throws any Error when that fails. */
export type FetchJson = (url: string) => Promise<unknown>

const maxOctets = 256 * 1024
const timeoutMilliseconds = 5_000
const loopbackHosts = new Set(['127.0.0.1', '[::1]', 'localhost'])

/** How a document is asked for: without following redirects. */
export type Fetch = (
  url: string,
  init: {
    readonly redirect: 'error'
    readonly headers: Readonly<Record<string, string>>
    readonly signal: AbortSignal
  },
) => Promise<Response>

interface FetchJsonOptions {
  /** Lets plain http through to this machine: for the demo token issuer of the local host. */
  readonly allowLoopbackHttp: boolean
  /** Asks instead of Node.js, such as through a proxy. */
  readonly fetch?: Fetch
}

/**
 * Fetches JSON over https only, without redirects, at most 256 KiB, within 5 s.
 */
export const fetchJson = ({ allowLoopbackHttp, fetch = globalThis.fetch }: FetchJsonOptions): FetchJson => {
  const isAllowed = ({ protocol, hostname }: URL) =>
    protocol === 'https:' || (allowLoopbackHttp && protocol === 'http:' && loopbackHosts.has(hostname))
  return async (url) => {
    if (!isAllowed(new URL(url))) throw new Error(`${new URL(url).origin} is not https.`)
    const response = await fetch(url, {
      redirect: 'error',
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(timeoutMilliseconds),
    })
    if (response.status !== 200) {
      // What nobody reads would keep its connection.
      await response.body?.cancel()
      throw new Error(`The answer has status ${response.status}.`)
    }
    return parseJson(await readBounded(response, maxOctets), (why) => new Error(`The document ${why}.`))
  }
}
