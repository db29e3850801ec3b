import type { JWSHeaderParameters } from 'jose'
import { Refusal } from '../errors/refusal.ts'
import { parseJson } from '../json/parseJson.ts'
import { decodeBase64url } from '../text/decodeText.ts'
import type { ClaimsSet } from './claimsSet.ts'

const malformed = (why: string): Refusal => new Refusal('token-malformed', `Cannot read the token: ${why}.`)

/** The most members and items of header or claims, which anybody may send: Entra's 200 groups, with room. */
const maxValues = 1024

const parseObject = (octets: Uint8Array, name: string): Readonly<Record<string, unknown>> => {
  // What is signed has one reading, and a byte order mark is no part of JSON (RFC 8259 section 8.1).
  if (octets[0] === 0xef) throw malformed(`its ${name} is not JSON`)
  const value = parseJson(octets, (why) => malformed(`its ${name} ${why}`), maxValues)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed(`its ${name} is not an object`)
  }
  return value as Readonly<Record<string, unknown>>
}

const isJwt = (cty: unknown): boolean => typeof cty === 'string' && /^(application\/)?jwt$/i.test(cty)

const isPresent = (value: unknown): boolean => value !== undefined

/**
 * Header parameters that change what is signed or what the Claims Set is. Two readers would take such a token for two
 * different things, so none passes: Mayfly understands none of them.
 */
const notUnderstood: readonly (readonly [name: string, applies: (value: unknown) => boolean])[] = [
  // RFC 7515 section 4.1.11: extensions that must be understood.
  ['crit', isPresent],
  // RFC 7797 section 7: JWTs have no unencoded payload.
  ['b64', isPresent],
  // RFC 7516 sections 4.1.2 and 4.1.3: encrypted, compressed.
  ['enc', isPresent],
  ['zip', isPresent],
  // RFC 7519 section 5.2: the Claims Set is another token.
  ['cty', isJwt],
]

const parseHeader = (octets: Uint8Array): JWSHeaderParameters => {
  const header = parseObject(octets, 'protected header')
  const [parameter] = notUnderstood.find(([name, applies]) => applies(header[name])) ?? []
  if (parameter !== undefined) {
    throw malformed(`its protected header has "${parameter}", which Mayfly does not understand`)
  }
  const notText = ['kid', 'cty'].find((name) => !['string', 'undefined'].includes(typeof header[name]))
  if (notText !== undefined) throw malformed(`its "${notText}" is not a string`)
  return header
}

const compactForm = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

/** Names what issuers give out in place of a JWT that is only signed, and what to do about it. */
const otherForms: readonly (readonly [form: RegExp, what: string])[] = [
  [/^[\w-]+(\.[\w-]*){4}$/, ' but encrypted (JWE): have the issuer sign tokens of this API only'],
  [/^[^.]*$/, ' and no JWT: some issuers give out references, unless they are asked for a token of this API'],
]

const describeForm = (compact: string): string => otherForms.find(([form]) => form.test(compact))?.[1] ?? ''

/** Spare bits that are set (RFC 4648 section 3.5) would give one token several texts. */
const decodePart = (part: string): Uint8Array => {
  const octets = decodeBase64url(part)
  if (!octets) throw malformed('its base64url is not canonical')
  return octets
}

const none = new Uint8Array()

export interface ParsedToken {
  readonly header: JWSHeaderParameters
  readonly claims: ClaimsSet
  /** The JWS Signing Input, RFC 7515 section 5.2: header and claims as they were sent. */
  readonly signed: Uint8Array
  /** The JWS Signature, decoded. */
  readonly signature: Uint8Array
}

/**
 * Parses header and claims before anything is verified: until then they only tell the key and rules to verify with.
 * Parses exactly the octets that the signature covers: canonical base64url has one reading.
 * @param compact JWS compact serialization, RFC 7515 section 7.1.
 * @throws {Refusal} `token-malformed`
 */
export const parseToken = (compact: string): ParsedToken => {
  if (!compactForm.test(compact))
    throw malformed(`it is not a JWS in compact serialization${describeForm(compact)}`)
  const [header = none, claims = none, signature = none] = compact.split('.').map(decodePart)
  return {
    header: parseHeader(header),
    claims: parseObject(claims, 'Claims Set'),
    signed: Buffer.from(compact.slice(0, compact.lastIndexOf('.')), 'latin1'),
    signature,
  }
}
