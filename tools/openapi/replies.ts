import { catalogue, type RefusalCode } from '../../lib/errors/catalogue.ts'
import { serviceRefusals } from '../../lib/errors/serviceRefusals.ts'
import { dropsCacheControl } from '../../lib/http/dropsReplies.ts'
import { publicationCacheControl } from '../../lib/http/publication.ts'

/** One response of an operation, as OpenAPI describes it. */
export interface Reply {
  readonly description: string
  readonly headers?: Readonly<Record<string, object>>
  readonly content?: Readonly<Record<string, object>>
  /** The types of problem documents that it has now. */
  readonly 'x-problem-types'?: readonly string[]
}

/** Responses by status. */
export type Replies = Readonly<Record<string, Reply>>

const isServiceCode = (name: string): name is keyof typeof serviceRefusals =>
  Object.hasOwn(serviceRefusals, name)

/** The codes a service answers with. */
export const serviceCodes: readonly RefusalCode[] = Object.keys(serviceRefusals).filter(isServiceCode)

/** A reference into the components. */
export const ref = (section: string, name: string) => ({ $ref: `#/components/${section}/${name}` })

/** A header field that some responses of a kind have, whose value is a text. */
export const optionalHeader = (description: string, form: object = {}) => ({
  description,
  schema: { type: 'string', ...form },
})

/** A header field that every response of a kind has. */
export const header = (description: string, form: object = {}) => ({
  ...optionalHeader(description, form),
  required: true,
})

/** When a 429 or 503 says to try again. */
export const retryAfter = {
  'Retry-After': header('Seconds after which to try again.', { pattern: '^[0-9]+$' }),
}

const noStore = { 'Cache-Control': header('Nobody keeps the answer.', { const: 'no-store' }) }

const bearerChallenge = {
  'WWW-Authenticate': header('A Bearer challenge (RFC 6750 section 3).', { pattern: '^Bearer [a-z_]+="' }),
}

const scopeChallenge = {
  'WWW-Authenticate': optionalHeader(
    'For a scope that is missing: a Bearer challenge with insufficient_scope.',
    {
      pattern: '^Bearer error="insufficient_scope"',
    },
  ),
}

const basicChallenge = {
  'WWW-Authenticate': header('A Basic challenge (RFC 7617).', { pattern: '^Basic realm=' }),
}

/** The header fields that problem documents of a status carry, but for challenges. */
const problemHeaders: Readonly<Record<number, Reply['headers']>> = {
  405: { Allow: header('The methods the path does take.') },
  406: { Vary: header('The header field that decides.', { const: 'Accept' }) },
  415: {
    Accept: optionalHeader('The media types that are taken, when it was for the Content-Type.'),
    'Accept-Encoding': optionalHeader('The coding that is taken, when it was for the Content-Encoding.', {
      const: 'identity',
    }),
  },
  429: retryAfter,
  503: retryAfter,
}

const headersOf = (status: number, refused: readonly RefusalCode[]): Reply['headers'] => {
  if (refused.includes('token-scope-missing')) return scopeChallenge
  if (status !== 401) return problemHeaders[status]
  return refused.includes('relying-party-refused') ? basicChallenge : bearerChallenge
}

/** The types of problems stand beside the schema, which is open: a client must not break when there is one more. */
const problemReply = (status: number, refused: readonly RefusalCode[]): Reply => ({
  description: refused.map((code) => `\`${code}\`: ${catalogue[code].title}.`).join('\n'),
  headers: { ...noStore, ...headersOf(status, refused) },
  content: { 'application/problem+json': { schema: ref('schemas', 'Problem') } },
  'x-problem-types': refused.map((code) => `urn:mayfly:problem:${code}`),
})

/** The responses that tell of refusals, one a status, with the codes that each may have. */
export const problemReplies = (refused: readonly RefusalCode[]): Replies => {
  const statuses = [...new Set(refused.map((code) => catalogue[code].status))].sort((a, b) => a - b)
  return Object.fromEntries(
    statuses.map((status) => [
      String(status),
      problemReply(
        status,
        refused.filter((code) => catalogue[code].status === status),
      ),
    ]),
  )
}

/** A response with a body that nobody keeps. */
export const uncachedReply = (
  description: string,
  content: Reply['content'],
  headers: Reply['headers'] = {},
): Reply => ({ description, headers: { ...noStore, ...headers }, ...(content ? { content } : {}) })

const strongTag = {
  ETag: header('A strong validator: the SHA-256 of the octets.', { pattern: '^"[0-9a-f]{64}"$' }),
}

const publicationHeaders = {
  ...strongTag,
  'Last-Modified': header('When the bundle was issued (RFC 9110 section 5.6.7).', { pattern: ' GMT$' }),
  'Cache-Control': header(
    'It may be kept for five minutes, for a day while the service is down (RFC 5861).',
    {
      const: publicationCacheControl,
    },
  ),
}

const dropsHeaders = {
  ...strongTag,
  'Cache-Control': header('Whoever has it asks whether it changed.', { const: dropsCacheControl }),
}

/** The responses of a path whose octets relying parties ask for on condition that they changed. */
export const dropsReplies = (description: string, content: NonNullable<Reply['content']>): Replies => ({
  200: { description, headers: dropsHeaders, content },
  304: { description: 'What the relying party holds is current.', headers: dropsHeaders },
})

/** The responses of a path whose octets anybody may keep, and ask for on condition that they changed. */
export const publicationReplies = (description: string, content: NonNullable<Reply['content']>): Replies => ({
  200: { description, headers: publicationHeaders, content },
  304: { description: 'What the client holds is current.', headers: publicationHeaders },
})

/** The responses to HEAD: those to GET, without content. */
export const withoutContent = (replies: Replies): Replies =>
  Object.fromEntries(
    Object.entries(replies).map(([status, { description, headers }]) => [
      status,
      { description, ...(headers ? { headers } : {}) },
    ]),
  )
