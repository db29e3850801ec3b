import type { HttpRequest } from '@azure/functions'
import { Refusal } from '../errors/refusal.ts'
import { parseJson } from '../json/parseJson.ts'
import { enrollmentDocument } from './documents.ts'
import { HttpRefusal } from './httpRefusal.ts'
import { parseMediaType } from './mediaType.ts'

/** The most characters of a compliance token. */
export const maxTokenCharacters = 12 * 1024

/** The most octets of a body: a 16 KiB request, as base64 with line breaks, inside JSON. */
export const maxBodyOctets = 24 * 1024

/** What a request for a certificate consists of, taken off the wire and not yet understood. */
export interface RawEnrollment {
  readonly tenant: string
  readonly token: string
  readonly csrEncoding: 'pem' | 'der' | 'base64'
  readonly csr: Uint8Array
}

const credentials = /^Bearer +([^\s,]+)$/i

/** RFC 6750 section 2.1. The host joins several Authorization headers with commas, which no token contains. */
const readToken = (request: HttpRequest): string => {
  const authorization = request.headers.get('authorization')?.trim() ?? ''
  if (authorization === '') {
    throw new Refusal('token-missing', 'Cannot enroll: the request has no Authorization header.')
  }
  if (authorization.includes(',')) {
    throw new Refusal(
      'authorization-ambiguous',
      'Cannot enroll: the request has more than one Authorization header.',
    )
  }
  const [, token] = credentials.exec(authorization) ?? []
  if (token === undefined) {
    throw new Refusal('token-missing', 'Cannot enroll: the Authorization header is not of the Bearer scheme.')
  }
  if (token.length > maxTokenCharacters) {
    throw new Refusal(
      'token-too-large',
      `Cannot enroll: the token has over ${maxTokenCharacters} characters.`,
    )
  }
  return token
}

const tooLarge = (octets: number | string) =>
  new Refusal(
    'body-too-large',
    `Cannot read the body: it has ${octets} octets, the limit is ${maxBodyOctets}.`,
  )

const readBody = async (request: HttpRequest): Promise<Uint8Array> => {
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > maxBodyOctets) throw tooLarge(declared)
  const body = new Uint8Array(await request.arrayBuffer())
  if (body.length > maxBodyOctets) throw tooLarge(body.length)
  return body
}

type Csr = Pick<RawEnrollment, 'csrEncoding' | 'csr'>

const startOfSequence = 0x30

const fromText = (text: string): Csr => ({
  csrEncoding: text.trimStart().startsWith('-----') ? 'pem' : 'base64',
  csr: Buffer.from(text, 'utf8'),
})

const malformed = (why: string) => new Refusal('request-malformed', `Cannot read the body: ${why}.`)

const fromJson = (body: Uint8Array): Csr => {
  const document = parseJson(body, (why) => malformed(`it ${why}`))
  const { data } = enrollmentDocument.safeParse(document)
  if (!data) throw malformed('it has no text member "csr"')
  return fromText(data.csr)
}

type Reader = (body: Uint8Array) => Csr

/** How each media type carries the request. */
const readers = {
  'application/pkcs10': (body) =>
    body[0] === startOfSequence ? { csrEncoding: 'der', csr: body } : { csrEncoding: 'base64', csr: body },
  'application/x-pem-file': (body) => ({ csrEncoding: 'pem', csr: body }),
  'text/plain': (body) => ({ csrEncoding: 'pem', csr: body }),
  'application/json': fromJson,
} as const satisfies Record<string, Reader>

const isReadable = (type: string): type is keyof typeof readers => Object.hasOwn(readers, type)

/** The media types of a request for a certificate. */
export const enrollmentTypes = Object.keys(readers).filter(isReadable)

/** Charsets in which ASCII is ASCII: a request is ASCII throughout. */
const charsets = ['utf-8', 'us-ascii', 'iso-8859-1']

const unsupported = (why: string, headers: Readonly<Record<string, string>>) =>
  new HttpRefusal('media-type-unsupported', `Cannot read the body: ${why}.`, { headers })

/** RFC 9110 section 8.3: exactly one Content-Type. Parameters but for charset mean nothing here and are passed over. */
const readerOf = ({ headers }: HttpRequest): Reader => {
  const { type = '', parameters } = parseMediaType(headers.get('content-type') ?? '') ?? {}
  const charset = parameters?.get('charset')?.toLowerCase() ?? 'utf-8'
  // RFC 9110 section 15.5.16: Accept tells what is taken.
  const advice = { accept: enrollmentTypes.join(', ') }
  if (!isReadable(type)) throw unsupported(`Content-Type must be one of ${advice.accept}`, advice)
  if (!charsets.includes(charset))
    throw unsupported(`its charset must be one of ${charsets.join(', ')}`, advice)
  return readers[type]
}

/** RFC 9110 section 12.5.3: only a 415 for the coding tells Accept-Encoding. */
const checkUncoded = ({ headers }: HttpRequest): void => {
  const coding = headers.get('content-encoding')?.toLowerCase() ?? ''
  if (coding === '' || coding === 'identity') return
  throw unsupported('it has a Content-Encoding, and is taken as it is only', {
    'accept-encoding': 'identity',
  })
}

/**
 * Takes token and certification request off an HTTP request, within the limits and media types there are.
 * @throws {Refusal} `token-missing`, `token-too-large`, `authorization-ambiguous`, `media-type-unsupported`,
 *   `body-too-large` or `request-malformed`
 */
export const readEnrollment = async (request: HttpRequest): Promise<RawEnrollment> => {
  const token = readToken(request)
  const read = readerOf(request)
  checkUncoded(request)
  return { tenant: request.params['tenant'] ?? '', token, ...read(await readBody(request)) }
}
