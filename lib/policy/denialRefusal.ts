import { catalogue } from '../errors/catalogue.ts'
import { type FailedPolicies, type FailedSetting, Refusal } from '../errors/refusal.ts'
import type { TokenIssuer } from '../tenant/configuration.ts'
import { contextsOf } from '../tenant/proofs.ts'
import { claimOf } from '../token/claimsSet.ts'
import type { VerifiedToken } from '../token/verifyToken.ts'
import type { AppliedPolicy, Denied, Missing } from './decision.ts'
import { namesOf, remediationOf } from './remediationOf.ts'
import type { EvidenceTrouble } from './signals/deviceEvidence.ts'
import type { StepUp } from './stepUpOf.ts'

/** A denial, with what the token could not prove. */
export interface Denial {
  readonly decision: Denied
  /** Undefined where no sign-in can help. */
  readonly stepUp: StepUp | undefined
  /** Why the device is not known to be compliant, in words that follow "Cannot enroll: ". */
  readonly doubt: string
  /** The settings of compliance policies that keep the device from being compliant. */
  readonly settings: readonly FailedSetting[]
  /** What does not answer now, and decides alone; undefined where its answer would not help. */
  readonly outage: EvidenceTrouble | undefined
  /** What is wrong with the evidence that the request brings, where that is why the device is not known to be compliant. */
  readonly trouble: EvidenceTrouble | undefined
}

const wish = (missing: Missing): string =>
  missing.kind === 'signIn' ? `a sign-in at most ${missing.seconds} s old` : namesOf(missing).join(' or ')

const wishesOf = ({ policy, missing }: AppliedPolicy): string => {
  const name = JSON.stringify(policy.displayName)
  if (missing.some(({ kind }) => kind === 'block')) return `the policy ${name} blocks it`
  return `the policy ${name} wants ${missing.map(wish).join(' and ')}`
}

const moreText = (count: number): string => (count > 0 ? `, and ${count} more fail` : '')

const detailOf = (cause: Denied['cause'], failed: readonly AppliedPolicy[]): string => {
  const [first, ...more] = failed
  if (first) return `Cannot enroll: ${wishesOf(first)}${moreText(more.length)}.`
  return cause === 'nothingApplied'
    ? 'Cannot enroll: no policy of the tenant that is in force applies to the request.'
    : 'Cannot enroll: no policy that certainly applies asks for a device that is proven compliant or joined.'
}

/** Tells whether the compliant device alone is missing. */
const isOnlyDevice = (missing: readonly Missing[]): boolean =>
  missing.length > 0 &&
  missing.every(
    (one) =>
      one.kind === 'controls' &&
      one.oneOf.length === 1 &&
      one.oneOf.every(({ control }) => control === 'compliantDevice'),
  )

type EntraIssuer = Extract<TokenIssuer, { readonly kind: 'entra' }>

/** A client says in `xms_cc` that it can answer claims challenges ("cp1", or "CP1" in samples); others must not get one. */
const canAnswerChallenges = ({ facts }: VerifiedToken): boolean =>
  [claimOf(facts.claims, 'xms_cc')]
    .flat()
    .some((one) => typeof one === 'string' && one.toLowerCase() === 'cp1')

interface Told {
  readonly detail: string
  readonly failed: FailedPolicies
}

/** Asks for one authentication context: Entra takes no more in a request. */
const claimsChallenge = (
  { signInOrigin, directoryId }: EntraIssuer,
  context: string,
  { detail, failed }: Told,
): Refusal => {
  const request = { access_token: { acrs: { essential: true, value: context } } }
  const challenge = {
    authorizationUri: `${signInOrigin.replace(/\/$/, '')}/${directoryId}/oauth2/v2.0/authorize`,
    claims: Buffer.from(JSON.stringify(request)).toString('base64'),
  }
  return new Refusal('claims-challenge', detail, { challenge, failed })
}

/**
 * Challenges a client of Entra for a context that its token lacks. Nothing asks Entra for a fresh sign-in but a context whose
 * policy there does: where the sign-in alone is too old, that is the first that the tenant names.
 */
const entraChallenge = (issuer: EntraIssuer, stepUp: StepUp, told: Told): Refusal | undefined => {
  const [lacking] = stepUp.contexts
  if (lacking !== undefined) {
    const detail = `Cannot enroll: the token lacks the authentication context ${lacking}.`
    return claimsChallenge(issuer, lacking, { ...told, detail })
  }
  const [first] = stepUp.maxAgeSeconds === undefined ? [] : contextsOf(issuer)
  return first && claimsChallenge(issuer, first.context, told)
}

/** The challenge with which a client of this token gets further by another sign-in; undefined where it does not. */
const challengeOf = ({ stepUp }: Denial, token: VerifiedToken, told: Told): Refusal | undefined => {
  if (!stepUp) return undefined
  const { tokenIssuer } = token.facts
  if (tokenIssuer.kind === 'entra')
    return canAnswerChallenges(token) ? entraChallenge(tokenIssuer, stepUp, told) : undefined
  const { acrValues, maxAgeSeconds } = stepUp
  if (acrValues.length === 0 && maxAgeSeconds === undefined) return undefined
  const { detail, failed } = told
  return new Refusal('sign-in-insufficient', detail, { signIn: { acrValues, maxAgeSeconds }, failed })
}

interface Causes {
  readonly missing: readonly Missing[]
  readonly policies: readonly AppliedPolicy[]
}

/** The refusal of whom no other sign-in helps: by what is wrong with the evidence, or by what policies want. */
const plainRefusal = (denial: Denial, { missing, policies }: Causes): Pick<Refusal, 'code' | 'detail'> => {
  const { trouble, doubt, decision } = denial
  if (trouble) return { code: trouble.code, detail: `Cannot enroll: ${trouble.why}.` }
  return isOnlyDevice(missing)
    ? { code: 'device-not-compliant', detail: `Cannot enroll: ${doubt}.` }
    : { code: 'policy-not-satisfied', detail: detailOf(decision.cause, policies) }
}

/**
 * The refusal that tells the client of a denial: the policies that failed, the settings that keep the device from being
 * compliant, what each lacks and what to do; a challenge where another sign-in helps; and that it asks again later where
 * only an outage is in the way.
 * @param remediationLink where the tenant tells its users more.
 */
export const denialRefusal = (
  denial: Denial,
  token: VerifiedToken,
  remediationLink: string | undefined,
): Refusal => {
  const { decision, settings, outage, trouble } = denial
  if (outage) {
    const { code, why, retryAfterSeconds } = outage
    return new Refusal(
      code,
      `Cannot enroll: ${why}.`,
      retryAfterSeconds === undefined ? {} : { retryAfterSeconds },
    )
  }
  const policies = decision.applied.filter(({ isReportOnly, missing }) => !isReportOnly && missing.length > 0)
  const missing = policies.flatMap((one) => one.missing)
  const failed = {
    policies: policies.map(({ policy, missing: lacks }) => ({
      displayName: policy.displayName,
      missing: lacks.map(namesOf),
    })),
    ...(settings.length === 0 ? {} : { settings }),
    remediation: trouble ? catalogue[trouble.code].remedy : remediationOf(decision, settings),
    remediationLink,
  }
  const { code, detail } = plainRefusal(denial, { missing, policies })
  return challengeOf(denial, token, { detail, failed }) ?? new Refusal(code, detail, { failed })
}
