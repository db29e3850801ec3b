import type { HttpRequest } from '@azure/functions'
import type { PartyCredential } from '../authority/adopt/parties.ts'
import { Refusal } from '../errors/refusal.ts'

const unknownParty = (why: string) =>
  new Refusal('relying-party-refused', `Cannot tell which relying party asks: ${why}.`)

/**
 * Reads the name and the secret of a relying party, RFC 7617: the base64 of name, colon and secret. Neither is checked yet.
 * @throws {Refusal} `relying-party-refused`
 */
export const readPartyCredential = (request: HttpRequest): PartyCredential => {
  const authorization = request.headers.get('authorization')?.trim() ?? ''
  const [, encoded] = /^Basic +([A-Za-z0-9+/]{1,400}={0,2})$/i.exec(authorization) ?? []
  if (encoded === undefined) throw unknownParty('the request has no Authorization header of the Basic scheme')
  const [, name, secret] = /^([^:]*):(.*)$/.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? []
  if (name === undefined || secret === undefined) throw unknownParty('its credential is no name and secret')
  return { name, secret }
}
