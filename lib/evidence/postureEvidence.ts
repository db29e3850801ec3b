import { Refusal } from '../errors/refusal.ts'
import { factsIn } from '../policy/factsIn.ts'
import type { FactName, FactReport } from '../policy/signals/factKinds.ts'
import type { PostureIssuer } from '../tenant/evidence.ts'
import { saysType } from '../token/checkKind.ts'
import { checkTimes } from '../token/checkTimes.ts'
import { type ClaimsSet, onlyAudience } from '../token/claimsSet.ts'
import { parseToken } from '../token/parseToken.ts'
import { verifySigned, type VerifySignedOptions } from '../token/verifySigned.ts'
import { checkPostureSubject } from './checkPostureSubject.ts'
import type { EvidenceOrder, TokenWord } from './evidenceOrder.ts'
import { silentFacts, withSilent } from './silentFacts.ts'
import { troubleOf } from './troubleOf.ts'

const refuse = (why: string) => new Refusal('posture-refused', `Cannot accept the posture token: ${why}.`)

/** Lists what posture tokens could tell, whoever issued them. */
const postureFacts = (issuers: readonly PostureIssuer[]): readonly FactName[] => [
  ...new Set(issuers.flatMap(({ facts }) => Object.keys(facts) as FactName[])),
]

/** The configured issuer of the token's `iss`; among several the one of its audience. */
const chooseIssuer = (claims: ClaimsSet, issuers: readonly PostureIssuer[]): PostureIssuer => {
  const candidates = issuers.filter(({ issuer }) => issuer === claims['iss'])
  const chosen = candidates.find(({ audience }) => audience === onlyAudience(claims)) ?? candidates[0]
  if (chosen) return chosen
  throw refuse('its "iss" is not one that the tenant lists')
}

/** Verifies a posture token, then checks what it says of itself, and reads what it says of the device. */
const readPosture = async (
  compact: string,
  order: EvidenceOrder,
  options: VerifySignedOptions,
): Promise<readonly FactReport[]> => {
  const parsed = parseToken(compact)
  const { header, claims } = parsed
  const issuer = chooseIssuer(claims, order.configured?.posture ?? [])
  await verifySigned(parsed, issuer, options)
  if (onlyAudience(claims) !== issuer.audience)
    throw refuse('its only "aud" is not the one that the tenant lists')
  if (issuer.tokenType !== undefined && !saysType(header, issuer.tokenType))
    throw refuse(`its "typ" is not ${issuer.tokenType}`)
  const now = order.now.getTime() / 1000
  const { maxAgeSeconds: maxTokenAgeSeconds, clockToleranceSeconds } = issuer
  const { issuedAt: at } = checkTimes(claims, now, {
    maxTokenAgeSeconds,
    clockToleranceSeconds,
    maxLifetimeSeconds: Infinity,
  })
  checkPostureSubject(claims, issuer, order)
  return factsIn(issuer.facts, claims, { source: 'posture', at, now, clockToleranceSeconds })
}

/**
 * Reads the facts that a posture token tells of the device of the request. Where it does not count, whatever the reason, all
 * that posture tokens could tell is unknown.
 * @param compact JWS compact serialization, unchecked.
 */
export const postureEvidence = async (
  compact: string,
  order: EvidenceOrder,
  options: VerifySignedOptions,
): Promise<TokenWord> => {
  const facts = postureFacts(order.configured?.posture ?? [])
  try {
    return { facts: withSilent(await readPosture(compact, order, options), facts, 'posture'), troubles: [] }
  } catch (error) {
    return { facts: silentFacts(facts, 'posture'), troubles: [troubleOf(error, 'posture')] }
  }
}
