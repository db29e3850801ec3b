import * as z from 'zod'
import { platforms } from '../policy/signals/signal.ts'
import { guestTypes, insiderRiskLevels, riskLevels, transferMethods } from '../policy/signals/signals.ts'
import { claimName, claimValue, text } from './claimName.ts'
import { factMapping } from './factMapping.ts'

/**
 * Reads one of Graph's words: by a claim that has it as it is, or by a table of what the claim has instead; null in the
 * table means that there is none, as a fact.
 */
const wordOf = <const Words extends readonly string[]>(words: Words) =>
  z.union([claimName, z.strictObject({ claim: claimName, values: z.record(text, z.enum(words).nullable()) })])

const country = z.union([
  claimName.refine(
    (name) => !['ctry', 'tenant_ctry'].includes(name),
    'the country of the user or of the directory is not that of the sign-in',
  ),
  /** The database of the deployment tells it by the address that the request comes from. */
  z.strictObject({ by: z.literal('clientIp') }),
])

const guest = z.strictObject({
  claim: claimName,
  /** The value that members have; any other is that of a guest. */
  member: claimValue,
  type: wordOf(guestTypes).optional(),
  /** The claim with the id of the guest's own directory. */
  homeTenant: claimName.optional(),
})

const device = z.strictObject({
  /** Claims by the names that device filters have for attributes, such as `trustType`. */
  attributes: z.record(
    z.string().regex(/^[a-z][A-Za-z]{1,30}\d{0,2}$/, 'an attribute of a device'),
    claimName,
  ),
  /** Tells of a device that the directory has no record of. */
  noRecord: z.strictObject({ claim: claimName, equals: claimValue }).optional(),
})

/** Says which claims of an issuer's tokens tell which signals. A signal that is not named is unknown. */
export const signalSources = z.strictObject({
  guest: guest.optional(),
  /** Ids. */
  groups: claimName.optional(),
  /** Ids of role templates. */
  roles: claimName.optional(),
  country: country.optional(),
  platform: wordOf(platforms).optional(),
  device: device.optional(),
  signInRisk: wordOf(riskLevels).optional(),
  userRisk: wordOf(riskLevels).optional(),
  insiderRisk: wordOf(insiderRiskLevels).optional(),
  transferMethod: wordOf(transferMethods).optional(),
  /** NumericDate. */
  authTime: claimName.optional(),
  /** Facts of the device, for compliance policies. */
  facts: factMapping.optional(),
})

/** Claims by signal. */
export type SignalSources = z.output<typeof signalSources>
