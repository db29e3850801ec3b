import type { HttpRequest } from '@azure/functions'
import type { Adoption } from '../authority/adopt/adoption.ts'
import { Refusal } from '../errors/refusal.ts'
import { parseSha256 } from '../text/parseUuid.ts'
import { bodyLimits } from './bodyLimits.ts'
import { documents } from './documents.ts'
import { expectBody, parseDocument } from './expectBody.ts'

const unknownParty = (why: string) =>
  new Refusal('relying-party-refused', `Cannot record the adoption: ${why}.`)

/** RFC 7617: the base64 of name, colon and secret. */
const readCredential = (request: HttpRequest): Pick<Adoption, 'name' | 'secret'> => {
  const authorization = request.headers.get('authorization')?.trim() ?? ''
  const [, encoded] = /^Basic +([A-Za-z0-9+/]{1,400}={0,2})$/i.exec(authorization) ?? []
  if (encoded === undefined) throw unknownParty('the request has no Authorization header of the Basic scheme')
  const [, name, secret] = /^([^:]*):(.*)$/.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? []
  if (name === undefined || secret === undefined) throw unknownParty('its credential is no name and secret')
  return { name, secret }
}

const lackOf = () => 'it has no member "sha256" of 64 hexadecimal digits'

/** @throws {Refusal} `request-malformed` */
const digestIn = (octets: Uint8Array): string => {
  const { sha256 } = parseDocument(octets, documents.Adoption, lackOf)
  return parseSha256(sha256) ?? ''
}

/**
 * Reads the header fields of a relying party's report.
 * @throws {Refusal} `relying-party-refused`, `media-type-unsupported`, `length-required`, `body-too-large` or
 *   `request-malformed`
 */
export const readAdoption = (request: HttpRequest): Adoption => {
  const credential = readCredential(request)
  const body = expectBody(request, bodyLimits.adoptions)
  const readSha256 = async () => digestIn(await body.octets())
  return { tenant: request.params['tenant'] ?? '', ...credential, readSha256 }
}
