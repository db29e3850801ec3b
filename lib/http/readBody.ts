import type { HttpRequest } from '@azure/functions'
import type { ZodType } from 'zod'
import { Refusal } from '../errors/refusal.ts'
import { parseJson } from '../json/parseJson.ts'
import { HttpRefusal } from './httpRefusal.ts'
import { parseMediaType } from './mediaType.ts'

/** What a path takes as the body of a request. */
export interface BodyForm<Type extends string> {
  /** Media types without parameters, in lower case. */
  readonly types: readonly Type[]
  readonly maxOctets: number
}

/** A body as it was sent: its media type and its octets. */
export interface Body<Type extends string> {
  readonly type: Type
  readonly octets: Uint8Array
}

/** Charsets in which ASCII is ASCII: what is taken as text is ASCII throughout. */
const charsets = ['utf-8', 'us-ascii', 'iso-8859-1']

const unsupported = (why: string, headers: Readonly<Record<string, string>>) =>
  new HttpRefusal('media-type-unsupported', `Cannot read the body: ${why}.`, { headers })

/** RFC 9110 section 8.3: exactly one Content-Type. Parameters but for charset mean nothing here and are passed over. */
const typeOf = <Type extends string>({ headers }: HttpRequest, types: readonly Type[]): Type => {
  const media = parseMediaType(headers.get('content-type') ?? '')
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

/** RFC 9110 section 8.6: decimal digits alone. Number() would read 1e9 and 0x10 too. */
const declaredOctets = ({ headers }: HttpRequest): number => {
  const declared = headers.get('content-length') ?? '0'
  if (/^\d+$/.test(declared)) return Number(declared)
  throw malformed('its Content-Length is not a number of octets')
}

const octetsOf = async (request: HttpRequest, maxOctets: number): Promise<Uint8Array> => {
  const declared = declaredOctets(request)
  if (declared > maxOctets) throw tooLarge(declared, maxOctets)
  const octets = new Uint8Array(await request.arrayBuffer())
  if (octets.length > maxOctets) throw tooLarge(octets.length, maxOctets)
  return octets
}

/**
 * Takes the body off an HTTP request: of one of the media types, without a content coding, and not too large.
 * @throws {Refusal} `media-type-unsupported`, `request-malformed` or `body-too-large`
 */
export const readBody = async <Type extends string>(
  request: HttpRequest,
  { types, maxOctets }: BodyForm<Type>,
): Promise<Body<Type>> => {
  const type = typeOf(request, types)
  checkUncoded(request)
  return { type, octets: await octetsOf(request, maxOctets) }
}

/**
 * Parses a JSON body.
 * @param lack what is wrong with a document that does not fit the schema, as in "it has no member".
 * @throws {Refusal} `request-malformed`
 */
export const parseDocument = <Document>(
  octets: Uint8Array,
  schema: ZodType<Document>,
  lack: string,
): Document => {
  const document = parseJson(octets, (why) => malformed(`it ${why}`))
  const { success, data } = schema.safeParse(document)
  if (success) return data
  throw malformed(lack)
}
