import { Refusal } from '../errors/refusal.ts'
import type { ClaimPath } from '../tenant/factMapping.ts'
import { nilUuid, parseUuid } from '../text/parseUuid.ts'
import { type ClaimsSet, claimAt } from '../token/claimsSet.ts'

/**
 * Reads which device a token about devices names, by the claim where its issuer does so.
 * @returns a UUID in lower case; undefined where it names none.
 * @throws {Refusal} `token-claim-invalid`: what is no UUID may be the name of another device.
 */
export const namedDevice = (claims: ClaimsSet, claim: ClaimPath | undefined): string | undefined => {
  const value = claim === undefined ? undefined : claimAt(claims, claim)
  if (value === undefined) return undefined
  const deviceId = typeof value === 'string' ? parseUuid(value) : undefined
  if (deviceId !== undefined) return deviceId === nilUuid ? undefined : deviceId
  throw new Refusal(
    'token-claim-invalid',
    'Cannot accept the token: what it names the device by is not a UUID.',
  )
}
