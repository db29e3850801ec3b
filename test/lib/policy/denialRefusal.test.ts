import { describe, expect, it } from 'vitest'
import type { AppliedPolicy, ControlAnswer, Denied, Missing } from '../../../lib/policy/decision.ts'
import { type Denial, denialRefusal } from '../../../lib/policy/denialRefusal.ts'
import type { StepUp } from '../../../lib/policy/stepUpOf.ts'
import type { Answer } from '../../../lib/policy/signals/signal.ts'
import type { ProvableControl } from '../../../lib/policy/signals/signals.ts'
import { directoryId, entraTenant, verifyEntra, verifyGeneric } from '../token/verifying.ts'

const control = (
  name: ProvableControl | undefined,
  proven: Answer = 'unknown',
  displayName: string = name ?? 'termsOfUse',
): ControlAnswer => ({ control: name, displayName, proven })

const oneOf = (...controls: readonly ControlAnswer[]): Missing => ({ kind: 'controls', oneOf: controls })
const device = oneOf(control('compliantDevice'))
const mfa = oneOf(control('mfa'))
const block: Missing = { kind: 'block' }
const fresh: Missing = { kind: 'signIn', seconds: 300, proven: 'no' }

const applied = (displayName: string, ...missing: readonly Missing[]): AppliedPolicy => ({
  policy: { id: displayName, displayName },
  isReportOnly: false,
  unknown: [],
  missing,
  permits: undefined,
  cap: undefined,
})

const denied = (...policies: readonly AppliedPolicy[]): Denied => ({
  kind: 'deny',
  cause: policies.length === 0 ? 'nothingApplied' : 'notSatisfied',
  applied: policies,
})

interface Denying extends Partial<Denial> {
  readonly link?: string
}

const doubt = 'the token does not prove a compliant device'
const nothingElse = { stepUp: undefined, outage: undefined, trouble: undefined, settings: [], doubt }

const refuse = async (decision: Denied, { link, ...denial }: Denying = {}, token = verifyGeneric({})) =>
  denialRefusal({ decision, ...nothingElse, ...denial }, await token, link)

describe('denialRefusal()', () => {
  it.each<readonly [string, readonly Missing[], string, readonly (readonly string[])[], string]>([
    [
      'a compliant device',
      [device],
      'device-not-compliant: Cannot enroll: the token does not prove a compliant device.',
      [['compliantDevice']],
      'Make the device compliant; then get a fresh token.',
    ],
    [
      'one of two devices',
      [oneOf(control('compliantDevice'), control('domainJoinedDevice'))],
      'policy-not-satisfied: Cannot enroll: the policy "P" wants compliantDevice or domainJoinedDevice.',
      [['compliantDevice', 'domainJoinedDevice']],
      'Make the device compliant or use a device that is joined to the domain; then get a fresh token.',
    ],
    [
      'a device, a strength and a fresh sign-in',
      [device, oneOf(control('strength 1', 'no', 'Phishing-resistant MFA')), fresh],
      'policy-not-satisfied: Cannot enroll: the policy "P" wants compliantDevice and strength 1 and a sign-in at most 300 s old.',
      [['compliantDevice'], ['strength 1'], ['signInFrequency']],
      'Make the device compliant, and sign in with Phishing-resistant MFA, and sign in again; then get a fresh token.',
    ],
    [
      'what nothing can prove, beside what can be',
      [oneOf(control(undefined), control('mfa'))],
      'policy-not-satisfied: Cannot enroll: the policy "P" wants termsOfUse or mfa.',
      [['termsOfUse', 'mfa']],
      'Sign in with multifactor authentication; then get a fresh token.',
    ],
    [
      'what nothing can prove',
      [oneOf(control(undefined))],
      'policy-not-satisfied: Cannot enroll: the policy "P" wants termsOfUse.',
      [['termsOfUse']],
      'Ask the administrator: nothing that a user can do satisfies the policy.',
    ],
    [
      'a block',
      [block],
      'policy-not-satisfied: Cannot enroll: the policy "P" blocks it.',
      [['block']],
      'Try from a place, a device and a sign-in that the policy does not block, or ask the administrator.',
    ],
  ])('tells of %s what is missing, and what to do', async (_, missing, message, names, remediation) => {
    const refusal = await refuse(denied(applied('P', ...missing)), { link: 'https://help.example/' })
    expect(refusal.message).toBe(message)
    expect(refusal.status).toBe(403)
    expect(refusal.options.failed).toEqual({
      policies: [{ displayName: 'P', missing: names }],
      remediation,
      remediationLink: 'https://help.example/',
    })
  })

  it('tells of the policies that fail alone, and escapes what they are called', async () => {
    const satisfied = applied('satisfied')
    const reportOnly = { ...applied('report-only', block), isReportOnly: true }
    const refusal = await refuse(
      denied(satisfied, applied('"\n\u202e', device), reportOnly, applied('B', mfa)),
    )
    expect(refusal.message).toContain(String.raw`the policy "\"\n`)
    expect(refusal.message).toMatch(/, and 1 more fail\.$/)
    expect(refusal.options.failed?.policies.map(({ displayName }) => displayName)).toEqual(['"\n\u202e', 'B'])
  })

  it.each<readonly [Denied['cause'], RegExp, RegExp]>([
    ['nothingApplied', /no policy of the tenant that is in force applies/, /a policy that includes the user/],
    [
      'complianceNotRequired',
      /no policy that certainly applies/,
      /^Make the device compliant; where it is, ask/,
    ],
  ])('tells where no policy fails, and none permits: %s', async (cause, detail, remediation) => {
    const refusal = await refuse({ kind: 'deny', cause, applied: [applied('satisfied')] })
    expect(refusal.code).toBe('policy-not-satisfied')
    expect(refusal.detail).toMatch(detail)
    expect(refusal.options.failed?.remediation).toMatch(remediation)
    expect(refusal.options.failed?.policies).toEqual([])
  })
})

