import { parseJson } from '../../../lib/json/parseJson.ts'
import * as z from 'zod'
import { fetchText } from '../../callService.ts'
import type { FetchedList } from './fetchList.ts'
import { listRefused, mostOctets, readNetworks } from './readList.ts'

/** Where Microsoft publishes the addresses of Microsoft 365, for its worldwide instance. */
export const microsoft365Service = new URL('https://endpoints.office.com/')

const name = 'microsoft-365'

/** The whole list has some thousand. */
const mostValues = 100_000

const versionSchema = z.object({ latest: z.string().regex(/^\d{10}$/) })

const endpointsSchema = z.array(z.object({ category: z.string(), ips: z.array(z.string()).optional() }))

export interface Microsoft365Request {
  /** microsoft365Service, but in tests. */
  readonly service: URL
  /** A GUID of this machine or process, which the service wants to tell its clients apart. */
  readonly clientRequestId: string
  /** The version that the caller has. */
  readonly version: string | undefined
  readonly signal: AbortSignal
}

const ask = async <Value>(
  path: string,
  schema: z.ZodType<Value>,
  request: Microsoft365Request,
): Promise<Value> => {
  const { service, clientRequestId, signal } = request
  const url = new URL(`${path}/worldwide?ClientRequestId=${clientRequestId}`, service)
  const headers = { accept: 'application/json' }
  const text = await fetchText({ url, headers, attempts: 1, maxOctets: mostOctets, signal })
  const document = parseJson(Buffer.from(text ?? ''), (why) => listRefused(name, why), mostValues)
  const parsed = schema.safeParse(document)
  if (parsed.success) return parsed.data
  throw listRefused(name, `is not what ${service.host} documents for /${path}`)
}

/**
 * Asks the web service of Microsoft 365 for the networks of its category Optimize, of both families: first for the version, which
 * it wants to be asked for, and for the list only where that is another.
 * @throws {Refusal} `list-unavailable`, or as fetchText() does
 */
export const fetchMicrosoft365 = async (request: Microsoft365Request): Promise<FetchedList> => {
  const { latest } = await ask('version', versionSchema, request)
  if (latest === request.version) return { kind: 'same' }
  const endpoints = await ask('endpoints', endpointsSchema, request)
  const texts = endpoints.flatMap(({ category, ips = [] }) => (category === 'Optimize' ? ips : []))
  return { kind: 'list', prefixes: readNetworks(name, texts), tag: latest }
}
