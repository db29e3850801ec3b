import type { HttpRequest } from '@azure/functions'
import type { Enrollment, EnrollmentBody } from '../enroll/enroll.ts'
import { Refusal } from '../errors/refusal.ts'
import { holdsPrivateKey, privateKeySent } from '../x509/decodeCsr.ts'
import { bodyLimits } from './bodyLimits.ts'
import { type ClientIpOf, unknownClientIp } from './forwardedClientIp.ts'
import { documents } from './documents.ts'
import { expectBody, parseDocument } from './expectBody.ts'

/**
 * The most octets of the header, with the token in it: 16 KiB is what Node.js and many a proxy take. A token of Entra with 200
 * groups, the most that it writes, has under 13 KiB.
 */
export const maxHeaderOctets = 16 * 1024

const credentials = /^Bearer +([^\s,]+)$/i

/** The octets of the fields of a header as HTTP/1.1 sends them: a name, a colon, a space, a value and a line end each. */
const octetsOf = (headers: HttpRequest['headers']): number =>
  [...headers].reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0)

const checkLength = (token: string, { headers }: HttpRequest): void => {
  const octets = octetsOf(headers)
  if (octets <= maxHeaderOctets) return
  throw new Refusal(
    'token-too-large',
    `Cannot enroll: the header has ${octets} octets, ${token.length} of them the token; the limit is ${maxHeaderOctets}.`,
  )
}

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
  checkLength(token, request)
  return token
}

const lackOf = (member = 'csr') => `it has no text member "${member}"`

const fromJson = (octets: Uint8Array): EnrollmentBody => {
  // In whatever member.
  if (holdsPrivateKey(octets)) throw new Refusal('csr-malformed', `Cannot read the body: ${privateKeySent}.`)
  const { csr, posture, attestation } = parseDocument(octets, documents.Enrollment, lackOf)
  return { csr: Buffer.from(csr, 'utf8'), posture, attestation }
}

const asItIs = (csr: Uint8Array): EnrollmentBody => ({ csr, posture: undefined, attestation: undefined })

/** Reads the request as each media type carries it; tokens about the device travel in JSON alone. */
const readers = {
  'application/json': fromJson,
  'application/pkcs10': asItIs,
  'application/x-pem-file': asItIs,
  'text/plain': asItIs,
} as const satisfies Record<keyof typeof bodyLimits.certificates, (octets: Uint8Array) => EnrollmentBody>

/**
 * Reads the header fields of a request for a certificate, within the limits and media types there are.
 * @throws {Refusal} `token-missing`, `token-too-large`, `authorization-ambiguous`, `media-type-unsupported`,
 *   `length-required`, `body-too-large` or `request-malformed`
 */
export const readEnrollment = (
  request: HttpRequest,
  clientIpOf: ClientIpOf = unknownClientIp,
): Enrollment => {
  const token = readToken(request)
  const body = expectBody(request, bodyLimits.certificates)
  return {
    tenant: request.params['tenant'] ?? '',
    token,
    clientIp: clientIpOf(request),
    readBody: async () => readers[body.type](await body.octets()),
  }
}
