import { type Authorities, authoritiesOf } from '../authority/authority.ts'
import { type SignerPool, signerPool, type SignerPoolOptions } from '../authority/sign/signerPool.ts'
import type { SignerSource } from '../keys/signer.ts'
import { type Ledger, ledgerOf } from '../ledger/record/ledger.ts'
import { type Refusals, refusalsOf } from '../ledger/record/refusals.ts'
import type { Budget } from '../deadline/deadline.ts'
import { requestTimes, type RequestTimes } from '../deadline/requestTimes.ts'
import { type Slots, slotsOf } from '../admission/slots.ts'
import { type Turns, turnsOf } from '../admission/turns.ts'
import type { Tables } from '../store/tables.ts'
import { type Metrics, unmeasured } from '../telemetry/metrics.ts'
import type { Trace } from '../telemetry/trace.ts'
import type { WastedSignature } from '../telemetry/wastedSignature.ts'
import { type DenyLists, denyListsOf } from '../tenant/denyList.ts'
import { type Tenants, tenantsOf } from '../tenant/tenants.ts'
import type { FetchJson } from '../token/fetchJson.ts'
import { type KeySets, keySets } from '../token/keySets.ts'
import { type Flights, flightsOf } from './singleFlight.ts'
import { fraction } from './issueWithFailover.ts'

/** What enrolling is composed of: everything that has a state, or reaches the world outside. */
export interface ServicesOptions {
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

/** What enrolling works with. */
export interface Services {
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
export interface Work extends Services {
  readonly trace: Trace
  readonly budget: Budget
}

/** About a millisecond of computing, and tenths of a second of waiting: with more of either, nobody would be served in time. */
const turns = { atOnce: 8, maxWaitingOfTenant: 1_000, maxWaiting: 4_000 }

/** A vault signs some 200 times a second, each within 50 ms: these are more than it needs, and no tenant has them all. */
const slots = { total: 64, ofTenant: 32, ofSubject: 2, maxWaitingOfTenant: 1_000 }

const nothing = () => undefined

/** Composes what one instance enrolls with. Sends nothing. */
export const openServices = (parts: ServicesOptions): Services => {
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
