import { waitsOf } from '../admission/places.ts'
import { type Authority, chainOf } from '../authority/authority.ts'
import { type Deadline, tablesLate } from '../deadline/deadline.ts'
import { Refusal } from '../errors/refusal.ts'
import type { Entry } from '../ledger/record/entry.ts'
import type { LedgerKey } from '../ledger/record/ledgerKey.ts'
import type { Trace } from '../telemetry/trace.ts'
import type { Tenant } from '../tenant/tenants.ts'
import type { VerifiedToken } from '../token/verifyToken.ts'
import type { VerifiedCsr } from '../x509/verifyCsr.ts'
import type { Services } from './services.ts'
import type { Outcome } from './singleFlight.ts'

/** Finds the authority whose issuers may sign. */
export const resolveAuthority = async (
  { tenant, deadline }: { readonly tenant: Tenant; readonly deadline: Deadline },
  { authorities, places }: Services,
) => ({ authority: await authorities.resolveForIssuing(tenant.tenant, waitsOf(deadline, places).wait) })

/** How far back Entra dates its tokens. */
const entraBackdatesSeconds = 300

/** Tells whether a token is young, of each that is used. */
export type Youth = (token: VerifiedToken) => boolean

/**
 * Tells whether a token is so young that nobody waited for its certificate in vain: the time of a request has not passed
 * since it was issued. Where the clocks of its issuer and of this instance differ by more, it does not count as young. A
 * token that was used before it does is no longer remembered once it does: until then, none of its issuer counts.
 */
export const openYouth = (
  mostMilliseconds: number,
  { now, clock }: Pick<Services, 'now' | 'clock'>,
): Youth => {
  /** By token issuer. */
  const earlyUntil = new Map<string, number>()
  return ({ facts: { tenant, issuer, issuedAt, tokenIssuer } }) => {
    const backdatedSeconds = tokenIssuer.kind === 'entra' ? entraBackdatesSeconds : 0
    const age = now().getTime() - (issuedAt + backdatedSeconds) * 1000
    const name = `${tenant} ${issuer}`
    const until = earlyUntil.get(name) ?? Number.NEGATIVE_INFINITY
    if (age <= -mostMilliseconds) earlyUntil.set(name, Math.max(until, clock() - age + mostMilliseconds))
    return Math.abs(age) < mostMilliseconds && clock() >= until
  }
}

interface LookingUp {
  readonly token: VerifiedToken
  readonly row: LedgerKey
  readonly deadline: Deadline
  readonly trace: Trace
  /** Whether this instance surely recorded nothing for the token, as far as it remembers. */
  readonly isUnseen: boolean
}

/**
 * Looks up what the token bought before. Recording finds it too: looking it up first spares a signature. A young token that
 * this instance has not seen bought nothing but in a race, or where it is replayed at another instance; it is not looked up.
 */
export const lookUpToken = async (asked: LookingUp, services: Services): Promise<Entry | undefined> => {
  const { token, row, deadline, trace, isUnseen } = asked
  if (services.isYoung(token) && isUnseen) return undefined
  const lookUp = () => deadline.within(services.ledger.lookUp(row, deadline.signal), tablesLate)
  return trace.stage('lookUp', lookUp)
}

/** The recorded certificate of an issuer that is distrusted since is no use to anybody. */
const checkUntainted = ({ generations }: Authority, { issuerId }: Entry): void => {
  if (generations.find(({ id }) => id === issuerId)?.state !== 'tainted') return
  throw new Refusal(
    'token-spent',
    'Cannot enroll: the token was spent, and the issuer of its certificate is distrusted since.',
  )
}

/** A spent token is good for the certificate it bought, with the key it was bought for, until that is due for renewal. */
const checkSpentOn = (entry: Entry, { keyHash }: VerifiedCsr, now: Date): void => {
  if (entry.keyHash !== keyHash) {
    throw new Refusal('token-replayed', 'Cannot enroll: the token was spent on another key.')
  }
  if (now >= entry.renewalStart) {
    throw new Refusal(
      'token-spent',
      'Cannot enroll: the token was spent, and its certificate is due for renewal.',
    )
  }
}

const chainFor = (authority: Authority, { issuerId }: Entry): readonly Uint8Array[] => {
  const issuer = authority.generations.find(({ id }) => id === issuerId)
  if (issuer) return chainOf(authority, issuer)
  // Another instance has read the authority since it changed.
  throw new Refusal('issuer-unavailable', `Cannot reply: this instance does not know ${issuerId} yet.`)
}

interface Bought {
  readonly outcome: Outcome
  readonly authority: Authority
  readonly csr: VerifiedCsr
}

/** Checks that a certificate which the token bought before is for this key and still good; finds the chain of either. */
export const checkOutcome = ({ outcome: { created, entry }, authority, csr }: Bought, { now }: Services) => {
  if (!created) {
    checkSpentOn(entry, csr, now())
    checkUntainted(authority, entry)
  }
  return { chain: chainFor(authority, entry) }
}
