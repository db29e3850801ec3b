import type { KeyObject } from 'node:crypto'
import type { JWSHeaderParameters } from 'jose'
import { late, patiently, type Wait } from '../deadline/deadline.ts'
import { Refusal } from '../errors/refusal.ts'
import type { FetchJson } from './fetchJson.ts'
import { type FindKeys, keyFinder } from './keyFinder.ts'
import type { KeySource } from './keySource.ts'
import { publishedKeys } from './publishedKeys.ts'

/** Finds the keys of token issuers. */
export interface KeySets {
  /**
   * @param header the protected header of a token whose `iss` is the issuer's.
   * @param wait how to wait for a fetch: anyone can name a key that is not known, and the issuer may be slow.
   * @returns those that may have signed the token: one at least, several where the issuer publishes them under one kid.
   * @throws {Refusal} `token-key-unknown` or `token-keys-unavailable`, and what waiting throws.
   */
  resolve(source: KeySource, header: JWSHeaderParameters, wait?: Wait): Promise<readonly KeyObject[]>
  /** The same of what is known, at once; empty where resolve() would wait. */
  cached(source: KeySource, header: JWSHeaderParameters): readonly KeyObject[]
  /** The sets that were fetched before. */
  known(): readonly KeySetState[]
}

/** How a set of keys fares. */
export interface KeySetState {
  /** `iss`. */
  readonly issuer: string
  readonly ageSeconds: number
  /** Whether it is used although its issuer did not answer when it was due. */
  readonly isStale: boolean
}

/** Gives the key sets the network and the time. */
export interface KeySetsOptions {
  readonly fetchJson: FetchJson
  readonly now: () => Date
  /** Calls back later, unless the process ends before; nothing is fetched without being asked for when left out. */
  readonly later?: (milliseconds: number, callback: () => void) => void
}

const freshMilliseconds = 10 * 60_000
/** Between two fetches on behalf of tokens with unknown keys, which anyone can send. */
const coolDownMilliseconds = 30_000
/** Between two attempts while the issuer does not answer. */
const retryMilliseconds = 2_000
/** The least that clients are told to wait. */
const leastRetryAfterSeconds = 5
/** After which a set that nobody asked for is forgotten. */
const unusedMilliseconds = 24 * 60 * 60_000
const keysLate = late('token-keys-unavailable', 'the token issuer')

interface KnownSet {
  readonly find: FindKeys
  readonly fetchedAt: number
}

const member = (document: unknown, name: string): unknown =>
  typeof document === 'object' && document !== null ? (document as Record<string, unknown>)[name] : undefined

/** OpenID Connect Discovery 1.0 section 4.3: the document names its issuer exactly. */
const discover = async (fetchJson: FetchJson, issuer: string): Promise<string> => {
  const document = await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  const jwksUri = member(document, 'jwks_uri')
  if (member(document, 'issuer') !== issuer) throw new Error('The discovery document names another issuer.')
  if (typeof jwksUri !== 'string') throw new Error('The discovery document names no jwks_uri.')
  if (new URL(jwksUri).host !== new URL(issuer).host) {
    throw new Error('The discovered jwks_uri is on another host: configure jwksUri.')
  }
  return jwksUri
}

/** Where the keys of an issuer are: found by discovery where the configuration does not say. */
export const jwksUriOf = async (fetchJson: FetchJson, { issuer, jwksUri }: KeySource): Promise<string> =>
  jwksUri ?? discover(fetchJson, issuer)

/**
 * The keys of one token issuer, fetched once for all callers. Whoever asks for a key that is known waits for nobody. The
 * set is fetched anew every 5 minutes for as long as it is used, so that it is 10 minutes old at most while the issuer
 * answers, and else as old as the tenant says.
 */
class KeySet {
  readonly #source: KeySource
  readonly #options: KeySetsOptions
  #known: KnownSet | undefined
  /** How many attempts have ended. */
  #attempts = 0
  #attemptEndedAt = Number.NEGATIVE_INFINITY
  #usedAt = Number.NEGATIVE_INFINITY
  #failure: unknown
  #fetching: Promise<void> | undefined
  #isScheduled = false

  constructor(source: KeySource, options: KeySetsOptions) {
    this.#source = source
    this.#options = options
  }

