import { readFile } from 'node:fs/promises'
import { type Description, describedReply, repliesOf } from '../tools/describedReply.ts'

const description = JSON.parse(
  await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8'),
) as Description

const check = describedReply(description)

/** Sends requests, and holds each reply up to docs/openapi.json. */
export interface DescribedFetch {
  /** Sends as fetch() does; throws where the description does not say what it gets. */
  (url: string, init?: RequestInit): Promise<Response>
  /** The replies of these paths that were not seen yet, as repliesOf() names them, but for those of defects and outages. */
  unseen(isOurs: (path: string) => boolean): readonly string[]
}

/** A fetch() of its own memory. */
export const describedFetch = (): DescribedFetch => {
  const seen = new Set<string>()
  const send = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const response = await fetch(url, init)
    const body = new Uint8Array(await response.clone().arrayBuffer())
    const { status, headers } = response
    const { method = 'GET' } = init
    seen.add(check({ method, path: new URL(url).pathname, status, headers, body }))
    return response
  }
  const unseen = (isOurs: (path: string) => boolean) =>
    repliesOf(description)
      .filter((reply) => isOurs(reply.split(' ')[1] ?? '') && !seen.has(reply))
      .filter((reply) => !/ 500 | \/(?:healthz|readyz) 503 /.test(reply))
  return Object.assign(send, { unseen })
}
