import { Refusal } from '../errors/refusal.ts'
import type { PostureIssuer } from '../tenant/evidence.ts'
import { type ClaimsSet, claimAt } from '../token/claimsSet.ts'
import { keyThumbprintOf } from '../token/verifyToken.ts'
import { jwkThumbprint } from '../x509/publicKey.ts'
import type { EvidenceOrder } from './evidenceOrder.ts'
import { namedDevice } from './namedDevice.ts'

/** What a posture token must be about. */
export type PostureSubject = Pick<EvidenceOrder, 'token' | 'csr' | 'configured'>

const check = (holds: boolean, why: string): void => {
  if (!holds) throw new Refusal('posture-refused', `Cannot accept the posture token: ${why}.`)
}

/** Tells whether a claim is the name of the user; beyond ASCII, other letters may have the same ones for their lower case. */
const isUpn = (value: unknown, upn: string): boolean =>
  typeof value === 'string' && /^[\x21-\x7e]+$/.test(value) && value.toLowerCase() === upn

/** The same user alone proves nothing: the PC at home must not vouch for the laptop. */
const checkUser = (claims: ClaimsSet, { upnClaim }: PostureIssuer, { token }: PostureSubject): void => {
  if (upnClaim === undefined) return
  const value = claimAt(claims, upnClaim)
  check(value !== undefined, 'it names no user')
  check(isUpn(value, token.facts.upn), 'it is of another user')
}

/** @returns whether it is bound to a key, which is then that of the request. */
const checkKey = (claims: ClaimsSet, { csr }: PostureSubject): boolean => {
  const thumbprint = keyThumbprintOf(claims)
  if (thumbprint === undefined) return false
  check(thumbprint === jwkThumbprint(csr.publicKey), 'it is bound to another key than that of the request')
  return true
}

/**
 * Checks that a posture token is about the device of the request: the one that the compliance token names. Where neither
 * names one, the key of the request stands for it, if any machine will do for the tenant.
 * @throws {Refusal} `posture-refused` or `token-claim-invalid`
 */
export const checkPostureSubject = (
  claims: ClaimsSet,
  issuer: PostureIssuer,
  subject: PostureSubject,
): void => {
  const { deviceId } = subject.token.facts
  const named = namedDevice(claims, issuer.deviceIdClaim)
  checkUser(claims, issuer, subject)
  const isBound = checkKey(claims, subject)
  if (deviceId !== undefined) {
    check(named !== undefined, 'it names no device')
    return check(named === deviceId, 'it is of another device')
  }
  check(named === undefined, 'the compliance token does not name the device that it is of')
  check(subject.configured?.anyMachine === true, 'neither it nor the compliance token names a device')
  check(isBound, 'it names neither a device nor the key of the request')
}
