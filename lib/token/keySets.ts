import type { KeyObject } from 'node:crypto'
import type { JWSHeaderParameters } from 'jose'
import { Refusal } from '../errors/refusal.ts'
import type { TokenIssuer } from '../tenant/configuration.ts'
import { tokenSourceOf } from '../tenant/tokenSource.ts'
import type { FetchJson } from './fetchJson.ts'
import { type FindKeys, keyFinder } from './keyFinder.ts'
import { publishedKeys } from './publishedKeys.ts'

/** Finds the keys of token issuers. */
export interface KeySets {
  /**
   * @param header the protected header of a token whose `iss` is the issuer's.
   * @returns those that may have signed the token: one at least, several where the issuer publishes them under one kid.
   * @throws {Refusal} `token-key-unknown` or `token-keys-unavailable`
   */
  resolve(issuer: TokenIssuer, header: JWSHeaderParameters): Promise<readonly KeyObject[]>
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

/** What the key sets need from outside. */
export interface KeySetsOptions {
  readonly fetchJson: FetchJson
  readonly now: () => Date
}

const freshMilliseconds = 10 * 60_000
/** Between two fetches on behalf of tokens with unknown keys, which anyone can send. */
const coolDownMilliseconds = 30_000
/** Between two attempts while the issuer does not answer. */
const retryMilliseconds = 2_000
/**
 * The most that wait for a fetch at once: for a set that is not there, and for a key that is not in it. Anyone can send
 * a kid that nobody published, and an issuer may be slow: strangers must not fill the memory with requests that wait.
 */
const mostWaiting = { set: 1_000, unknownKey: 64 } as const

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

/** Where the keys of a token issuer are: found by discovery where the configuration does not say. */
export const jwksUriOf = async (fetchJson: FetchJson, issuer: TokenIssuer): Promise<string> =>
  issuer.kind === 'entra'
    ? `${issuer.signInOrigin.replace(/\/$/, '')}/${issuer.directoryId}/discovery/v2.0/keys`
    : (issuer.jwksUri ?? discover(fetchJson, issuer.issuer))

const unavailable = (why: string, cause?: unknown): Refusal =>
  new Refusal('token-keys-unavailable', `Cannot verify the token: ${why}.`, { cause, retryAfterSeconds: 5 })

/**
 * The keys of one token issuer: fetched once for all callers, at most 10 minutes old, and older only after a fetch that
 * failed, as long as the tenant says.
 */
class KeySet {
  readonly #issuer: TokenIssuer
  readonly #options: KeySetsOptions
  readonly #waiting = { set: 0, unknownKey: 0 }
  #known: KnownSet | undefined
  #attemptEndedAt = Number.NEGATIVE_INFINITY
  #failure: unknown
  #fetching: Promise<void> | undefined

  constructor(issuer: TokenIssuer, options: KeySetsOptions) {
    this.#issuer = issuer
    this.#options = options
  }

  /** @param staleMilliseconds how old the keys may become while the issuer does not answer. */
  async resolve(header: JWSHeaderParameters, staleMilliseconds: number): Promise<readonly KeyObject[]> {
    await this.#freshen(staleMilliseconds)
    const keys = this.#find(header)
    return keys.length > 0 ? keys : this.#fetched(header)
  }

  #find(header: JWSHeaderParameters): readonly KeyObject[] {
    return this.#known?.find(header) ?? []
  }

