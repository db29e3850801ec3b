import * as z from 'zod'
import type { LivePolicy, SignInFrequency } from './policy.ts'
import { addReason } from './rejection.ts'

/** Bounds the age of a sign-in under `everyTime`: it is some minutes old when its token has come here. */
const everyTimeSeconds = 300

const unitSeconds = { hours: 3_600, days: 86_400 } as const

const signInFrequency = z
  .strictObject({
    isEnabled: z.boolean().default(true),
    frequencyInterval: z.enum(['timeBased', 'everyTime']).default('timeBased'),
    authenticationType: z
      .enum(['primaryAndSecondaryAuthentication', 'secondaryAuthentication'])
      .default('primaryAndSecondaryAuthentication'),
    type: z.enum(['hours', 'days']).optional(),
    value: z.int().min(1, 'must be at least 1').max(10_000, 'must be at most 10000').optional(),
  })
  .transform((given, context): SignInFrequency | undefined => {
    if (!given.isEnabled) return undefined
    if (given.authenticationType === 'secondaryAuthentication')
      addReason(context, given, 'no token says when the second factor alone was shown', [
        'authenticationType',
      ])
    if (given.frequencyInterval === 'everyTime') return { seconds: everyTimeSeconds, everyTime: true }
    const { type, value } = given
    if (type === undefined) addReason(context, given, 'is required', ['type'])
    if (value === undefined) addReason(context, given, 'is required', ['value'])
    return { seconds: (value ?? 0) * unitSeconds[type ?? 'hours'], everyTime: false }
  })

/** Says whether a control that means nothing for a certificate is set at all. */
const isSet = (control: unknown): boolean =>
  control !== undefined &&
  control !== false &&
  !(typeof control === 'object' && control !== null && 'isEnabled' in control && control.isEnabled === false)

/** Reads the session controls of a policy, and takes those that mean nothing for a certificate as they are. */
export const sessionControlsSchema = z
  .strictObject({
    signInFrequency: signInFrequency.optional(),
    applicationEnforcedRestrictions: z.unknown().optional(),
    cloudAppSecurity: z.unknown().optional(),
    disableResilienceDefaults: z.unknown().optional(),
    persistentBrowser: z.unknown().optional(),
    secureSignInSession: z.unknown().optional(),
  })
  .transform(
    ({ signInFrequency: frequency, ...others }): Pick<LivePolicy, 'signInFrequency' | 'meaningless'> => ({
      signInFrequency: frequency,
      meaningless: Object.entries(others)
        .filter(([, control]) => isSet(control))
        .map(([name]) => name),
    }),
  )