  /** The keys that are known, at once; what is due is fetched behind the caller's back. */
  cached(header: JWSHeaderParameters, limit: number): readonly KeyObject[] {
    this.#usedAt = this.#now()
    const age = this.#age()
    if (age >= limit) return []
    if (age >= freshMilliseconds / 2 && this.#mayFetchAfter(retryMilliseconds)) void this.#fetch()
    return this.#find(header)
  }

  /**
   * The keys of a set that is fetched for them, because there is none, or because the issuer may have changed its keys.
   * Only a set that was fetched since the caller came tells that a key is unknown.
   */
  async fetched(header: JWSHeaderParameters, limit: number, wait: Wait): Promise<readonly KeyObject[]> {
    const attempts = this.#attempts
    if (this.#age() >= limit) await this.#loaded(limit, wait)
    else if (this.#mayFetchAfter(this.#distance())) await wait(() => this.#fetch(), keysLate)
    const keys = this.#find(header)
    if (keys.length > 0) return keys
    if (this.#failure !== undefined)
      throw this.#unavailable('its key is not known, and its issuer does not answer')
    if (this.#attempts === attempts)
      throw this.#unavailable('its key is not known, and its issuer was asked for new ones a moment ago')
    throw new Refusal(
      'token-key-unknown',
      'Cannot verify the token: its issuer publishes no key of this kid and alg.',
    )
  }

  get state(): KeySetState | undefined {
    if (!this.#known) return undefined
    const age = this.#age()
    const isStale = this.#failure !== undefined && age >= freshMilliseconds
    return { issuer: this.#source.issuer, ageSeconds: age / 1000, isStale }
  }

  #now(): number {
    return this.#options.now().getTime()
  }

  #age(): number {
    return this.#now() - (this.#known?.fetchedAt ?? Number.NEGATIVE_INFINITY)
  }

  #find(header: JWSHeaderParameters): readonly KeyObject[] {
    return this.#known?.find(header) ?? []
  }

  /** How long after the last attempt the next may begin for a key that is not known. */
  #distance(): number {
    return this.#failure === undefined ? coolDownMilliseconds : retryMilliseconds
  }

  /** Whether a caller may ask for a fetch: one under way costs nothing, a new one keeps its distance from the last. */
  #mayFetchAfter(distanceMilliseconds: number): boolean {
    return this.#fetching !== undefined || this.#now() - this.#attemptEndedAt >= distanceMilliseconds
  }

  /** Tells to come again when a fetch may begin. */
  #unavailable(why: string): Refusal {
    const milliseconds = this.#distance() - (this.#now() - this.#attemptEndedAt)
    return new Refusal('token-keys-unavailable', `Cannot verify the token: ${why}.`, {
      cause: this.#failure,
      retryAfterSeconds: Math.max(leastRetryAfterSeconds, Math.ceil(milliseconds / 1000)),
    })
  }

  /** Waits for the first load, or for one in the place of a set that is too old. */
  async #loaded(limit: number, wait: Wait): Promise<void> {
    if (this.#mayFetchAfter(retryMilliseconds)) await wait(() => this.#fetch(), keysLate)
    if (this.#age() >= limit) throw this.#unavailable('the keys of its issuer cannot be fetched')
  }

  #fetch(): Promise<void> {
    this.#fetching ??= this.#fetchNow().finally(() => (this.#fetching = undefined))
    return this.#fetching
  }

  /** Remembers a failure instead of throwing it: the caller decides whether the last set is still good. */
  async #fetchNow(): Promise<void> {
    const { fetchJson } = this.#options
    try {
      const document = await fetchJson(await jwksUriOf(fetchJson, this.#source))
      this.#known = { find: keyFinder(publishedKeys(document)), fetchedAt: this.#now() }
      this.#failure = undefined
    } catch (error) {
      this.#failure = error
    } finally {
      this.#attempts += 1
      this.#attemptEndedAt = this.#now()
      this.#schedule()
    }
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#options.later?.(freshMilliseconds / 2, () => this.#keepFresh())
  }

  /** Nobody need ask for a key that its issuer withdrew to be forgotten; a set that nobody uses is forgotten whole. */
  #keepFresh(): void {
    this.#isScheduled = false
    if (this.#now() - this.#usedAt >= unusedMilliseconds) this.#known = undefined
    else if (this.#age() < freshMilliseconds / 2) this.#schedule()
    else void this.#fetch()
  }
}

/** Where two configured issuers share their keys. */
const cacheKey = ({ issuer, jwksUri }: KeySource): string => JSON.stringify([issuer, jwksUri])

/** How old the keys of an issuer may become, as the tenant says. */
const limitOf = ({ maxStaleKeysSeconds }: KeySource): number =>
  Math.max(freshMilliseconds, 1000 * maxStaleKeysSeconds)

/** Finds keys by fetching each issuer's JWKS (RFC 7517), cached; a token with an unknown key refreshes it at most every 30 s. */
export const keySets = (options: KeySetsOptions): KeySets => {
  const sets = new Map<string, KeySet>()
  const setOf = (source: KeySource): KeySet => {
    const key = cacheKey(source)
    const set = sets.get(key) ?? new KeySet(source, options)
    sets.set(key, set)
    return set
  }
  const cached: KeySets['cached'] = (source, header) => setOf(source).cached(header, limitOf(source))
  return {
    known: () => [...sets.values()].map(({ state }) => state).filter((state) => state !== undefined),
    cached,
    async resolve(source, header, wait = patiently) {
      const keys = cached(source, header)
      return keys.length > 0 ? keys : setOf(source).fetched(header, limitOf(source), wait)
    },
  }
}