  /** The keys of a set that is fetched for them: the issuer may have changed its keys since the last time. */
  async #fetched(header: JWSHeaderParameters): Promise<readonly KeyObject[]> {
    const isDown = this.#failure !== undefined
    if (this.#mayFetch(isDown ? retryMilliseconds : coolDownMilliseconds)) {
      await this.#wait('unknownKey', this.#fetch())
      const keys = this.#find(header)
      if (keys.length > 0) return keys
    }
    // A set that could not be fetched anew says nothing about keys that are new.
    if (this.#failure !== undefined)
      throw unavailable('its key is not known, and its issuer does not answer', this.#failure)
    throw new Refusal(
      'token-key-unknown',
      'Cannot verify the token: its issuer publishes no key of this kid and alg.',
    )
  }

  get state(): KeySetState | undefined {
    if (!this.#known) return undefined
    const age = this.#age()
    const isStale = this.#failure !== undefined && age >= freshMilliseconds
    return { issuer: tokenSourceOf(this.#issuer).issuer, ageSeconds: age / 1000, isStale }
  }

  #age(): number {
    return this.#options.now().getTime() - (this.#known?.fetchedAt ?? Number.NEGATIVE_INFINITY)
  }

  /** Whether a caller may ask for a fetch: one under way costs nothing, a new one keeps its distance from the last. */
  #mayFetch(distanceMilliseconds: number): boolean {
    if (this.#fetching) return true
    return this.#options.now().getTime() - this.#attemptEndedAt >= distanceMilliseconds
  }

  /**
   * Sees to a set that is good to use. From half its life on it is fetched anew behind the callers' backs; they wait
   * once it is too old, and no more when that failed: then the old set serves until the issuer answers.
   */
  async #freshen(staleMilliseconds: number): Promise<void> {
    const age = this.#age()
    if (age < freshMilliseconds / 2) return
    const limit = Math.max(freshMilliseconds, staleMilliseconds)
    const isUsable = age < freshMilliseconds || (this.#failure !== undefined && age < limit)
    if (this.#mayFetch(retryMilliseconds)) {
      const fetched = this.#fetch()
      if (!isUsable) await this.#wait('set', fetched)
    }
    if (this.#age() < limit) return
    throw unavailable('the keys of its issuer cannot be fetched', this.#failure)
  }

  /** Waits for a fetch, unless too many do: one that is needed goes on all the same. */
  async #wait(what: keyof typeof mostWaiting, fetched: Promise<void>): Promise<void> {
    if (this.#waiting[what] >= mostWaiting[what])
      throw unavailable('too many tokens wait for the keys of its issuer')
    this.#waiting[what] += 1
    try {
      await fetched
    } finally {
      this.#waiting[what] -= 1
    }
  }

  #fetch(): Promise<void> {
    this.#fetching ??= this.#fetchNow().finally(() => (this.#fetching = undefined))
    return this.#fetching
  }

  /** Remembers a failure instead of throwing it: the caller decides whether the last set is still good. */
  async #fetchNow(): Promise<void> {
    const { fetchJson, now } = this.#options
    try {
      const document = await fetchJson(await jwksUriOf(fetchJson, this.#issuer))
      this.#known = { find: keyFinder(publishedKeys(document)), fetchedAt: now().getTime() }
      this.#failure = undefined
    } catch (error) {
      this.#failure = error
    } finally {
      this.#attemptEndedAt = now().getTime()
    }
  }
}

/** Where two configured issuers share their keys. */
const cacheKey = (issuer: TokenIssuer): string =>
  JSON.stringify(
    issuer.kind === 'entra'
      ? [issuer.kind, issuer.signInOrigin, issuer.directoryId]
      : [issuer.kind, issuer.issuer, issuer.jwksUri],
  )

/** Finds keys by fetching each issuer's JWKS (RFC 7517), cached; a token with an unknown key refreshes it at most every 30 s. */
export const keySets = (options: KeySetsOptions): KeySets => {
  const sets = new Map<string, KeySet>()
  return {
    known: () => [...sets.values()].map(({ state }) => state).filter((state) => state !== undefined),
    resolve(issuer, header) {
      const key = cacheKey(issuer)
      const set = sets.get(key) ?? new KeySet(issuer, options)
      sets.set(key, set)
      return set.resolve(header, 1000 * issuer.maxStaleKeysSeconds)
    },
  }
}
