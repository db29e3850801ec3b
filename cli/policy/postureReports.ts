import { Refusal } from '../../lib/errors/refusal.ts'
import { readInput } from '../../lib/files/readInput.ts'
import { factsIn } from '../../lib/policy/factsIn.ts'
import type { FactReport } from '../../lib/policy/signals/factKinds.ts'
import type { Configuration } from '../../lib/tenant/configuration.ts'
import type { PostureIssuer } from '../../lib/tenant/evidence.ts'
import { type ClaimsSet, onlyAudience } from '../../lib/token/claimsSet.ts'
import { parseToken } from '../../lib/token/parseToken.ts'
import { parseTokenText } from '../../client/token/parseTokenText.ts'

/** Reads the claims of a posture token, which is not verified. @throws {Refusal} `usage-wrong` or `token-malformed` */
export const readPosture = (file: string | undefined): ClaimsSet | undefined =>
  file === undefined ? undefined : parseToken(parseTokenText(readInput(file), file)).claims

const issuerOf = (claims: ClaimsSet, issuers: readonly PostureIssuer[]): PostureIssuer => {
  const found = issuers.find(
    ({ issuer, audience }) => issuer === claims['iss'] && audience === onlyAudience(claims),
  )
  if (found) return found
  throw new Refusal(
    'usage-wrong',
    'Cannot ask what if: the posture token of --posture-file is of no issuer and audience that the tenant lists.',
  )
}

/**
 * Reads what a posture token says of facts by the mapping of its issuer, whatever device it is of.
 * @param now seconds since 1970.
 * @throws {Refusal} `usage-wrong`
 */
export const postureReports = (
  claims: ClaimsSet | undefined,
  { evidence }: Pick<Configuration, 'evidence'>,
  now: number,
): readonly FactReport[] => {
  if (claims === undefined) return []
  const { facts, clockToleranceSeconds } = issuerOf(claims, evidence?.posture ?? [])
  const issuedAt = claims['iat']
  const at = typeof issuedAt === 'number' ? issuedAt : now
  return factsIn(facts, claims, { source: 'posture', at, now, clockToleranceSeconds })
}
