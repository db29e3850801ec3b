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

/** @returns JWS compact serialization. @throws {Refusal} those of askDemoToken() */
const ask = async (
  { tokenIssuer }: Deployment,
  path: string,
  form: Readonly<Record<string, string>>,
): Promise<string> => {
  if (!tokenIssuer)
    throw new Refusal('deployment-unknown', 'Cannot get a demo token: the deployment has no demo issuer.')
  const { url, clientId, clientSecret } = tokenIssuer
  const document = await callService({
    url: new URL(path, checkServiceUrl(url)),
    headers: {
      authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams(form).toString(),
    readRefusal: readOAuthError,
  })
  const token = jsonMember(document, 'access_token')
  if (typeof token === 'string') return token
  throw new Refusal('service-answer-invalid', 'Cannot get a demo token: the answer holds none.')
}

/**
 * Gets a fresh compliance token from the demo's token issuer.
 * @returns JWS compact serialization.
 * @throws {Refusal} `deployment-unknown` without a demo issuer, `usage-wrong` for one that is neither https nor on
 *   this machine, `service-refused`, `service-unavailable` or `service-answer-invalid`
 */
export const askDemoToken = (
  deployment: Deployment,
  { upn, compliant, claims = {} }: DemoUser,
): Promise<string> =>
  ask(deployment, '/token', {
    username: upn,
    compliant: String(compliant),
    claims: JSON.stringify(claims),
  })

/** The device that a demo token is about, and what it says of it. */
export interface DemoDevice {
  /** Whose device it is: every demo user has one. */
  readonly upn: string
  /** The id of another device. */
  readonly device?: string | undefined
  /** In the place of what the token usually says; null leaves a fact out. */
  readonly facts?: Readonly<Record<string, unknown>> | undefined
}

const deviceForm = ({ upn, device, facts = {} }: DemoDevice) => ({
  username: upn,
  ...(device === undefined ? {} : { device }),
  facts: JSON.stringify(facts),
})

/** Gets a fresh posture token. @throws {Refusal} those of askDemoToken() */
export const askDemoPosture = (deployment: Deployment, device: DemoDevice): Promise<string> =>
  ask(deployment, '/posture', deviceForm(device))

/**
 * Gets a fresh attestation for a key.
 * @param keySha256 of its SubjectPublicKeyInfo, hex.
 * @throws {Refusal} those of askDemoToken()
 */
export const askDemoAttestation = (
  deployment: Deployment,
  device: DemoDevice,
  keySha256: string,
): Promise<string> =>
  ask(deployment, '/attestation', {
    ...deviceForm(device),
    key_sha256: Buffer.from(keySha256, 'hex').toString('base64url'),
  })
