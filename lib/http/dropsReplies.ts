import { createHash } from 'node:crypto'
import type { HttpRequest, HttpResponseInit } from '@azure/functions'
import type { Drop, DropList } from '../drops/dropList.ts'
import { rfc3339 } from '../text/rfc3339.ts'
import type { DropListDocument } from './documents.ts'
import { type Publication, publicationReply } from './publication.ts'

/** Whoever has it asks whether it changed; no cache between is for whose sessions end. */
export const dropsCacheControl = 'private, no-cache'

/** The end of a second: nobody is let in before the service lets them. */
const endOf = (time: Date): string => rfc3339(new Date(Math.ceil(time.getTime() / 1000) * 1000))

const dropDocument = ({ kind, value, at, until, users }: Drop): DropListDocument['drops'][number] => ({
  kind,
  value,
  at: rfc3339(at),
  until: until ? endOf(until) : null,
  users: users.map(({ upn, objectId = null }) => ({ upn, objectId })),
})

const documentOf = ({ drops, tenant, sequence, hintSeconds }: DropList): DropListDocument => ({
  tenant,
  sequence,
  hintSeconds,
  drops: drops.map(dropDocument),
})

const publicationOf = (list: DropList): Publication => {
  const body = Buffer.from(JSON.stringify(documentOf(list)))
  const sha256 = createHash('sha256').update(body).digest('hex')
  return { contentType: 'application/json', body, sha256, cacheControl: dropsCacheControl }
}

/**
 * Makes what answers with drop lists: 200 with the list, or 304 when the relying party holds it. The octets of a list are made once,
 * however many ask.
 */
export const dropsReplies = (): ((request: HttpRequest, list: DropList) => HttpResponseInit) => {
  const made = new WeakMap<DropList, Publication>()
  return (request, list) => {
    const publication = made.get(list) ?? publicationOf(list)
    made.set(list, publication)
    return publicationReply(request, publication)
  }
}
