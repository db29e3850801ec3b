import type { RefusalCode } from '../../../lib/errors/catalogue.ts'

/** What of a request carries a token; without a body it is a certification request as text. */
export interface Sending {
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly query?: string
  readonly body?: readonly [type: string, text: string]
}

/** A good token, sent in a way that is refused. */
export interface TransportCase {
  readonly name: string
  readonly code: RefusalCode
  readonly detail?: RegExp
  send(token: string, another: string): Sending
}

const missing = { code: 'token-missing', detail: /no Authorization header/ } as const
const otherScheme = { code: 'token-missing', detail: /not of the Bearer scheme/ } as const
const ambiguous = { code: 'authorization-ambiguous' } as const
const malformed = { code: 'token-malformed', detail: /not a JWS in compact serialization/ } as const

const authorization = (...values: readonly string[]): Sending => ({
  headers: values.map((value) => ['authorization', value]),
})

const inHeader = (
  name: string,
  value: (token: string) => string = (token) => `Bearer ${token}`,
): TransportCase => ({
  name: `a token in ${name}`,
  send: (token) => ({ headers: [[name, value(token)]] }),
  ...missing,
})

const form = 'application/x-www-form-urlencoded'

/** Ways to send a good token that are refused. */
export const transport: readonly TransportCase[] = [
  {
    name: 'two Authorization headers with two tokens',
    send: (token, another) => authorization(`Bearer ${token}`, `Bearer ${another}`),
    ...ambiguous,
  },
  {
    name: 'two Authorization headers with one token',
    send: (token) => authorization(`Bearer ${token}`, `Bearer ${token}`),
    ...ambiguous,
  },
  {
    name: 'an Authorization header of Basic after one of Bearer',
    send: (token) => authorization(`Bearer ${token}`, 'Basic YTpi'),
    ...ambiguous,
  },
  {
    name: 'an Authorization header of Basic before one of Bearer',
    send: (token) => authorization('Basic YTpi', `Bearer ${token}`),
    ...ambiguous,
  },
  {
    name: 'an empty Authorization header after one of Bearer',
    send: (token) => authorization(`Bearer ${token}`, ''),
    ...ambiguous,
  },
  {
    name: 'two tokens with a comma between them',
    send: (token, another) => authorization(`Bearer ${token},${another}`),
    ...ambiguous,
  },
  {
    name: 'two credentials with a comma between them',
    send: (token, another) => authorization(`Bearer ${token}, Bearer ${another}`),
    ...ambiguous,
  },
  { name: 'a comma after the token', send: (token) => authorization(`Bearer ${token},`), ...ambiguous },
  {
    name: 'two tokens with a space between them',
    send: (token, another) => authorization(`Bearer ${token} ${another}`),
    ...otherScheme,
  },
  {
    name: 'a token in the query (RFC 6750 section 2.3)',
    send: (token) => ({ headers: [], query: `?access_token=${token}` }),
    ...missing,
  },
  {
    name: 'a token in a form (RFC 6750 section 2.2)',
    send: (token) => ({ headers: [], body: [form, `access_token=${token}`] }),
    ...missing,
  },
  {
    name: 'a token in JSON',
    send: (token) => ({
      headers: [],
      body: ['application/json', JSON.stringify({ csr: 'x', access_token: token, token })],
    }),
    ...missing,
  },
  { name: 'no token at all', send: () => ({ headers: [] }), ...missing },
  inHeader('Cookie', (token) => `authorization=Bearer ${token}; access_token=${token}`),
  inHeader('Proxy-Authorization'),
  inHeader('X-Authorization'),
  inHeader('X-Forwarded-Access-Token'),
  inHeader('X-MS-TOKEN-AAD-ACCESS-TOKEN', String),
  inHeader('X-ZUMO-AUTH', String),
  { name: 'the scheme Basic', send: (token) => authorization(`Basic ${token}`), ...otherScheme },
  {
    name: 'the scheme Basic with the token for a password',
    send: (token) => authorization(`Basic ${Buffer.from(`:${token}`).toString('base64')}`),
    ...otherScheme,
  },
  { name: 'the scheme DPoP', send: (token) => authorization(`DPoP ${token}`), ...otherScheme },
  { name: 'the scheme Token', send: (token) => authorization(`Token ${token}`), ...otherScheme },
  {
    name: 'a scheme that starts like ours',
    send: (token) => authorization(`BearerX ${token}`),
    ...otherScheme,
  },
  { name: 'no scheme', send: (token) => authorization(token), ...otherScheme },
  { name: 'no space after the scheme', send: (token) => authorization(`Bearer${token}`), ...otherScheme },
  { name: 'a tab after the scheme', send: (token) => authorization(`Bearer\t${token}`), ...otherScheme },
  { name: 'a colon after the scheme', send: (token) => authorization(`Bearer: ${token}`), ...otherScheme },
  { name: 'the scheme twice', send: (token) => authorization(`Bearer Bearer ${token}`), ...otherScheme },
  { name: 'the scheme alone', send: () => authorization('Bearer'), ...otherScheme },
  { name: 'the scheme and a space', send: () => authorization('Bearer '), ...otherScheme },
  { name: 'an empty Authorization header', send: () => authorization(''), ...missing },
  { name: 'white space for an Authorization header', send: () => authorization(' \t '), ...missing },
  {
    name: 'a space inside the token',
    send: (token) => authorization(`Bearer ${token.replace('.', '. ')}`),
    ...otherScheme,
  },
  { name: 'quotes around the token', send: (token) => authorization(`Bearer "${token}"`), ...malformed },
  { name: 'a token that is named', send: (token) => authorization(`Bearer token=${token}`), ...malformed },
  {
    name: 'padding after the token, as the syntax of credentials allows',
    send: (token) => authorization(`Bearer ${token}==`),
    ...malformed,
  },
  {
    name: 'angle brackets around the token',
    send: (token) => authorization(`Bearer <${token}>`),
    ...malformed,
  },
]

/** Ways to send a token that look odd and are good. */
export const acceptedTransport: readonly Omit<TransportCase, 'code'>[] = [
  {
    name: 'the scheme in lower case (RFC 9110 section 11.1)',
    send: (token) => authorization(`bearer ${token}`),
  },
  { name: 'the scheme in upper case', send: (token) => authorization(`BEARER ${token}`) },
  {
    name: 'several spaces after the scheme (RFC 9110 section 11.4)',
    send: (token) => authorization(`Bearer    ${token}`),
  },
  {
    name: 'white space around all of it (RFC 9110 section 5.5)',
    send: (token) => authorization(` \t Bearer ${token} \t `),
  },
  {
    name: 'the name of the header in upper case',
    send: (token) => ({ headers: [['AUTHORIZATION', `Bearer ${token}`]] }),
  },
  {
    name: 'another token in the query, which nobody reads',
    send: (token, another) => ({ ...authorization(`Bearer ${token}`), query: `?access_token=${another}` }),
  },
]
