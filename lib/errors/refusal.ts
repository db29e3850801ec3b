import { catalogue, type RefusalCode } from './catalogue.ts'

/** Helps a client to a token with the missing claims (Microsoft's claims challenge, on RFC 6750 section 3). */
export interface ClaimsChallenge {
  /** Where the user signs in again. */
  readonly authorizationUri: string
  /** Base64 of a JSON claims request (OpenID Connect Core section 5.5). */
  readonly claims: string
}

export interface RefusalOptions {
  /** The fault behind the refusal: logged, never sent. */
  readonly cause?: unknown
  /** Seconds after which a retry may succeed; for 429 and 503. */
  readonly retryAfterSeconds?: number
  /** The methods a path does answer, for 405 (RFC 9110 section 15.5.6). */
  readonly allow?: readonly string[]
  /** The scope that `token-scope-missing` wants (RFC 6750 section 3). */
  readonly scope?: string
  /** The challenge of `claims-challenge`. */
  readonly challenge?: ClaimsChallenge
}

/**
 * A request that Mayfly answers with "no", for a reason of the catalogue.
 *
 * `detail` says the action and the current value and never contains token, key or CSR bytes: it is sent to the
 * client and logged.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: RefusalCode
  readonly detail: string
  readonly options: RefusalOptions

  constructor(code: RefusalCode, detail: string, options: RefusalOptions = {}) {
    super(`${code}: ${detail}`, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.detail = detail
    this.options = options
  }

  /** HTTP status code of the refusal. */
  get status(): number {
    return catalogue[this.code].status
  }

  /** RFC 9457 `title`. */
  get title(): string {
    return catalogue[this.code].title
  }
}
