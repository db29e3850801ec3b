import type { KeyObject } from 'node:crypto'
import { randomUUID } from 'node:crypto'
import { type JWTPayload, SignJWT } from 'jose'
import { demoClaims, deviceClaim, factsClaim } from '../client/demoClaims.ts'
import {
  demoDeviceId,
  demoSubject,
  demoUserId,
  type DeviceFacts,
  usualAttestation,
  usualPosture,
} from './demoDeviceId.ts'

/** The client of the demo's tokens. */
export const demoClient = 'mayfly-demo'

/** The audiences of the demo's tokens, by what they are for. */
export const demoAudience = 'urn:mayfly:demo'
export const woodgroveAudience = 'urn:mayfly:demo:woodgrove'
export const postureAudience = 'urn:mayfly:demo:posture'
export const attestationAudience = 'urn:mayfly:demo:attestation'

/** How long demo tokens are good. */
export const lifetimeSeconds = 900

/** Who signs: one key for all of the demo's tokens, each kind of which has an `iss` of its own. */
export interface DemoSigner {
  readonly url: string
  readonly key: KeyObject
  readonly kid: string
}

/** The `iss` of tokens about devices, beneath the URL of the demo's issuer. */
export const deviceIssuer = (url: string, kind: 'posture' | 'attestation'): string => `${url}/${kind}`

/** Says of a user who says nothing what most could say: a member who signed in just now with a password, at no risk, in the Netherlands. */
const usual = (upn: string, now: number): Readonly<Record<string, unknown>> => ({
  [demoClaims.joined]: false,
  [demoClaims.groups]: [],
  [demoClaims.roles]: [],
  [demoClaims.guest]: false,
  [demoClaims.country]: 'NL',
  [demoClaims.platform]: 'linux',
  [demoClaims.signInRisk]: 'none',
  [demoClaims.userRisk]: 'none',
  [demoClaims.methods]: ['pwd'],
  [demoClaims.authTime]: now,
  [demoClaims.userId]: demoUserId(upn),
  [deviceClaim('deviceId')]: demoDeviceId(upn),
})

/** Reads a JSON object of a form. @throws {Error} for anything else */
const objectIn = (form: URLSearchParams, field: string): object => {
  const value: unknown = JSON.parse(form.get(field) ?? '{}')
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new Error(`The ${field} are no object.`)
}

const upnIn = (form: URLSearchParams): string => (form.get('username') ?? '').toLowerCase()

interface Signing {
  readonly issuer: string
  readonly audience: string
  /** The `typ` of the header. */
  readonly type: string
}

const sign = (claims: JWTPayload, { issuer, audience, type }: Signing, { key, kid }: DemoSigner) =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', kid, typ: type })
    .setIssuer(issuer)
    .setAudience(audience)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${lifetimeSeconds} s`)
    .sign(key)

/** An RFC 9068 access token for a user, who says where they sit, at which device and how they signed in: it is a demo. */
export const signAccessToken = (signer: DemoSigner, form: URLSearchParams): Promise<string> => {
  const upn = upnIn(form)
  const compliant = form.get('compliant') !== 'false'
  const own = { client_id: demoClient, upn, sub: demoSubject(upn), [demoClaims.compliant]: compliant }
  const claims = { ...usual(upn, Math.floor(Date.now() / 1000)), ...objectIn(form, 'claims'), ...own }
  const audience = upn.endsWith('@woodgrove.example') ? woodgroveAudience : demoAudience
  return sign(claims, { issuer: signer.url, audience, type: 'at+jwt' }, signer)
}

/** Who is told about, and what: facts that are null are left out. */
const aboutDevice = (form: URLSearchParams, usualFacts: DeviceFacts): JWTPayload => {
  const upn = upnIn(form)
  const facts = Object.entries({ ...usualFacts, ...objectIn(form, 'facts') })
  return {
    upn,
    [deviceClaim('deviceId')]: form.get('device') ?? demoDeviceId(upn),
    [factsClaim]: Object.fromEntries(facts.filter(([, value]) => value !== null)),
  }
}

/** A posture token, as an MDM would write it: the facts of the device that the user has, or names. */
export const signPosture = (signer: DemoSigner, form: URLSearchParams): Promise<string> => {
  const issuer = deviceIssuer(signer.url, 'posture')
  const signing = { issuer, audience: postureAudience, type: 'posture+jwt' }
  return sign(aboutDevice(form, usualPosture), signing, signer)
}

/** An Entity Attestation Token (RFC 9711) for a key, whose digest stands in it: nothing was measured, it is a demo. */
export const signAttestation = (signer: DemoSigner, form: URLSearchParams): Promise<string> => {
  const nonce = form.get('key_sha256') ?? ''
  if (!/^[\w-]{43}$/.test(nonce)) throw new Error('The digest of the key is no SHA-256 as base64url.')
  const issuer = deviceIssuer(signer.url, 'attestation')
  const signing = { issuer, audience: attestationAudience, type: 'eat+jwt' }
  return sign({ ...aboutDevice(form, usualAttestation), eat_nonce: nonce }, signing, signer)
}
