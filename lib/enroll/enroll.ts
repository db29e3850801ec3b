import { type Authority, chainOf } from '../authority/authority.ts'
import { Refusal } from '../errors/refusal.ts'
import type { Entry } from '../ledger/record/entry.ts'
import { budgetOf } from '../deadline/deadline.ts'
import { overloaded } from '../admission/overloaded.ts'
import { decide, type Permit, refusalOf, type SignalRecord } from '../policy/decide.ts'
import { type Trace, untraced } from '../telemetry/trace.ts'
import type { Tenant } from '../tenant/tenants.ts'
import { checkKeyBinding } from '../token/checkKeyBinding.ts'
import { checkUnexpired } from '../token/checkTimes.ts'
import { type AuthenticToken, authenticateToken } from '../token/authenticateToken.ts'
import { checkToken, type VerifiedToken } from '../token/verifyToken.ts'
import { type VerifiedCsr, verifyCsr } from '../x509/verifyCsr.ts'
import { decodeCsr } from '../x509/decodeCsr.ts'
import { jwkThumbprint } from '../x509/publicKey.ts'
import { buy } from './issueOnce.ts'
import type { Services, Work } from './services.ts'
import type { Outcome } from './singleFlight.ts'
import { fraction } from './issueWithFailover.ts'
import { late } from '../deadline/late.ts'

/** One request for a certificate, as it came in. */
export interface Enrollment {
  /** The tenant of the URL, unchecked. */
  readonly tenant: string
  /** The compliance token, JWS compact serialization, unchecked. */
  readonly token: string
  /** Takes the certification request off the wire, as PEM, DER or base64: for those alone whose token is good. @throws {Refusal} */
  readonly readCsr: () => Promise<Uint8Array>
}

/** A certificate the ledger holds, with what its client needs beside it. */
export interface Enrolled extends Outcome {
  /** DER certificates between the leaf and the trust anchor. */
  readonly chain: readonly Uint8Array[]
}

/** What a refusal is recorded with, as far as the request came. */
interface Findings {
  keyHash: string
  signals: readonly SignalRecord[]
}

const tablesLate = late('tables-unavailable', 'the tables')

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

const decideFor = (token: VerifiedToken, findings: Findings): Permit => {
  const decision = decide(token)
  findings.signals = decision.signals
  if (decision.kind === 'deny') throw refusalOf(decision, token)
  return decision
}

const chainFor = (authority: Authority, { issuerId }: Entry): readonly Uint8Array[] => {
  const issuer = authority.generations.find(({ id }) => id === issuerId)
  if (issuer) return chainOf(authority, issuer)
  // Another instance has read the authority since it changed.
  throw new Refusal('issuer-unavailable', `Cannot reply: this instance does not know ${issuerId} yet.`)
}

/** Starts a look-up whose failure is looked at only when it is awaited. */
const started = <T>(promise: Promise<T>): Promise<T> => {
  promise.catch(() => undefined)
  return promise
}

/** A request whose token an issuer of the tenant signed. */
interface Authentic {
  readonly enrollment: Enrollment
  readonly tenant: Tenant
  readonly authentic: AuthenticToken
}

