import type { Authorities } from '../authority/authority.ts'
import type { SignerPool } from '../authority/sign/signerPool.ts'
import type { Ledger } from '../ledger/record/ledger.ts'
import type { Refusals } from '../ledger/record/refusals.ts'
import type { Budget } from '../deadline/budget.ts'
import type { Slots } from '../admission/slots.ts'
import type { Turns } from '../admission/turns.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Trace } from '../telemetry/trace.ts'
import type { WastedSignature } from '../telemetry/wastedSignature.ts'
import type { DenyLists } from '../tenant/denyList.ts'
import type { Tenants } from '../tenant/tenants.ts'
import type { KeySets } from '../token/keySets.ts'
import type { Flights } from './flights.ts'
import type { RequestTimes } from '../deadline/requestTimes.ts'

/** What enrolling works with. */
export interface Enrolling {
  readonly tenants: Tenants
  readonly keys: KeySets
  readonly denyLists: DenyLists
  readonly authorities: Authorities
  readonly ledger: Ledger
  readonly refusals: Refusals
  readonly signers: SignerPool
  /** Before a token is verified: strangers wait here for each other. */
  readonly turns: Turns
  /** Before a certificate is signed. */
  readonly slots: Slots
  readonly flights: Flights
  readonly times: RequestTimes
  readonly metrics: Metrics
  readonly onWasted: (wasted: WastedSignature) => void
  readonly now: () => Date
  /** Milliseconds of a monotonic clock. */
  readonly clock: () => number
  /** Cryptographically random octets. */
  readonly random: (octets: number) => Uint8Array
  readonly uuid: () => string
}

/** What enrolling works with, and what belongs to one request alone. */
export interface Work extends Enrolling {
  readonly trace: Trace
  readonly budget: Budget
}
