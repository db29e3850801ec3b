import type { HttpRequest } from '@azure/functions'
import type { Adoption } from '../authority/adopt/adoption.ts'
import { parseSha256 } from '../text/parseUuid.ts'
import { bodyLimits } from './bodyLimits.ts'
import { documents } from './documents.ts'
import { expectBody, parseDocument } from './expectBody.ts'
import { readPartyCredential } from './readPartyCredential.ts'

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
  const credential = readPartyCredential(request)
  const body = expectBody(request, bodyLimits.adoptions)
  const readSha256 = async () => digestIn(await body.octets())
  return { tenant: request.params['tenant'] ?? '', ...credential, readSha256 }
}
