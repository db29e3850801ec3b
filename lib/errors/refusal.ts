import { catalogue, type RefusalCode } from './catalogue.ts'

/** Helps a client to a token with the missing claims (Microsoft's claims challenge, on RFC 6750 section 3). */
export interface ClaimsChallenge {
  /** Where the user signs in again. */
  readonly authorizationUri: string
  /** Base64 of a JSON claims request (OpenID Connect Core section 5.5). */
  readonly claims: string
}

/** Helps a client to a token of a better sign-in (RFC 9470 section 3). */
export interface SignInChallenge {
  /** In order of preference, any one of them will do; empty where none is wanted. */
  readonly acrValues: readonly string[]
  /** The greatest age of the sign-in, where that matters. */
  readonly maxAgeSeconds: number | undefined
}

/** A policy that failed, as its administrator calls it. */
export interface FailedPolicy {
  readonly displayName: string
  /** Everything it lacks: of each list, any one would do. */
  readonly missing: readonly (readonly string[])[]
}

/** A setting of a compliance policy that the device does not satisfy, or that nobody can tell of; in words. */
export interface FailedSetting {
  /** The compliance policy, as its administrator calls it. */
  readonly policy: string
  /** By Graph's name, such as `storageRequireEncryption`. */
  readonly setting: string
  readonly wanted: string
  /** What sources say in its place: a value and who told it, or `unknown`. */
  readonly actual: string
  /** What the user does about it. */
  readonly remedy: string
}

/** Tells a user which policies refused them, and what they can do about it. */
export interface FailedPolicies {
  readonly policies: readonly FailedPolicy[]
  /** Left out where no compliance policy is to blame. */
  readonly settings?: readonly FailedSetting[] | undefined
  /** A sentence. */
  readonly remediation: string
  /** Where the tenant tells more. */
  readonly remediationLink?: string | undefined
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
  /** The challenge of `sign-in-insufficient`. */
  readonly signIn?: SignInChallenge
  readonly failed?: FailedPolicies
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
