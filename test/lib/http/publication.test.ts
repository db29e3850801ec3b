import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type Publication, publicationReply, parseHttpDate } from '../../../lib/http/publication.ts'
import { requestOf } from './request.ts'

const body = Buffer.from('octets')
const sha256 = createHash('sha256').update(body).digest('hex')
const tag = `"${sha256}"`
const other = `"${'0'.repeat(64)}"`

const publication: Publication = {
  contentType: 'application/pkix-cert',
  body,
  sha256,
  lastModified: new Date('2026-03-02T10:00:00.250Z'),
}

const lastModified = 'Mon, 02 Mar 2026 10:00:00 GMT'

const validators = {
  etag: tag,
  'last-modified': lastModified,
  'cache-control': 'public, max-age=300, stale-if-error=86400',
}

const replyTo = (headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
  publicationReply(requestOf({ method, headers }), publication)

describe('publicationReply()', () => {
  it('is the octets with their type, a strong entity tag, their time, and how long they may be kept', () => {
    expect(replyTo()).toEqual({
      status: 200,
      headers: { ...validators, 'content-type': 'application/pkix-cert', 'content-length': '6' },
      body,
    })
  })

  it.each([
    ['the tag', { 'if-none-match': tag }],
    ['the tag as a weak one, which caches make of it', { 'if-none-match': `W/${tag}` }],
    ['any', { 'if-none-match': '*' }],
    ['any, with spaces', { 'if-none-match': ' * ' }],
    ['a list that holds the tag', { 'if-none-match': `${other}, W/${tag} , "x"` }],
    [
      'the tag and an older time',
      { 'if-none-match': tag, 'if-modified-since': 'Sun, 01 Mar 2026 10:00:00 GMT' },
    ],
    ['the time alone', { 'if-modified-since': lastModified }],
    ['the time as RFC 850 wrote it', { 'if-modified-since': 'Monday, 02-Mar-26 10:00:00 GMT' }],
    ['the time as C writes it', { 'if-modified-since': 'Mon Mar  2 10:00:00 2026' }],
  ])('is 304 with the same validators and without octets for %s', (_, headers) => {
    for (const method of ['GET', 'HEAD'])
      expect(replyTo(headers, method)).toEqual({ status: 304, headers: validators })
  })

  it.each([
    ['another tag', { 'if-none-match': other }],
    ['a list of others', { 'if-none-match': `${other}, "x"` }],
    ['the digest without quotes', { 'if-none-match': sha256 }],
    ['the tag in upper case', { 'if-none-match': tag.toUpperCase() }],
    ['a part of the tag', { 'if-none-match': `${tag.slice(0, 20)}"` }],
    ['an empty tag', { 'if-none-match': '""' }],
    ['no tag', { 'if-none-match': '' }],
    ['more tags than anyone has', { 'if-none-match': `${'"x",'.repeat(300)}${tag}` }],
    ['any among others, which is no tag', { 'if-none-match': `${other}, *` }],
    [
      'another tag, though the time is the same',
      { 'if-none-match': other, 'if-modified-since': lastModified },
    ],
    ['a later time', { 'if-modified-since': 'Mon, 02 Mar 2026 10:00:01 GMT' }],
    ['an older time', { 'if-modified-since': 'Mon, 02 Mar 2026 09:59:59 GMT' }],
    ['a time that is a year', { 'if-modified-since': '99999' }],
    ['a time of another form', { 'if-modified-since': '2027-01-01T00:00:00Z' }],
    ['a time that is none', { 'if-modified-since': 'Mon, 99 Mar 2026 10:00:00 GMT' }],
    ['no time', { 'if-modified-since': '' }],
  ])('is 200 with the octets for %s', (_, headers) => {
    expect(replyTo(headers)).toMatchObject({ status: 200, body })
  })
})

const now = new Date('2026-11-28T00:00:00Z')

describe('parseHttpDate()', () => {
  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', '1994-11-06T08:49:37Z'],
    ['Sunday, 06-Nov-94 08:49:37 GMT', '1994-11-06T08:49:37Z'],
    ['Sun Nov  6 08:49:37 1994', '1994-11-06T08:49:37Z'],
    ['Sat Nov 28 23:59:59 2026', '2026-11-28T23:59:59Z'],
    ['Monday, 06-Nov-76 08:49:37 GMT', '2076-11-06T08:49:37Z'],
    ['Monday, 06-Nov-77 08:49:37 GMT', '1977-11-06T08:49:37Z'],
    ['Thu, 29 Feb 2024 00:00:00 GMT', '2024-02-29T00:00:00Z'],
    ['Sat, 31 Dec 2016 23:59:60 GMT', '2016-12-31T23:59:59Z'],
  ])('reads %s (RFC 9110 section 5.6.7)', (text, time) => {
    expect(parseHttpDate(text, now)).toBe(Date.parse(time))
  })

  it.each([
    '',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 08:49:37 +0000',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'sun, 06 nov 1994 08:49:37 GMT',
    'Xyz, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Xyz 1994 08:49:37 GMT',
    'Sun, 06 Nov 94 08:49:37 GMT',
    'Sun, 06-Nov-94 08:49:37 GMT',
    'Sunday, 06-Nov-1994 08:49:37 GMT',
    'Sun Nov 6 08:49:37 1994',
    'Sun Nov 06 08:49:37 1994 GMT',
    'Sun, 30 Feb 2026 08:49:37 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 06 Nov 1994 08:60:37 GMT',
    '1994-11-06T08:49:37Z',
    '784111777',
    'Sun, 06 Nov 1994 08:49:37 GMT\nx',
  ])('finds no date in %j', (text) => {
    expect(parseHttpDate(text, now)).toBeUndefined()
  })
})
