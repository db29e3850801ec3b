import { jsonMember } from '../lib/json/parseJson.ts'
import { callService, checkServiceUrl, type ReadRefusal } from './callService.ts'
import { Refusal } from '../lib/errors/refusal.ts'
import type { Deployment } from '../lib/deployment/deployment.ts'

/** Whom a demo token is for. */
export interface DemoUser {
  readonly upn: string
  readonly compliant: boolean
  /** Claims besides, in the place of what a demo token says when it is not told; null leaves one out. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
}

/** RFC 6749 section 5.2. What an error code holds is printable by its definition. */
const readOAuthError: ReadRefusal = (document, { status }) => {
  const error = jsonMember(document, 'error')
  if (typeof error !== 'string') return undefined
  return new Refusal(
    'service-refused',
    `The token issuer answered with status ${status}: ${error.slice(0, 80)}.`,
  )
}

/**
 * Gets a fresh compliance token from the demo's token issuer.
 * @returns JWS compact serialization.
 * @throws {Refusal} `deployment-unknown` without a demo issuer, `usage-wrong` for one that is neither https nor on
 *   this machine, `service-refused`, `service-unavailable` or `service-answer-invalid`
 */
export const askDemoToken = async (
  { tokenIssuer }: Deployment,
  { upn, compliant, claims = {} }: DemoUser,
): Promise<string> => {
  if (!tokenIssuer)
    throw new Refusal('deployment-unknown', 'Cannot get a demo token: the deployment has no demo issuer.')
  const { url, clientId, clientSecret } = tokenIssuer
  const document = await callService({
    url: new URL('/token', checkServiceUrl(url)),
    headers: {
      authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({
      username: upn,
      compliant: String(compliant),
      claims: JSON.stringify(claims),
    }).toString(),
    readRefusal: readOAuthError,
  })
  const token = jsonMember(document, 'access_token')
  if (typeof token === 'string') return token
  throw new Refusal('service-answer-invalid', 'Cannot get a demo token: the answer holds none.')
}
