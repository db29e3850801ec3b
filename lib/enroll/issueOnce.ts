import type { Issued } from '../issuance/issue.ts'
import type { Evidence } from '../issuance/prepare.ts'
import type { Entry } from '../ledger/record/entry.ts'
import { ledgerKey } from '../ledger/record/ledgerKey.ts'
import { hashParts } from '../store/hashParts.ts'
import type { DenyList } from '../tenant/denyList.ts'
import type { Work } from './services.ts'
import type { Outcome } from './singleFlight.ts'
import { fraction, issueBySome } from './issueWithFailover.ts'
import { late } from '../deadline/late.ts'
import { renewalWindow } from './renewal.ts'

/** What was issued, and on what it rests. */
interface Bought {
  readonly issued: Issued
  readonly evidence: Evidence
  readonly denyList: DenyList
  readonly now: Date
  /** A random number from 0 to 1. */
  readonly chance: number
  readonly invocationId: string
}

const entryOf = ({ issued, evidence, denyList, now, chance, invocationId }: Bought): Entry => {
  const { csr, permit, tenant } = evidence
  const { facts } = permit.token
  const { validity, ...signed } = issued
  const renewal = renewalWindow(now, validity.notAfter, chance)
  return {
    ...signed,
    ...validity,
    keyHash: csr.keyHash,
    issuedAt: now,
    renewalStart: renewal.start,
    renewalEnd: renewal.end,
    invocationId,
    upn: facts.upn,
    deviceId: facts.deviceId ?? '',
    tokenIssuer: facts.issuer,
    subject: facts.subject,
    tokenId: facts.tokenId,
    client: facts.client,
    tokenIssuedAt: new Date(facts.issuedAt * 1000),
    tokenExpiresAt: new Date(facts.expiresAt * 1000),
    proof: permit.proof,
    signals: permit.signals,
    revision: tenant.number,
    denyList: denyList.number,
  }
}

/**
 * Prepares, signs once, and records. Whoever loses a race holds the winner's certificate; a request
 * id of our own in the row means that we were the winner, even if the insert had to be repeated.
 */
const issueAndRecord = async (
  evidence: Evidence,
  denyList: DenyList,
  { trace, budget, ledger, signers, random, uuid, onWasted, times, now }: Work,
): Promise<Outcome> => {
  const at = now()
  const issued = await trace.stage('sign', () =>
    issueBySome(evidence, at, { signers, budget, random, uuid, times, onWasted }),
  )
  const chance = fraction(random)
  const ours = entryOf({ issued, evidence, denyList, now: at, chance, invocationId: trace.invocationId })
  const { issuerId: issuer, requestId, vaultRequestId } = ours
  const wasted = { tenant: evidence.tenant.tenant, issuer, requestId, vaultRequestId }
  const entry = await trace
    .stage('record', () =>
      budget.within(
        ledger.record(evidence.permit.token.facts, ours),
        late('tables-unavailable', 'the tables'),
      ),
    )
    .catch((error: unknown) => {
      onWasted({ ...wasted, reason: 'not recorded' })
      throw error
    })
  const created = entry.requestId === requestId
  if (!created) onWasted({ ...wasted, reason: 'race lost' })
  return { entry, created }
}

/** Issues for an unspent token: one request a token at a time, in a slot of its tenant. */
export const buy = (evidence: Evidence, denyList: DenyList, work: Work): Promise<Outcome> => {
  const { slots, flights, trace, budget, times } = work
  const { facts } = evidence.permit.token
  const { tenant, issuer, subject } = facts
  // What is one token is for the ledger to say: whoever shares a flight shares a row.
  const { table, partition, row } = ledgerKey(facts)
  const issueInSlot = async (): Promise<Outcome> => {
    const longest = Math.max(0, budget.remaining() - times.signMilliseconds - times.recordMilliseconds)
    const holder = { tenant, subject: hashParts(tenant, issuer, subject) }
    const release = await trace.stage('slot', () => slots.acquire(holder, longest))
    try {
      return await issueAndRecord(evidence, denyList, work)
    } finally {
      release()
    }
  }
  const bought = flights.once(`${table}/${partition}/${row}`, issueInSlot)
  return budget.within(bought, late('signer-unavailable', 'the issuers'))
}
