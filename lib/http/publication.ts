import type { HttpRequest, HttpResponseInit } from '@azure/functions'
import { boundedField } from './mediaType.ts'

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const month = `(?<month>${months.join('|')})`
const shortDay = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)'
const longDay = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day'
const time = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`

/** RFC 9110 section 5.6.7: IMF-fixdate, which senders must use, and the two that recipients must take as well. */
const forms = [
  String.raw`${shortDay}, (?<day>\d\d) ${month} (?<year>\d{4}) ${time} GMT`,
  String.raw`${longDay}, (?<day>\d\d)-${month}-(?<year>\d\d) ${time} GMT`,
  String.raw`${shortDay} ${month} (?<day>[ \d]\d) ${time} (?<year>\d{4})`,
].map((form) => new RegExp(`^${form}$`))

/** A year of two digits is at most 50 years ahead. */
const fullYear = (digits: string, now: Date): number => {
  if (digits.length === 4) return Number(digits)
  const thisYear = now.getUTCFullYear()
  const inCentury = thisYear - (thisYear % 100) + Number(digits)
  return inCentury > thisYear + 50 ? inCentury - 100 : inCentury
}

/**
 * Parses an HTTP-date, RFC 9110 section 5.6.7. The name of the day is not held to the date.
 * @param now what years of two digits are near.
 * @returns milliseconds since 1970; undefined for what is no date, such as the 30th of February.
 */
export const parseHttpDate = (text: string, now: Date): number | undefined => {
  const groups = forms.map((form) => form.exec(text)?.groups).find((found) => found !== undefined)
  if (!groups) return undefined
  const { year = '', month: name = '', day, hour, minute, second } = groups
  const date = `${fullYear(year, now)}-${String(months.indexOf(name) + 1).padStart(2, '0')}-${day?.trim().padStart(2, '0')}`
  // A second of 60 is a leap second, which few clocks have.
  const seconds = second === '60' ? '59' : second
  const parsed = Date.parse(`${date}T${hour}:${minute}:${seconds}Z`)
  // Date.parse() takes the 31st of every month.
  const isDate = !Number.isNaN(parsed) && new Date(parsed).toISOString().startsWith(date)
  return isDate ? parsed : undefined
}

/** Octets that are fetched on condition that they changed. */
export interface Publication {
  readonly contentType: string
  readonly body: Uint8Array
  /** SHA-256 of the body, lower-case hex: its strong entity tag. */
  readonly sha256: string
  /** Undefined where the tag alone tells. */
  readonly lastModified?: Date | undefined
  /** Who may keep them; anybody when left out. */
  readonly cacheControl?: string
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
const isKnown = (request: HttpRequest, tag: string, lastModified?: Date): boolean => {
  if (request.headers.has('if-none-match'))
    return matchesTag(boundedField(request, 'if-none-match') ?? '', tag)
  return (
    lastModified !== undefined &&
    isUnchangedSince(boundedField(request, 'if-modified-since') ?? '', lastModified)
  )
}

/** 200 with the octets, or 304 when the client holds them. */
export const publicationReply = (request: HttpRequest, publication: Publication): HttpResponseInit => {
  const { contentType, body, sha256, lastModified, cacheControl = publicationCacheControl } = publication
  const etag = `"${sha256}"`
  const headers = {
    etag,
    ...(lastModified ? { 'last-modified': lastModified.toUTCString() } : {}),
    'cache-control': cacheControl,
  }
  if (isKnown(request, etag, lastModified)) return { status: 304, headers }
  // Said here, because a server does not count the octets of a body that it leaves out for HEAD.
  const content = { 'content-type': contentType, 'content-length': String(body.length) }
  return { status: 200, headers: { ...headers, ...content }, body }
}
