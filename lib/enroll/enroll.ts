import { type Deadline, openDeadline } from '../deadline/deadline.ts'
import type { PresentedEvidence } from '../evidence/evidenceOrder.ts'
import { type Trace, untraced } from '../telemetry/trace.ts'
import { authenticate, enterPlace, findTenant } from './authenticate.ts'
import { checkBinding, checkClaims, checkDenied, takeBody } from './checkClaims.ts'
import { checkPermitted, decideOn, gatherDevice } from './decideOn.ts'
import { issueOnce } from './issueOnce.ts'
import { checkOutcome, resolveAuthority } from './lookUpToken.ts'
import { recordRefusal } from './recordRefusal.ts'
import type { Services } from './services.ts'
import type { Outcome } from './singleFlight.ts'
import { storyFrom } from './story.ts'

/** What the body of a request holds, unchecked. */
export interface EnrollmentBody extends PresentedEvidence {
  /** The certification request, as PEM, DER or base64. */
  readonly csr: Uint8Array
}

/** One request for a certificate, as it came in. */
export interface Enrollment {
  /** The tenant of the URL, unchecked. */
  readonly tenant: string
  /** The compliance token, JWS compact serialization, unchecked. */
  readonly token: string
  /** The address of the client; undefined where nothing that can be trusted tells it. */
  readonly clientIp?: string | undefined
  /** Takes the body off the wire: for those alone whose token is good. @throws {Refusal} */
  readonly readBody: () => Promise<EnrollmentBody>
}

/** The request as its steps see it at first. */
export interface Asked {
  readonly enrollment: Enrollment
  readonly deadline: Deadline
  readonly trace: Trace
}

/** A certificate the ledger holds, with what its client needs beside it. */
export interface Enrolled extends Outcome {
  /** DER certificates between the leaf and the trust anchor. */
  readonly chain: readonly Uint8Array[]
}

/** Lets a request in. Whoever has not proven anything costs no row, waits for nobody's keys but few at once, and is not recorded. */
const admission = storyFrom<Asked>()
  .step('tenant', findTenant)
  .step('token', authenticate)
  .step('place', enterPlace)

/** A request whose token an issuer of the tenant signed. */
export type Authentic = Awaited<ReturnType<typeof admission.tell>>

/** Makes the certificate. Cheap checks come before expensive ones. */
const issuance = storyFrom<Authentic>()
  .step('claims', checkClaims)
  .step('csr', takeBody)
  .step('binding', checkBinding)
  .step('denyList', checkDenied)
  .step('gather', gatherDevice)
  .step('decide', decideOn)
  .step('permit', checkPermitted)
  .step('authority', resolveAuthority)
  .step('issue', issueOnce)
  .step('outcome', checkOutcome)

/** A request that was refused somewhere in its issuance, with all that its steps had found. */
export type Refused = Authentic & Partial<Awaited<ReturnType<typeof issuance.tell>>>

/**
 * The story of one certificate, from the token to the ledger: nothing is signed for a spent token, and nothing leaves that
 * the ledger does not hold.
 * @param at the time that the request has, and what follows it.
 * @throws {Refusal} those of verifyToken(), verifyCsr(), checkKeyBinding(), denialRefusal(), prepare() and issue();
 *   `tenant-unknown`, `denied`, `token-spent`, `token-replayed`, `issuer-unavailable`, `tables-unavailable`, `overloaded`
 *   or `subject-busy`
 */
export const enroll = async (
  enrollment: Enrollment,
  services: Services,
  at: Partial<Omit<Asked, 'enrollment'>> = {},
): Promise<Enrolled> => {
  const { metrics, times, clock } = services
  const { trace = untraced, deadline = openDeadline(times.requestMilliseconds, clock) } = at
  const authentic = await admission.tell({ enrollment, trace, deadline }, services)
  try {
    const refuse = (error: unknown, known: Refused) => recordRefusal(error, known, services)
    const { tenant, outcome, chain } = await issuance.tell(authentic, services, refuse)
    metrics.issued(tenant.tenant, { created: outcome.created })
    if (outcome.created) trace.signed(outcome.entry)
    return { ...outcome, chain }
  } finally {
    authentic.leave()
  }
}