const nothing: StepUp = { contexts: [], acrValues: [], maxAgeSeconds: undefined }

describe('denialRefusal(), where another sign-in helps,', () => {
  const lacksMfa = denied(applied('P', mfa))
  const ofEntra = (claims: Readonly<Record<string, unknown>> = {}) => verifyEntra({ claims }, entraTenant())

  it('challenges a client of Entra that says it understands challenges, for one context', async () => {
    const refusal = await refuse(lacksMfa, { stepUp: { ...nothing, contexts: ['c3', 'c4'] } }, ofEntra())
    expect([refusal.code, refusal.status]).toEqual(['claims-challenge', 401])
    const { authorizationUri = '', claims = '' } = refusal.options.challenge ?? {}
    expect(authorizationUri).toBe(`https://login.microsoftonline.com/${directoryId}/oauth2/v2.0/authorize`)
    expect(JSON.parse(Buffer.from(claims, 'base64').toString())).toEqual({
      access_token: { acrs: { essential: true, value: 'c3' } },
    })
    expect(refusal.options.failed?.policies).toEqual([{ displayName: 'P', missing: [['mfa']] }])
  })

  it.each([undefined, [], ['cp2'], 'cp', [1], { cp1: true }])(
    'does not challenge a client whose xms_cc is %j',
    async (capabilities) => {
      const stepUp = { ...nothing, contexts: ['c1'] }
      const refusal = await refuse(lacksMfa, { stepUp }, ofEntra({ xms_cc: capabilities }))
      expect([refusal.code, refusal.options.challenge]).toEqual(['policy-not-satisfied', undefined])
    },
  )

  it.each([['CP1'], 'Cp1', ['x', 'cP1']])('challenges a client whose xms_cc is %j', async (capabilities) => {
    const refusal = await refuse(
      lacksMfa,
      { stepUp: { ...nothing, contexts: ['c1'] } },
      ofEntra({ xms_cc: capabilities }),
    )
    expect(refusal.code).toBe('claims-challenge')
  })

  it('challenges a client of Entra whose sign-in is too old for the first context that the tenant names', async () => {
    const old = denied(applied('P', fresh))
    const stepUp = { ...nothing, maxAgeSeconds: 300 }
    const { code, detail, options } = await refuse(old, { stepUp }, ofEntra())
    expect([code, detail]).toEqual([
      'claims-challenge',
      'Cannot enroll: the policy "P" wants a sign-in at most 300 s old.',
    ])
    expect(Buffer.from(options.challenge?.claims ?? '', 'base64').toString()).toContain('"c1"')
    const claim = { kind: 'claim', claim: 'device_compliant', equals: true }
    const without = verifyEntra({}, entraTenant({ complianceProofs: [claim] }))
    expect((await refuse(old, { stepUp }, without)).code).toBe('policy-not-satisfied')
  })

  it.each<readonly [string, StepUp]>([
    ['acr values', { ...nothing, acrValues: ['urn:strong', 'mfa'] }],
    ['an age', { ...nothing, maxAgeSeconds: 300 }],
    ['both', { ...nothing, acrValues: ['mfa'], maxAgeSeconds: 300 }],
  ])('challenges a client of another issuer with %s (RFC 9470)', async (_, stepUp) => {
    const refusal = await refuse(lacksMfa, { stepUp })
    expect([refusal.code, refusal.status]).toEqual(['sign-in-insufficient', 401])
    const { acrValues, maxAgeSeconds } = stepUp
    expect(refusal.options).toMatchObject({
      signIn: { acrValues, maxAgeSeconds },
      failed: { policies: [{}] },
    })
  })

  it('challenges nobody with what the issuer does not understand', async () => {
    const entra = await refuse(lacksMfa, { stepUp: { ...nothing, acrValues: ['mfa'] } }, ofEntra())
    const generic = await refuse(lacksMfa, { stepUp: { ...nothing, contexts: ['c1'] } })
    expect([entra.code, generic.code]).toEqual(['policy-not-satisfied', 'policy-not-satisfied'])
  })
})
