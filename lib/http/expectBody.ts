import type { HttpRequest } from '@azure/functions'
import type { ZodError, ZodType } from 'zod'
import { Refusal } from '../errors/refusal.ts'
import { jsonMember, parseJson } from '../json/parseJson.ts'
import type { BodyLimit } from './bodyLimits.ts'
import { HttpRefusal } from './problem.ts'
import { parseMediaType, boundedField } from './mediaType.ts'

/** The bodies that a path takes: by their media types, without parameters and in lower case. */
export type BodyForms<Type extends string> = Readonly<Record<Type, BodyLimit>>

/** A body that is announced by the header fields of its request, and may be taken. */
export interface ExpectedBody<Type extends string> {
  readonly type: Type
  /**
   * Takes it, once.
   * @throws {Refusal} `length-required` or `body-too-large`
   */
  readonly octets: () => Promise<Uint8Array>
}

/** Charsets in which ASCII is ASCII: what is taken as text is ASCII throughout. */
const charsets = ['utf-8', 'us-ascii', 'iso-8859-1']

/** The media types of bodies, as a client may be told them. */
const typesOf = <Type extends string>(forms: BodyForms<Type>): readonly Type[] =>
  Object.keys(forms).filter((type): type is Type => Object.hasOwn(forms, type))

const unsupported = (why: string, headers: Readonly<Record<string, string>>) =>
  new HttpRefusal('media-type-unsupported', `Cannot read the body: ${why}.`, { headers })

/** RFC 9110 section 8.3: exactly one Content-Type. Parameters but for charset mean nothing here and are passed over. */
const typeOf = <Type extends string>(request: HttpRequest, types: readonly Type[]): Type => {
  const media = parseMediaType(boundedField(request, 'content-type') ?? '')
  const type = types.find((taken) => taken === media?.type)
  const charset = media?.parameters.get('charset')?.toLowerCase() ?? 'utf-8'
  // RFC 9110 section 15.5.16: Accept tells what is taken.
  const advice = { accept: types.join(', ') }
  if (type === undefined) throw unsupported(`Content-Type must be one of ${advice.accept}`, advice)
  if (!charsets.includes(charset))
    throw unsupported(`its charset must be one of ${charsets.join(', ')}`, advice)
  return type
}

/** RFC 9110 section 12.5.3: only a 415 for the coding tells Accept-Encoding. */
const checkUncoded = ({ headers }: HttpRequest): void => {
  const coding = headers.get('content-encoding')?.toLowerCase() ?? ''
  if (coding === '' || coding === 'identity') return
  throw unsupported('it has a Content-Encoding, and is taken as it is only', {
    'accept-encoding': 'identity',
  })
}

const malformed = (why: string) => new Refusal('request-malformed', `Cannot read the body: ${why}.`)

const tooLarge = (octets: number, maxOctets: number) =>
  new Refusal('body-too-large', `Cannot read the body: it has ${octets} octets, the limit is ${maxOctets}.`)

const lengthRequired = (why: string) =>
  new Refusal('length-required', `Cannot read the body: ${why}; send it whole, with Content-Length.`)

/**
 * RFC 9110 section 8.6: decimal digits alone. Number() would read 1e9 and 0x10 too. The Functions host drops a body
 * that is sent in chunks, and tells it by the header field alone.
 * @returns undefined where nothing is declared.
 */
const declaredOctets = ({ headers }: HttpRequest): number | undefined => {
  if (headers.has('transfer-encoding')) throw lengthRequired('it is sent in chunks (Transfer-Encoding)')
  const declared = headers.get('content-length')
  if (declared === null) return undefined
  if (/^\d+$/.test(declared)) return Number(declared)
  throw malformed('its Content-Length is not a number of octets')
}

/**
 * Looks at what the header fields say of a body, and takes nothing of it: it has one of the media types, no content
 * coding, and is not too large.
 * @throws {Refusal} `media-type-unsupported`, `length-required`, `request-malformed` or `body-too-large`
 */
export const expectBody = <Type extends string>(
  request: HttpRequest,
  forms: BodyForms<Type>,
): ExpectedBody<Type> => {
  const type = typeOf(request, typesOf(forms))
  const { maxOctets } = forms[type]
  checkUncoded(request)
  const declared = declaredOctets(request)
  if (declared !== undefined && declared > maxOctets) throw tooLarge(declared, maxOctets)
  return {
    type,
    async octets() {
      const octets = new Uint8Array(await request.arrayBuffer())
      if (octets.length > maxOctets) throw tooLarge(octets.length, maxOctets)
      if (octets.length === 0 && declared === undefined) throw lengthRequired('its length is not said')
      return octets
    },
  }
}

/** The most members and items of a body, which needs one. */
const maxValues = 256

/** Names the member that is too long, if one is. */
const tooLongIn = (document: unknown, { issues }: ZodError): Refusal | undefined => {
  const tooBig = issues.find(({ code }) => code === 'too_big')
  if (tooBig?.code !== 'too_big') return undefined
  const member = String(tooBig.path[0])
  const value = jsonMember(document, member)
  const characters = typeof value === 'string' ? value.length : 'too many'
  return new Refusal(
    'body-too-large',
    `Cannot read the body: its member "${member}" has ${characters} characters, the limit is ${tooBig.maximum}.`,
  )
}

/**
 * Parses a JSON body.
 * @param lackOf what is wrong with a document that does not fit the schema, as in "it has no member"; given the member at
 *   fault, unless it is no object.
 * @throws {Refusal} `request-malformed`, or `body-too-large` for a member that is
 */
export const parseDocument = <Document>(
  octets: Uint8Array,
  schema: ZodType<Document>,
  lackOf: (member: string | undefined) => string,
): Document => {
  if (octets.length === 0) throw malformed('it is empty')
  const document = parseJson(octets, (why) => malformed(`it ${why}`), maxValues)
  const { success, data, error } = schema.safeParse(document)
  if (success) return data
  throw tooLongIn(document, error) ?? malformed(lackOf(error.issues[0]?.path[0]?.toString()))
}
