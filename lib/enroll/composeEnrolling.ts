import { authoritiesOf } from '../authority/authority.ts'
import { signerPool, type SignerPoolOptions } from '../authority/sign/signerPool.ts'
import type { SignerSource } from '../keys/signer.ts'
import { ledgerOf } from '../ledger/record/ledger.ts'
import { refusalsOf } from '../ledger/record/refusals.ts'
import { requestTimes, type RequestTimes } from '../deadline/requestTimes.ts'
import { slotsOf } from '../admission/slots.ts'
import { turnsOf } from '../admission/turns.ts'
import type { Tables } from '../store/tables.ts'
import { type Metrics, unmeasured } from '../telemetry/metrics.ts'
import type { WastedSignature } from '../telemetry/wastedSignature.ts'
import { denyListsOf } from '../tenant/denyList.ts'
import { tenantsOf } from '../tenant/tenants.ts'
import type { FetchJson } from '../token/fetchJson.ts'
import { keySets } from '../token/keySets.ts'
import type { Enrolling } from './enrolling.ts'
import { flightsOf } from './flights.ts'
import { fraction } from './issueBySome.ts'

/** What enrolling is composed of: everything that has a state, or reaches the world outside. */
export interface EnrollingParts {
  readonly tables: Tables
  readonly signerSource: SignerSource
  readonly fetchJson: FetchJson
  readonly now: () => Date
  /** Milliseconds of a monotonic clock. */
  readonly clock: () => number
  /** Cryptographically random octets. */
  readonly random: (octets: number) => Uint8Array
  readonly uuid: () => string
  readonly times?: RequestTimes
  readonly metrics?: Metrics
  readonly onIssuerFailure?: SignerPoolOptions['onFailure']
  readonly onWasted?: (wasted: WastedSignature) => void
}

/** About a millisecond of computing, and tenths of a second of waiting: with more of either, nobody would be served in time. */
const turns = { atOnce: 8, maxWaitingOfTenant: 1_000, maxWaiting: 4_000 }

/** A vault signs some 200 times a second, each within 50 ms: these are more than it needs, and no tenant has them all. */
const slots = { total: 64, ofTenant: 32, ofSubject: 2, maxWaitingOfTenant: 1_000 }

const nothing = () => undefined

/** Composes what one instance enrolls with. Sends nothing. */
export const composeEnrolling = (parts: EnrollingParts): Enrolling => {
  const { tables, signerSource, fetchJson, now, clock, random, uuid } = parts
  const { times = requestTimes(), metrics = unmeasured } = parts
  const { onIssuerFailure = nothing, onWasted = nothing } = parts
  const chance = () => fraction(random)
  return {
    tenants: tenantsOf(tables, now),
    keys: keySets({
      fetchJson,
      now,
      later: (milliseconds, callback) => void setTimeout(callback, milliseconds).unref(),
    }),
    denyLists: denyListsOf(tables, now),
    authorities: authoritiesOf(tables, now),
    ledger: ledgerOf(tables),
    refusals: refusalsOf({
      tables,
      clock,
      limitMilliseconds: times.refusalMilliseconds,
      onUnrecorded: (tenant) => metrics.refusalUnrecorded(tenant),
    }),
    signers: signerPool({
      source: signerSource,
      now,
      onFailure: onIssuerFailure,
      limitMilliseconds: times.signMilliseconds,
    }),
    turns: turnsOf({ ...turns, chance, afterOthers: setImmediate }),
    slots: slotsOf({ ...slots, chance }),
    flights: flightsOf(2 * times.requestMilliseconds, clock),
    times,
    metrics,
    onWasted,
    now,
    clock,
    random,
    uuid,
  }
}
