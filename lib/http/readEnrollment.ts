import type { HttpRequest } from '@azure/functions'
import { Refusal } from '../errors/refusal.ts'

/** The most characters of a compliance token. */
const maxTokenCharacters = 12 * 1024

/** The most octets of a body: a 16 KiB request, as base64 with line breaks, inside JSON. */
const maxBodyOctets = 24 * 1024

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
  let document: unknown
  try {
    document = JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    throw malformed('it is not JSON')
  }
  const csr =
    typeof document === 'object' && document !== null
      ? (document as Record<string, unknown>)['csr']
      : undefined
  if (typeof csr !== 'string') throw malformed('it has no text member "csr"')
  return fromText(csr)
}

/** How each media type carries the request. */
const readers: Readonly<Record<string, (body: Uint8Array) => Csr>> = {
  'application/pkcs10': (body) =>
    body[0] === startOfSequence ? { csrEncoding: 'der', csr: body } : { csrEncoding: 'base64', csr: body },
  'application/x-pem-file': (body) => ({ csrEncoding: 'pem', csr: body }),
  'text/plain': (body) => ({ csrEncoding: 'pem', csr: body }),
  'application/json': fromJson,
}

/**
 * Takes token and certification request off an HTTP request, within the limits and media types there are.
 * @throws {Refusal} `token-missing`, `token-too-large`, `authorization-ambiguous`, `media-type-unsupported`,
 *   `body-too-large` or `request-malformed`
 */
export const readEnrollment = async (request: HttpRequest): Promise<RawEnrollment> => {
  const token = readToken(request)
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  const read = Object.hasOwn(readers, type) ? readers[type] : undefined
  if (!read) {
    throw new Refusal(
      'media-type-unsupported',
      `Cannot read the body: Content-Type must be one of ${Object.keys(readers).join(', ')}.`,
    )
  }
  return { tenant: request.params['tenant'] ?? '', token, ...read(await readBody(request)) }
}
