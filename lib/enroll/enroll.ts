import { type Authorities, type Authority, chainOf } from '../authority/authority.ts'
import { signMilliseconds, type SignerPool } from '../authority/signerPool.ts'
import { Refusal } from '../errors/refusal.ts'
import { issue, type Issued } from '../issuance/issue.ts'
import { type Evidence, issuersFor, prepare } from '../issuance/prepare.ts'
import type { Entry, Ledger } from '../ledger/ledger.ts'
import { decide, refusalOf } from '../policy/decide.ts'
import type { Tenants } from '../tenant/tenants.ts'
import { checkKeyBinding } from '../token/checkKeyBinding.ts'
import { checkUnexpired } from '../token/checkTimes.ts'
import type { KeySets } from '../token/keySets.ts'
import { type VerifiedToken, verifyToken } from '../token/verifyToken.ts'
import { type CsrEncoding, decodeCsr, type VerifiedCsr, verifyCsr } from '../x509/csr.ts'
import { jwkThumbprint } from '../x509/publicKey.ts'
import { renewalWindow } from './renewal.ts'

/** One request for a certificate, as it came in. */
export interface Enrollment {
  /** The tenant of the URL, unchecked. */
  readonly tenant: string
  /** The compliance token, JWS compact serialization, unchecked. */
  readonly token: string
  readonly csrEncoding: CsrEncoding
  readonly csr: Uint8Array
}

/** What enrolling works with. */
export interface Enrolling {
  readonly tenants: Tenants
  readonly keys: KeySets
  readonly authorities: Authorities
  readonly ledger: Ledger
  readonly signers: SignerPool
  readonly now: () => Date
  /** Cryptographically random octets. */
  readonly random: (octets: number) => Uint8Array
  readonly uuid: () => string
}

interface Outcome {
  /** False when an earlier request bought the certificate with this token and key. */
  readonly created: boolean
  readonly entry: Entry
}

/** A certificate the ledger holds, with what its client needs beside it. */
export interface Enrolled extends Outcome {
  /** DER certificates between the leaf and the trust anchor. */
  readonly chain: readonly Uint8Array[]
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

/** A random fraction from 0 to 1, from four octets. */
const fraction = (random: Enrolling['random']): number => Buffer.from(random(4)).readUInt32BE() / 0xffff_ffff

const entryOf = (
  issued: Issued,
  { csr, permit, tenant }: Evidence,
  chosen: { now: Date; chance: number },
): Entry => {
  const { validity, ...signed } = issued
  const renewal = renewalWindow(chosen.now, validity.notAfter, chosen.chance)
  return {
    ...signed,
    ...validity,
    keyHash: csr.keyHash,
    issuedAt: chosen.now,
    renewalStart: renewal.start,
    renewalEnd: renewal.end,
    upn: permit.token.facts.upn,
    deviceId: permit.token.facts.deviceId ?? '',
    proof: permit.proof,
    revision: tenant.number,
  }
}

const isSignerOutage = (error: unknown): boolean =>
  error instanceof Refusal && error.code === 'signer-unavailable'

/** Clients that were turned away together do not come again together. */
const noneSigned = (cause: unknown, chance: number): Refusal =>
  new Refusal('signer-unavailable', 'Cannot enroll: no issuer of the tenant could sign.', {
    cause,
    retryAfterSeconds: 2 + Math.round(6 * chance),
  })

/** How long issuers are asked before the client is told to come again: two that do not answer, in milliseconds. */
const signingMilliseconds = 2 * signMilliseconds + 500

/**
 * Prepares and signs with one issuer after the other, until one signs. Each attempt is a certificate of its own: what
 * an issuer may have signed all the same is never released.
 */
const issueBySome = async (evidence: Evidence, enrolling: Enrolling, now: Date): Promise<Issued> => {
  const { random, signers, uuid } = enrolling
  const deadline = enrolling.now().getTime() + signingMilliseconds
  const issuers = signers.order(issuersFor(evidence, now), fraction(random))
  for (const [index, issuer] of issuers.entries()) {
    try {
      return await issue(prepare(evidence, issuer, { now, random }), signers, uuid())
    } catch (error) {
      // No issuer is asked that may answer too late, but the second always is: the first may have been probed.
      const isLate = index > 0 && enrolling.now().getTime() + signMilliseconds > deadline
      const isLast = index === issuers.length - 1 || isLate
      if (!isSignerOutage(error)) throw error
      if (isLast) throw noneSigned(error, fraction(random))
    }
  }
  throw new Error('The pool knows no issuer.')
}

/**
 * Prepares, signs once, and records. Whoever loses a race holds the winner's certificate; a request
 * id of our own in the row means that we were the winner, even if the insert had to be repeated.
 */
const issueAndRecord = async (evidence: Evidence, enrolling: Enrolling, now: Date): Promise<Outcome> => {
  const { random, ledger } = enrolling
  const issued = await issueBySome(evidence, enrolling, now)
  const ours = entryOf(issued, evidence, { now, chance: fraction(random) })
  const entry = await ledger.record(evidence.permit.token.facts, ours)
  const created = entry.requestId === ours.requestId
  if (!created) {
    checkSpentOn(entry, evidence.csr, now)
    checkUntainted(evidence.authority, entry)
  }
  return { entry, created }
}

const decideFor = (token: VerifiedToken) => {
  const decision = decide(token)
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

/**
 * The story of one certificate, from the token to the ledger.
 *
 * Cheap checks come before expensive ones, the ledger is asked while the CSR is verified, nothing is signed for a
 * spent token, and nothing leaves that the ledger does not hold.
 * @throws {Refusal} those of verifyToken(), verifyCsr(), checkKeyBinding(), refusalOf(), prepare() and issue();
 *   `tenant-unknown`, `token-spent`, `token-replayed`, `issuer-unavailable` or `tables-unavailable`
 */
export const enroll = async (enrollment: Enrollment, enrolling: Enrolling): Promise<Enrolled> => {
  const { tenants, keys, authorities, ledger, now } = enrolling
  const tenant = await tenants.resolve(enrollment.tenant)
  const token = await verifyToken(enrollment.token, tenant, { keys, now: now() })
  const lookUp = started(ledger.lookUp(token.facts))
  const csr = verifyCsr(decodeCsr(enrollment.csrEncoding, enrollment.csr))
  checkKeyBinding(token, () => jwkThumbprint(csr.publicKey))
  const permit = decideFor(token)
  const authority = await authorities.resolveForIssuing(tenant.tenant)
  const spent = await lookUp
  const at = now()
  if (spent) checkSpentOn(spent, csr, at)
  else checkUnexpired(token.facts.expiresAt, at.getTime() / 1000)
  const evidence = { tenant, authority, csr, permit }
  if (spent) checkUntainted(authority, spent)
  const outcome = spent ? { entry: spent, created: false } : await issueAndRecord(evidence, enrolling, at)
  return { ...outcome, chain: chainFor(authority, outcome.entry) }
}
