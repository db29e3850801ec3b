import { hostLimits } from '../admission/hostLimits.ts'
import { openPlaces, type Places } from '../admission/places.ts'
import { openTurns, type Turns } from '../admission/turns.ts'
import { type Authorities, authoritiesOf } from '../authority/authority.ts'
import { type SignerPool, signerPool, type SignerPoolOptions } from '../authority/sign/signerPool.ts'
import { requestTimes, type RequestTimes } from '../deadline/requestTimes.ts'
import type { Directory } from '../directory/directory.ts'
import { silentDirectory } from '../directory/silentDirectory.ts'
import type { SignerSource } from '../keys/signer.ts'
import { type Ledger, ledgerOf } from '../ledger/record/ledger.ts'
import { type Refusals, refusalsOf } from '../ledger/record/refusals.ts'
import type { CountryOf } from '../policy/countryOf.ts'
import { openPolicies } from '../policy/openPolicies.ts'
import type { Tables } from '../store/tables.ts'
import { type Metrics, unmeasured } from '../telemetry/metrics.ts'
import type { WastedSignature } from '../telemetry/signingIds.ts'
import { type DenyLists, openDenyLists } from '../tenant/denyList.ts'
import { type Tenants, openTenants } from '../tenant/tenants.ts'
import type { FetchJson } from '../token/fetchJson.ts'
import { type KeySets, keySets } from '../token/keySets.ts'
import { openYouth, type Youth } from './lookUpToken.ts'
import { openSingleFlight, type SingleFlight } from './singleFlight.ts'

/** Reaches the world outside, gives chance and time: tests give their own. */
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
  /** A random number from 0 to 1. It spreads load and times, and no secret rests on it. */
  readonly chance: () => number
  readonly times?: RequestTimes
  /** Tells countries by addresses; there is no such source when left out. */
  readonly countryOf?: CountryOf | undefined
  /** Tells of devices; tenants that have it asked are told nothing when left out. */
  readonly directory?: Directory | undefined
  /** How many requests the platform gives the instance at once. */
  readonly requestsAtOnce?: number
  readonly metrics?: Metrics
  /** Told of issuers that failed, while another may have signed in their place. */
  readonly onIssuerFailure?: SignerPoolOptions['onFailure']
  /** Told of signatures that no row of the ledger holds. */
  readonly onWasted?: (wasted: WastedSignature) => void
}

/** All that requests are served with: one bag an instance. */
export interface Services extends Pick<ServicesOptions, 'now' | 'clock' | 'random' | 'uuid' | 'chance'> {
  readonly tenants: Tenants
  readonly keys: KeySets
  readonly policies: ReturnType<typeof openPolicies>
  readonly countryOf: CountryOf | undefined
  readonly directory: Directory
  readonly denyLists: DenyLists
  readonly authorities: Authorities
  readonly ledger: Ledger
  readonly refusals: Refusals
  readonly signers: SignerPool
  /** Shares out the processor, before a request is looked at. */
  readonly turns: Turns
  /** Shares out what waits for tables, token issuers and vaults. */
  readonly places: Places
  readonly flights: SingleFlight
  readonly isYoung: Youth
  readonly times: RequestTimes
  readonly metrics: Metrics
  readonly onWasted: (wasted: WastedSignature) => void
}

/** How many tokens an instance knows what they bought of: some 45 MB. */
const mostFlights = 10_000

/** A signature that did not come may have been made all the same: the key's log shows it, and no row does. */
const failuresOf =
  ({
    onIssuerFailure,
    onWasted,
  }: Pick<ServicesOptions, 'onIssuerFailure' | 'onWasted'>): SignerPoolOptions['onFailure'] =>
  (issuer, failed) => {
    const { requestId, vaultRequestId, wasCutShort } = failed
    const { tenant, id } = issuer.generation
    if (!wasCutShort) onIssuerFailure?.(issuer, failed)
    onWasted?.({ tenant, issuer: id, requestId, vaultRequestId, reason: 'no answer' })
  }

/** Opens what one instance serves with. Sends nothing. */
export const openServices = (options: ServicesOptions): Services => {
  const { tables, signerSource, fetchJson, now, clock, random, uuid, chance } = options
  const { times = requestTimes(), metrics = unmeasured, onWasted = () => undefined } = options
  const { requestsAtOnce: total = hostLimits.requestsAtOnce } = options
  const { signMilliseconds, requestMilliseconds } = times
  return {
    tenants: openTenants(tables, now),
    policies: openPolicies(),
    countryOf: options.countryOf,
    directory: options.directory ?? silentDirectory,
    keys: keySets({
      fetchJson,
      now,
      later: (milliseconds, callback) => void setTimeout(callback, milliseconds).unref(),
    }),
    denyLists: openDenyLists(tables, now),
    authorities: authoritiesOf(tables, now),
    ledger: ledgerOf(tables),
    refusals: refusalsOf({ tables, clock, onUnrecorded: (tenant) => metrics.refusalUnrecorded(tenant) }),
    signers: signerPool({ source: signerSource, now, signMilliseconds, onFailure: failuresOf(options) }),
    turns: openTurns({ mostWaitingOfTenant: total, chance, afterOthers: setImmediate }),
    places: openPlaces({ total, clock, chance }),
    // A token counts as young from one such time before it was issued, for clocks that differ, to one after it.
    flights: openSingleFlight({ rememberMilliseconds: 2 * requestMilliseconds, most: mostFlights, clock }),
    isYoung: openYouth(requestMilliseconds, { now, clock }),
    times,
    metrics,
    onWasted,
    now,
    clock,
    random,
    uuid,
    chance,
  }
}