/** The story from the authentic token to the reply. */
const enrollAuthentic = async (
  { enrollment, tenant, authentic }: Authentic,
  work: Work,
  findings: Findings,
): Promise<Enrolled> => {
  const { ledger, denyLists, authorities, trace, budget, now } = work
  const fromTables = <T>(answer: Promise<T>) => budget.within(answer, tablesLate)
  const token = checkToken(authentic, tenant, now())
  const { facts } = token
  const lookUp = started(ledger.lookUp(facts))
  const stopped = started(denyLists.resolve(tenant.tenant))
  const csr = await trace.stage('csr', async () => verifyCsr(decodeCsr(await enrollment.readCsr())))
  findings.keyHash = csr.keyHash
  checkKeyBinding(token, () => jwkThumbprint(csr.publicKey))
  const denyList = await trace.stage('denyList', () => fromTables(stopped))
  const { upn, deviceId, tokenIssuer } = facts
  const namesDevices = tokenIssuer.deviceIdClaim !== undefined
  denyList.check({ upn, deviceId, keyHash: csr.keyHash, namesDevices }, now())
  const permit = trace.stage('decide', () => decideFor(token, findings))
  const authority = await fromTables(authorities.resolveForIssuing(tenant.tenant))
  const spent = await trace.stage('lookUp', () => fromTables(lookUp))
  if (!spent) checkUnexpired(facts.expiresAt, now().getTime() / 1000)
  const evidence = { tenant, authority, csr, permit }
  const outcome = spent ? { entry: spent, created: false } : await buy(evidence, denyList, work)
  if (!outcome.created) {
    checkSpentOn(outcome.entry, csr, now())
    checkUntainted(authority, outcome.entry)
  }
  return { ...outcome, chain: chainFor(authority, outcome.entry) }
}

/** Whether a request was refused for what it is, and not for what the service could not do. */
const isDecision = (error: unknown): error is Refusal =>
  error instanceof Refusal && error.status < 500 && error.status !== 429

/** Records a refusal for auditors, as far as that can be done now. */
const recordRefusal = async (
  { code, detail }: Refusal,
  { tenant, authentic }: Authentic,
  { trace, budget, refusals, now, ...findings }: Work & Findings,
): Promise<void> => {
  const { issuer: tokenIssuer, ...identity } = authentic.identity
  const { keyHash, signals } = findings
  const { invocationId } = trace
  const known = { ...identity, tokenIssuer, keyHash, signals, invocationId, revision: tenant.number }
  const record = () => refusals.record(tenant.tenant, { at: now(), code, detail, ...known })
  // Where the time is over, nobody waits for the record any more; it may be made all the same.
  await trace.stage('refusal', () => budget.within(record(), tablesLate).catch(() => undefined))
}

/**
 * The story of one certificate, from the token to the ledger.
 *
 * Cheap checks come before expensive ones, the ledger is asked while the CSR is verified, nothing is signed for a
 * spent token, and nothing leaves that the ledger does not hold.
 * @throws {Refusal} those of verifyToken(), verifyCsr(), checkKeyBinding(), refusalOf(), prepare() and issue();
 *   `tenant-unknown`, `denied`, `token-spent`, `token-replayed`, `issuer-unavailable`, `tables-unavailable`, `overloaded`
 *   or `subject-busy`
 */
export const enroll = async (
  enrollment: Enrollment,
  services: Services,
  trace: Trace = untraced,
): Promise<Enrolled> => {
  const { tenants, keys, turns, times, clock, metrics, random } = services
  const budget = budgetOf(times.requestMilliseconds, clock)
  const tenant = await trace.stage('tenant', () =>
    budget.within(tenants.resolve(enrollment.tenant), tablesLate),
  )
  trace.tenant(tenant.tenant)
  const busy = () => overloaded('too many tokens wait to be verified', fraction(random))
  const takeTurn = () => budget.within(turns.take(tenant.tenant), busy)
  await trace.stage('turn', takeTurn)
  const keysLate = late('token-keys-unavailable', 'the token issuer')
  const authentic = await trace.stage('token', () =>
    budget.within(authenticateToken(enrollment.token, tenant, { keys, afterWait: takeTurn }), keysLate),
  )
  const findings: Findings = { keyHash: '', signals: [] }
  const work = { ...services, trace, budget }
  try {
    const enrolled = await enrollAuthentic({ enrollment, tenant, authentic }, work, findings)
    metrics.issued(tenant.tenant, { created: enrolled.created })
    if (enrolled.created) trace.signed(enrolled.entry)
    return enrolled
  } catch (error) {
    if (isDecision(error))
      await recordRefusal(error, { enrollment, tenant, authentic }, { ...work, ...findings })
    throw error
  }
}
