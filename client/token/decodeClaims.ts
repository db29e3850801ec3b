import { Refusal } from '../../lib/errors/refusal.ts'
import { parseJson } from '../../lib/json/parseJson.ts'

const refuse = (why: string) =>
  new Refusal('token-source-failed', `Cannot get a token: the claims that the service asks for ${why}.`)

/**
 * Decodes the claims request of a challenge, which is base64 or base64url of JSON (OpenID Connect Core section 5.5).
 * @returns the JSON, as the parameter `claims` has it.
 * @throws {Refusal} `token-source-failed`
 */
export const decodeClaims = (claims: string): string => {
  const octets = Buffer.from(claims, 'base64')
  const request = parseJson(octets, refuse)
  if (typeof request === 'object' && request !== null && !Array.isArray(request))
    return JSON.stringify(request)
  throw refuse('are no JSON object')
}
