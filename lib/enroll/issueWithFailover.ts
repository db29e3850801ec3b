import type { SignerPool } from '../authority/sign/signerPool.ts'
import { Refusal } from '../errors/refusal.ts'
import { issue, type Issued } from '../issuance/issue.ts'
import { type Evidence, issuersFor, prepare } from '../issuance/prepare.ts'
import type { Budget } from '../deadline/deadline.ts'
import type { RequestTimes } from '../deadline/requestTimes.ts'
import type { WastedSignature } from '../telemetry/wastedSignature.ts'

/** What signing works with. */
export interface Signing {
  readonly signers: SignerPool
  readonly budget: Budget
  readonly times: RequestTimes
  readonly random: (octets: number) => Uint8Array
  readonly uuid: () => string
  /** Told of what was signed when nobody waited for it any more; of issuers that failed the pool tells. */
  readonly onWasted: (wasted: WastedSignature) => void
}

/** A random fraction from 0 to 1, from four octets. */
export const fraction = (random: Signing['random']): number =>
  Buffer.from(random(4)).readUInt32BE() / 0xffff_ffff

const isSignerOutage = (error: unknown): boolean =>
  error instanceof Refusal && error.code === 'signer-unavailable'

/** Clients that were turned away together do not come again together. */
const noneSigned = (cause: unknown, chance: number): Refusal =>
  new Refusal('signer-unavailable', 'Cannot enroll: no issuer of the tenant could sign.', {
    cause,
    retryAfterSeconds: 2 + Math.round(6 * chance),
  })

/**
 * Prepares and signs with one issuer after the other, until one signs or the time is over. Each attempt is a certificate
 * of its own: what an issuer may have signed all the same is never released.
 * @throws {Refusal} `signer-unavailable`, and those of issuersFor() and prepare()
 */
export const issueBySome = async (evidence: Evidence, now: Date, signing: Signing): Promise<Issued> => {
  const { random, signers, uuid, budget, times, onWasted } = signing
  const { signMilliseconds, recordMilliseconds } = times
  let failure: unknown
  const late = () => noneSigned(failure ?? new Error('The time of the request is over.'), fraction(random))
  const waste = ({ issuerId: issuer, requestId, vaultRequestId }: Issued) =>
    onWasted({ tenant: evidence.tenant.tenant, issuer, requestId, vaultRequestId, reason: 'no answer' })
  const issuers = signers.order(issuersFor(evidence, now), fraction(random))
  for (const [index, issuer] of issuers.entries()) {
    // No issuer is asked that may answer too late, but the second always is: the first may have been probed.
    const least = recordMilliseconds + (index < 2 ? 0 : signMilliseconds)
    if (budget.remaining() <= least) throw late()
    try {
      const prepared = prepare(evidence, issuer, { now, random })
      const signed = issue(prepared, signers, uuid())
      const abandon = () => {
        signed.then(waste, () => undefined)
        return late()
      }
      return await budget.within(signed, abandon, recordMilliseconds)
    } catch (error) {
      if (!isSignerOutage(error)) throw error
      failure = error
    }
  }
  throw noneSigned(failure, fraction(random))
}
