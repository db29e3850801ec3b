import type { HttpResponseInit } from '@azure/functions'
import type { RefusalCode } from '../errors/catalogue.ts'
import { type FailedPolicies, Refusal, type SignInChallenge } from '../errors/refusal.ts'
import type { ProblemDocument } from './documents.ts'

/** Header fields and members that a refusal adds to its code and detail. */
export interface Advice {
  /** Header fields, names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  /** The media types a path offers: a member of the problem document, RFC 9457 section 3.2. */
  readonly offers?: readonly string[]
}

/** A refusal whose answer advises the client what to send instead. */
export class HttpRefusal extends Refusal {
  readonly advice: Advice

  constructor(code: RefusalCode, detail: string, advice: Advice) {
    super(code, detail)
    this.advice = advice
  }
}

/** A quoted-string of the characters that RFC 6750 section 3 allows: a claim of any script may be named by a detail. */
const quoted = (text: string) => `"${text.replaceAll(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '')}"`

/** RFC 9470 section 3. */
const signInChallengeOf = ({ acrValues, maxAgeSeconds }: SignInChallenge, detail: string): string =>
  [
    `Bearer error="insufficient_user_authentication", error_description=${quoted(detail)}`,
    ...(acrValues.length === 0 ? [] : [`acr_values=${quoted(acrValues.join(' '))}`]),
    ...(maxAgeSeconds === undefined ? [] : [`max_age="${maxAgeSeconds}"`]),
  ].join(', ')

/**
 * RFC 6750 section 3: the challenge of a 401, and of the 403 for a scope, with at least one parameter. Without a token
 * there is no error to tell.
 */
const challengeOf = ({ code, status, detail, options }: Refusal): string | undefined => {
  if (code === 'relying-party-refused') return 'Basic realm="relying-parties", charset="UTF-8"'
  if (code === 'token-missing') return 'Bearer realm="certificates"'
  if (code === 'token-scope-missing') {
    const wanted = options.scope === undefined ? '' : `, scope=${quoted(options.scope)}`
    return `Bearer error="insufficient_scope", error_description=${quoted(detail)}${wanted}`
  }
  if (status !== 401) return undefined
  if (options.signIn) return signInChallengeOf(options.signIn, detail)
  if (!options.challenge) return `Bearer error="invalid_token", error_description=${quoted(detail)}`
  const { authorizationUri, claims } = options.challenge
  return `Bearer realm="", authorization_uri=${quoted(authorizationUri)}, error="insufficient_claims", claims=${quoted(claims)}`
}

/** These statuses tell a client to try again, and so when: RFC 9110 section 15.6.4, RFC 6585 section 4. */
const retriedStatuses: readonly number[] = [429, 503]
const defaultRetryAfterSeconds = 5

const adviceOf = (refusal: Refusal): Advice => (refusal instanceof HttpRefusal ? refusal.advice : {})

const headersOf = (refusal: Refusal): Record<string, string> => {
  const challenge = challengeOf(refusal)
  return {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...(challenge === undefined ? {} : { 'www-authenticate': challenge }),
    ...(retriedStatuses.includes(refusal.status)
      ? { 'retry-after': String(refusal.options.retryAfterSeconds ?? defaultRetryAfterSeconds) }
      : {}),
    ...(refusal.options.allow ? { allow: refusal.options.allow.join(', ') } : {}),
    ...adviceOf(refusal).headers,
  }
}

/** How many of the policies that failed are named: a user who meets many has enough to do with these. */
const mostPolicies = 20

/** How many settings of compliance policies are named. */
const mostSettings = 50

const settingsMember = (settings: FailedPolicies['settings'] = []) =>
  settings.length === 0
    ? {}
    : {
        settings: settings.slice(0, mostSettings).map(({ policy, setting, wanted, actual, remedy }) => ({
          policy,
          setting,
          wanted,
          actual,
          remedy,
        })),
      }

const failedMembers = ({ policies, settings, remediation, remediationLink }: FailedPolicies) => ({
  policies: policies.slice(0, mostPolicies).map(({ displayName, missing }) => ({
    displayName,
    missing: missing.map((oneOf) => [...oneOf]),
  })),
  ...settingsMember(settings),
  remediation,
  ...(remediationLink === undefined ? {} : { remediationLink }),
})

const documentOf = (refusal: Refusal, invocationId: string): ProblemDocument => {
  const { offers } = adviceOf(refusal)
  const { failed } = refusal.options
  return {
    type: `urn:mayfly:problem:${refusal.code}`,
    title: refusal.title,
    status: refusal.status,
    detail: refusal.detail,
    instance: `urn:uuid:${invocationId}`,
    ...(offers ? { offers: [...offers] } : {}),
    ...(failed ? failedMembers(failed) : {}),
  }
}

/**
 * The answer that tells a client of a refusal: an RFC 9457 problem document whose `type` is
 * `urn:mayfly:problem:<code>`, and `instance` the invocation that the operator's log shows. It is one whatever
 * Accept says: a client that cannot read it has the status.
 */
export const problem = (refusal: Refusal, invocationId: string): HttpResponseInit => ({
  status: refusal.status,
  headers: headersOf(refusal),
  body: JSON.stringify(documentOf(refusal, invocationId)),
})
