import type { HttpRequest } from '@azure/functions'
import { Refusal } from '../errors/refusal.ts'
import { parseSha256 } from '../text/parseSha256.ts'
import { adoptionDocument } from './documents.ts'
import { parseDocument, readBody } from './readBody.ts'

/** What a relying party's agent tells, taken off the wire. */
export interface RawAdoption {
  readonly tenant: string
  readonly name: string
  readonly secret: string
  /** SHA-256 of the file of the bundle that was installed, lower-case hex. */
  readonly sha256: string
}

/** The most octets of a body: a digest in JSON, with room. */
export const maxAdoptionOctets = 1024

const unknownParty = (why: string) =>
  new Refusal('relying-party-refused', `Cannot record the adoption: ${why}.`)

/** RFC 7617: the base64 of name, colon and secret. */
const readCredential = (request: HttpRequest): Pick<RawAdoption, 'name' | 'secret'> => {
  const authorization = request.headers.get('authorization')?.trim() ?? ''
  const [, encoded] = /^Basic +([A-Za-z0-9+/]{1,400}={0,2})$/i.exec(authorization) ?? []
  if (encoded === undefined) throw unknownParty('the request has no Authorization header of the Basic scheme')
  const [, name, secret] = /^([^:]*):(.*)$/.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? []
  if (name === undefined || secret === undefined) throw unknownParty('its credential is no name and secret')
  return { name, secret }
}

const bodyForm = { types: ['application/json'], maxOctets: maxAdoptionOctets } as const

/**
 * Takes the report of a relying party off an HTTP request.
 * @throws {Refusal} `relying-party-refused`, `media-type-unsupported`, `body-too-large` or `request-malformed`
 */
export const readAdoption = async (request: HttpRequest): Promise<RawAdoption> => {
  const credential = readCredential(request)
  const { octets } = await readBody(request, bodyForm)
  const lack = 'it has no member "sha256" of 64 hexadecimal digits'
  const { sha256 } = parseDocument(octets, adoptionDocument, lack)
  return { tenant: request.params['tenant'] ?? '', ...credential, sha256: parseSha256(sha256) ?? '' }
}
