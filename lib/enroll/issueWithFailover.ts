import type { Deadline } from '../deadline/deadline.ts'
import { Refusal } from '../errors/refusal.ts'
import { issue, type Issued } from '../issuance/issue.ts'
import { type Evidence, issuersFor, prepare } from '../issuance/prepare.ts'
import type { Services } from './services.ts'

const isSignerOutage = (error: unknown): boolean =>
  error instanceof Refusal && error.code === 'signer-unavailable'

/** Tells clients that were turned away together to come again at different times. */
const noneSigned = (cause: unknown, chance: number): Refusal =>
  new Refusal('signer-unavailable', 'Cannot enroll: no issuer of the tenant could sign.', {
    cause,
    retryAfterSeconds: 2 + Math.round(6 * chance),
  })

/**
 * Prepares and signs with one issuer after the other, until one signs or what is left of the time is needed for
 * recording. Each attempt is a certificate of its own: what an issuer may have signed all the same is never released.
 * @throws {Refusal} `signer-unavailable`, and those of issuersFor() and prepare()
 */
export const issueWithFailover = async (
  evidence: Evidence,
  now: Date,
  deadline: Deadline,
  { signers, random, chance, uuid, times }: Services,
): Promise<Issued> => {
  const { signMilliseconds, recordMilliseconds } = times
  let failure: unknown
  for (const [index, issuer] of signers.order(issuersFor(evidence, now), chance()).entries()) {
    // No issuer is asked that may answer too late, but the second always is: the first may have been probed.
    const least = recordMilliseconds + (index < 2 ? 0 : signMilliseconds)
    if (deadline.remaining() <= least) break
    try {
      const prepared = prepare(evidence, issuer, { now, random })
      const requestId = uuid()
      const time = { milliseconds: signMilliseconds, reserveMilliseconds: recordMilliseconds }
      return await issue(prepared, signers, { requestId, deadline: deadline.part(time) })
    } catch (error) {
      if (!isSignerOutage(error)) throw error
      failure = error
    }
  }
  throw noneSigned(failure ?? new Error('The time of the request is over.'), chance())
}
