import type { LoadRequest } from '../../test/e2e/sendRequests.ts'
import type { Contender } from './contender.ts'
import type { LoadThread } from './loadThread.ts'
import { type HttpThoroughness, measureRounds, ratioOf, summarizeRounds } from './measureRounds.ts'
import { startBare } from './startBare.ts'

const headersAlone = (headers: Headers): Readonly<Record<string, string>> =>
  Object.fromEntries([...headers].filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name)))

/** Measures a trust file that the client has already against node:http, which answers the same without looking. */
export const measureNotModified = async (
  mayfly: Contender,
  tenant: string,
  load: LoadThread,
  thoroughness: HttpThoroughness,
) => {
  const path = `/v1/${tenant}/trust.pem`
  const { headers } = await fetch(`${mayfly.server.url}${path}`)
  const conditional = { 'if-none-match': headers.get('etag') ?? '' }
  const answer = await fetch(`${mayfly.server.url}${path}`, { headers: conditional })
  await using server = await startBare({ notModified: headersAlone(answer.headers) })
  const asked: LoadRequest = { method: 'GET', path, headers: conditional }
  const makeRequests = (count: number) => Promise.resolve(Array.from({ length: count }, () => asked))
  const contenders: readonly [Contender, Contender] = [
    { name: 'Mayfly, 304 of trust.pem', server: mayfly.server, status: '304', makeRequests },
    { name: 'node:http, the same 304', server, status: '304', makeRequests },
  ]
  const [ours, bare] = await measureRounds(contenders, load, thoroughness)
  if (!ours || !bare) throw new Error('Nothing was measured.')
  return {
    contenders: [ours, bare].map(summarizeRounds),
    requestsPerSecond: ratioOf('requestsPerSecond', ours, bare),
    /** By what a processor could answer: the load has a core too, and that is the slower one for node:http alone. */
    perProcessorSecond: ratioOf('processor', bare, ours),
  }
}
