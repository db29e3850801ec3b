import { exchange } from '../../client/exchange.ts'
import type { Fetch } from '../../lib/token/fetchJson.ts'

const timeoutMilliseconds = 8_000
const maxOctets = 512 * 1024

/** Asks as the client does: through the proxy of this machine, which the service does not have. */
export const fetchAsClient: Fetch = async (url, { headers }) => {
  const asked = { url: new URL(url), method: 'GET', headers, timeoutMilliseconds, maxOctets }
  const { status, content } = await exchange(asked)
  return new Response(status === 200 ? new Uint8Array(content) : null, { status })
}
