import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { derTag } from '../../../lib/x509/derTag.ts'
import {
  encodeContext,
  encodeElement,
  encodeOctetString,
  encodeOid,
  encodeSequence,
  encodeUtf8String,
} from '../../../lib/x509/encodeElement.ts'
import { encodeName } from '../../../lib/x509/encodeName.ts'
import { assembleCsr, signedBy } from '../../lib/x509/fixtures/csr.ts'
import type { TestIssuer, TokenChanges } from '../../tokens.ts'
import { canaryText, type Canaries } from './canarySearch.ts'
import type { Sent } from '../exchange.ts'

/** Makes the canaries of one request, and tells the search of them. */
export interface Marks {
  readonly name: string
  /** A text for a place of the request, the same each time. */
  readonly text: (place: string) => string
  /** Something that is a secret as it is. */
  readonly secret: <T extends string | Uint8Array>(place: string, secret: T) => T
  /** A token, no piece of which may be told. */
  readonly token: (token: string) => string
  /** Marks of another request in the same story. */
  readonly of: (request: string) => Marks
}

/** Marks whose names begin with one that no other has. */
export const marksOf = (found: Canaries, name: string): Marks => ({
  name,
  text(place) {
    const text = canaryText(`${name}: ${place}`)
    found.add(`${name}: ${place}`, text)
    return text
  },
  secret(place, secret) {
    found.add(`${name}: ${place}`, secret)
    return secret
  },
  token(token) {
    found.addText(`${name}: token`, token)
    return token
  },
  of: (request) => marksOf(found, `${name}, ${request}`),
})

/** What a request changes of a good one. */
export interface EnrollmentChanges {
  readonly tenant?: string
  readonly token?: TokenChanges
  /** Changes the text of the token. */
  readonly tokenText?: (token: string) => string | Promise<string>
  readonly privateKey?: KeyObject
  readonly csr?: (der: Uint8Array) => Uint8Array
  readonly scheme?: string
  /** More header lines, or others in place of those there are. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: (der: Uint8Array) => string | Uint8Array
}

const oids = { challengePassword: '1.2.840.113549.1.9.7', extensionRequest: '1.2.840.113549.1.9.14' }
const subjectAltName = '2.5.29.17'

const attribute = (oid: string, value: Uint8Array): Uint8Array =>
  encodeSequence(encodeOid(oid), encodeElement(derTag.set, value))

const attributesWith = (marks: Marks): Uint8Array => {
  const dnsName = encodeElement(0x82, Buffer.from(`${marks.text('subjectAltName')}.example`))
  const extension = encodeSequence(encodeOid(subjectAltName), encodeOctetString(encodeSequence(dnsName)))
  return encodeContext(
    0,
    attribute(oids.challengePassword, encodeUtf8String(marks.text('challengePassword'))),
    attribute(oids.extensionRequest, encodeSequence(extension)),
  )
}

/** The part of a key that is its own: an EC point, or most of an RSA modulus. */
const ownOctets = (spki: Uint8Array): Uint8Array =>
  spki.subarray(Math.max(spki.length - 200, 27), spki.length - 5)

const csrWith = (marks: Marks, privateKey: KeyObject): Uint8Array => {
  const algorithm = privateKey.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256'
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  marks.secret('key', ownOctets(spki))
  const subject = encodeName([['CN', marks.text('subject')]])
  const members = { ...signedBy(privateKey, algorithm), subject, attributes: attributesWith(marks) }
  const der = assembleCsr(members)
  marks.secret('signature of the request', der.subarray(-40))
  return der
}

/** A UUID of a canary's digits. */
const uuidOf = (text: string): string =>
  text
    .slice(-32)
    .padStart(32, '0')
    .replace(/[^0-9a-f]/g, '0')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')

const claimsWith = (marks: Marks) => ({
  org: 'red',
  sub: marks.text('sub'),
  jti: marks.text('jti'),
  uti: marks.text('uti'),
  upn: `${marks.text('upn')}@contoso.example`,
  device_id: marks.secret('device id', uuidOf(marks.text('device'))),
  onprem_sid: undefined,
  preferred_username: `${marks.text('preferred_username')}@contoso.example`,
  given_name: marks.text('given_name'),
  [marks.text('claim name')]: [marks.text('claim value'), { nested: marks.text('nested value') }],
})

const headersWith = (marks: Marks): Readonly<Record<string, string>> => ({
  'content-type': 'application/pkcs10',
  'user-agent': marks.text('user-agent'),
  cookie: `session=${marks.text('cookie')}`,
  referer: `https://${marks.text('referer')}.example/`,
  forwarded: `for=${marks.text('forwarded')}`,
  'x-forwarded-for': marks.text('x-forwarded-for'),
  'x-ms-client-principal': Buffer.from(marks.text('client principal')).toString('base64'),
  'x-request-id': marks.text('x-request-id'),
  traceparent: marks.text('traceparent'),
  tracestate: `vendor=${marks.text('tracestate')}`,
  baggage: `user=${marks.text('baggage')}`,
})

/** Header lines of any request, with canaries in all of them. */
export const markedHeaders = (marks: Marks, changes: Readonly<Record<string, string>> = {}) =>
  Object.entries({ ...headersWith(marks), ...changes })

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

/** A token with canaries in its claims and in its header. */
export const markedToken = async (marks: Marks, issuer: TestIssuer, changes: TokenChanges = {}) => {
  const header = { [marks.text('header member')]: marks.text('header value'), ...changes.header }
  const claims = { ...claimsWith(marks), ...changes.claims }
  return marks.token(await issuer.token({ ...changes, header, claims }))
}

/** A request for a certificate that has canaries wherever one can be, good but for what is changed. */
export const enrollment = async (
  marks: Marks,
  issuer: TestIssuer,
  changes: EnrollmentChanges = {},
): Promise<Sent> => {
  const { tenant = 'canaries', scheme = 'Bearer', tokenText = (text) => text } = changes
  const token = marks.token(await tokenText(await markedToken(marks, issuer, changes.token)))
  const csr = csrWith(marks, changes.privateKey ?? newKey())
  const der = changes.csr?.(csr) ?? csr
  return {
    method: 'POST',
    path: `/v1/${tenant}/certificates?access_token=${marks.text('query')}`,
    headers: markedHeaders(marks, { authorization: `${scheme} ${token}`, ...changes.headers }),
    body: changes.body?.(der) ?? der,
  }
}
