import type { HttpRequest, HttpResponseInit } from '@azure/functions'
import { boundedField } from './boundedField.ts'
import { parseHttpDate } from './parseHttpDate.ts'

/** Octets that anybody may fetch and keep. */
export interface Publication {
  readonly contentType: string
  readonly body: Uint8Array
  /** SHA-256 of the body, lower-case hex: its strong entity tag. */
  readonly sha256: string
  readonly lastModified: Date
}

/** Fresh for five minutes, and for a day more while the service does not answer (RFC 5861 section 4). */
export const publicationCacheControl = 'public, max-age=300, stale-if-error=86400'

/** RFC 9110 section 13.1.2: a weak comparison, of each tag in the list. */
const matchesTag = (ifNoneMatch: string, tag: string): boolean =>
  ifNoneMatch.trim() === '*' ||
  ifNoneMatch.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === tag)

/**
 * RFC 9110 section 13.1.3: whole seconds; what is no date does not count. A later date is not taken for this one: it may
 * be that of a bundle that a wrong clock dated, and that was replaced since.
 */
const isUnchangedSince = (ifModifiedSince: string, lastModified: Date): boolean => {
  const since = parseHttpDate(ifModifiedSince, lastModified)
  return since !== undefined && since === Math.floor(lastModified.getTime() / 1000) * 1000
}

/** RFC 9110 section 13.2.2: If-Modified-Since counts only without If-None-Match. */
const isKnown = (request: HttpRequest, tag: string, lastModified: Date): boolean => {
  if (request.headers.has('if-none-match'))
    return matchesTag(boundedField(request, 'if-none-match') ?? '', tag)
  return isUnchangedSince(boundedField(request, 'if-modified-since') ?? '', lastModified)
}

/** 200 with the octets, or 304 when the client holds them. */
export const publicationReply = (request: HttpRequest, publication: Publication): HttpResponseInit => {
  const { contentType, body, sha256, lastModified } = publication
  const etag = `"${sha256}"`
  const headers = {
    etag,
    'last-modified': lastModified.toUTCString(),
    'cache-control': publicationCacheControl,
  }
  if (isKnown(request, etag, lastModified)) return { status: 304, headers }
  // Said here, because a server does not count the octets of a body that it leaves out for HEAD.
  const content = { 'content-type': contentType, 'content-length': String(body.length) }
  return { status: 200, headers: { ...headers, ...content }, body }
}
