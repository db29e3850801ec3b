import type { Place } from '../admission/places.ts'
import { type Deadline, late, openDeadline, tablesLate } from '../deadline/deadline.ts'
import type { Issued } from '../issuance/issue.ts'
import type { Evidence } from '../issuance/prepare.ts'
import type { Entry } from '../ledger/record/entry.ts'
import type { LedgerKey } from '../ledger/record/ledgerKey.ts'
import { renewalPercent } from '../profile/renewalPercent.ts'
import type { Trace } from '../telemetry/trace.ts'
import type { DenyList } from '../tenant/denyList.ts'
import { checkUnexpired } from '../token/checkTimes.ts'
import { issueWithFailover } from './issueWithFailover.ts'
import { lookUpToken } from './lookUpToken.ts'
import type { Services } from './services.ts'
import type { Outcome } from './singleFlight.ts'

/** When a client renews, as RFC 9773 suggests windows; both ends inclusive. */
export interface RenewalWindow {
  readonly start: Date
  readonly end: Date
}

const earliest = renewalPercent.earliest / 100
const latest = renewalPercent.latest / 100
const width = 0.1

const wholeSecond = (milliseconds: number) => new Date(Math.floor(milliseconds / 1000) * 1000)

/**
 * Suggests a window of a tenth of the life between 55 % and 80 % of it, placed at random, so that clients that
 * enrolled in one moment do not renew in one.
 * @param chance from 0 to 1.
 */
export const renewalWindow = (issuedAt: Date, notAfter: Date, chance: number): RenewalWindow => {
  const life = notAfter.getTime() - issuedAt.getTime()
  const start = earliest + chance * (latest - earliest - width)
  return {
    start: wholeSecond(issuedAt.getTime() + life * start),
    end: wholeSecond(issuedAt.getTime() + life * (start + width)),
  }
}

/** All that one signature rests on, and where it is recorded. */
interface Order extends Evidence, Place {
  readonly row: LedgerKey
  readonly denyList: DenyList
  readonly deadline: Deadline
  readonly trace: Trace
}

const entryOf = (
  { csr, permit, tenant, denyList, trace }: Order,
  { validity, ...signed }: Issued,
  { issuedAt, chance }: { readonly issuedAt: Date; readonly chance: number },
): Entry => {
  const { facts } = permit.token
  const renewal = renewalWindow(issuedAt, validity.notAfter, chance)
  return {
    ...signed,
    ...validity,
    keyHash: csr.keyHash,
    issuedAt,
    renewalStart: renewal.start,
    renewalEnd: renewal.end,
    invocationId: trace.invocationId,
    upn: facts.upn,
    deviceId: facts.deviceId ?? '',
    tokenIssuer: facts.issuer,
    subject: facts.subject,
    tokenId: facts.tokenId,
    client: facts.client,
    tokenIssuedAt: new Date(facts.issuedAt * 1000),
    tokenExpiresAt: new Date(facts.expiresAt * 1000),
    proof: permit.decision.proof,
    policy: permit.decision.permittedBy.id,
    signals: permit.signals,
    revision: tenant.number,
    denyList: denyList.number,
  }
}

/**
 * Prepares, signs once, and records, unless the token expired while the ledger or another request was waited for. Whoever
 * loses a race holds the winner's certificate; a request id of our own in the row means that we were the winner, even if
 * the insert had to be repeated.
 */
const issueAndRecord = async (order: Order, services: Services): Promise<Outcome> => {
  const { trace, deadline, row, permit } = order
  const { ledger, chance, onWasted, now } = services
  const issuedAt = now()
  checkUnexpired(permit.token.facts.expiresAt, issuedAt.getTime() / 1000)
  const issued = await trace.stage('sign', () => issueWithFailover(order, issuedAt, deadline, services))
  const ours = entryOf(order, issued, { issuedAt, chance: chance() })
  const { issuerId: issuer, requestId, vaultRequestId } = ours
  const wasted = { tenant: order.tenant.tenant, issuer, requestId, vaultRequestId }
  const record = () => deadline.within(ledger.record(row, ours, deadline.signal), tablesLate)
  const entry = await trace.stage('record', record).catch((error: unknown) => {
    onWasted({ ...wasted, reason: 'not recorded' })
    throw error
  })
  const created = entry.requestId === requestId
  if (!created) onWasted({ ...wasted, reason: 'race lost' })
  return { entry, created }
}

/** Gives what the token bought, where it may have, or issues for it. */
const lookUpOrIssue = async (order: Order, isUnseen: boolean, services: Services): Promise<Outcome> => {
  const spentOn = await lookUpToken({ ...order, token: order.permit.token, isUnseen }, services)
  if (spentOn) return { entry: spentOn, created: false }
  const written = services.places.write(order.holder)
  try {
    return await issueAndRecord(order, services)
  } finally {
    written()
  }
}

/**
 * Gives what the token bought before, or issues for it: one request a token at a time, with a time of its own, because
 * others may wait for it.
 */
export const issueOnce = async (order: Order, services: Services) => {
  const { row, deadline } = order
  const { flights, times, clock } = services
  const issue = (isUnseen: boolean): Promise<Outcome> =>
    lookUpOrIssue({ ...order, deadline: openDeadline(times.requestMilliseconds, clock) }, isUnseen, services)
  const tooLate = late('signer-unavailable', 'the issuers')
  const follow = (outcome: Promise<Outcome>) => deadline.within(outcome, tooLate)
  // What is one token is for the ledger to say: whoever shares a flight shares a row.
  return { outcome: await flights.once(`${row.table}/${row.partition}/${row.row}`, issue, follow) }
}
