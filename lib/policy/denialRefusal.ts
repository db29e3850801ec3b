import { type FailedPolicies, Refusal } from '../errors/refusal.ts'
import type { TokenIssuer } from '../tenant/configuration.ts'
import { contextsOf } from '../tenant/proofs.ts'
import { claimOf } from '../token/claimsSet.ts'
import type { VerifiedToken } from '../token/verifyToken.ts'
import type { AppliedPolicy, ControlAnswer, Denied, Missing } from './decision.ts'
import { namesOf, remediationOf } from './remediationOf.ts'
import type { StepUp } from './stepUpOf.ts'

/** A denial, with what the token could not prove. */
export interface Denial {
  readonly decision: Denied
  /** Undefined where no sign-in can help. */
  readonly stepUp: StepUp | undefined
  /** Tells what a claim is instead of what the tenant wants, such as `claim "device_compliant" is a string, true wanted`. */
  readonly mistaken: string | undefined
}

const wish = (missing: Missing): string =>
  missing.kind === 'signIn' ? `a sign-in at most ${missing.seconds} s old` : namesOf(missing).join(' or ')

const wishesOf = ({ policy, missing }: AppliedPolicy): string => {
  const name = JSON.stringify(policy.displayName)
  if (missing.some(({ kind }) => kind === 'block')) return `the policy ${name} blocks it`
  return `the policy ${name} wants ${missing.map(wish).join(' and ')}`
}

/** Tells of a device alone, in the words that clients know since before there were policies. */
const deviceDetail = (oneOf: readonly ControlAnswer[], mistaken: string | undefined): string => {
  const saysNo = oneOf.some(({ proven }) => proven === 'no')
  const why = saysNo ? 'says that the device is not compliant' : 'does not prove a compliant device'
  return `Cannot enroll: the token ${why}${mistaken === undefined ? '' : `: its ${mistaken}`}.`
}

const moreText = (count: number): string => (count > 0 ? `, and ${count} more fail` : '')

const detailOf = (cause: Denied['cause'], failed: readonly AppliedPolicy[]): string => {
  const [first, ...more] = failed
  if (first) return `Cannot enroll: ${wishesOf(first)}${moreText(more.length)}.`
  return cause === 'nothingApplied'
    ? 'Cannot enroll: no policy of the tenant that is in force applies to the request.'
    : 'Cannot enroll: no policy that certainly applies asks for a device that is proven compliant or joined.'
}

/** Gives the controls of a denial that the compliant device alone is missing from. */
const onlyDevice = (missing: readonly Missing[]): readonly ControlAnswer[] | undefined => {
  const controls = missing.flatMap((one) => (one.kind === 'controls' ? one.oneOf : []))
  const isDevice = missing.every((one) => one.kind === 'controls' && one.oneOf.length === 1)
  const isAll = controls.length > 0 && controls.every(({ control }) => control === 'compliantDevice')
  return isDevice && isAll ? controls : undefined
}

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

/**
 * The refusal that tells the client of a denial: the policies that failed, what each lacks and what to do; a challenge
 * where another sign-in helps.
 * @param remediationLink where the tenant tells its users more.
 */
export const denialRefusal = (
  denial: Denial,
  token: VerifiedToken,
  remediationLink: string | undefined,
): Refusal => {
  const { cause, applied } = denial.decision
  const policies = applied.filter(({ isReportOnly, missing }) => !isReportOnly && missing.length > 0)
  const missing = policies.flatMap((one) => one.missing)
  const failed = {
    policies: policies.map(({ policy, missing: lacks }) => ({
      displayName: policy.displayName,
      missing: lacks.map(namesOf),
    })),
    remediation: remediationOf(cause, missing),
    remediationLink,
  }
  const device = onlyDevice(missing)
  const detail = device ? deviceDetail(device, denial.mistaken) : detailOf(cause, policies)
  const code = device ? 'device-not-compliant' : 'policy-not-satisfied'
  return challengeOf(denial, token, { detail, failed }) ?? new Refusal(code, detail, { failed })
}
