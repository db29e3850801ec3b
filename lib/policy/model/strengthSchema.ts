import * as z from 'zod'
import { displayName, identifier } from './identifiers.ts'
import type { Strength } from './policy.ts'
import { addReason } from './rejection.ts'

/** Lists Graph's `authenticationMethodModes`. */
const methods = [
  'password',
  'voice',
  'hardwareOath',
  'softwareOath',
  'sms',
  'fido2',
  'windowsHelloForBusiness',
  'microsoftAuthenticatorPush',
  'deviceBasedPush',
  'temporaryAccessPassOneTime',
  'temporaryAccessPassMultiUse',
  'email',
  'x509CertificateSingleFactor',
  'x509CertificateMultiFactor',
  'federatedSingleFactor',
  'federatedMultiFactor',
  'qrCodePin',
] as const

const phishingResistant = ['windowsHelloForBusiness', 'fido2', 'x509CertificateMultiFactor']
const passwordless = [...phishingResistant, 'deviceBasedPush']
const owned = ['microsoftAuthenticatorPush', 'softwareOath', 'hardwareOath', 'sms', 'voice']
const multiFactor = [
  ...passwordless,
  'temporaryAccessPassOneTime',
  'temporaryAccessPassMultiUse',
  ...owned.map((method) => `password,${method}`),
  'federatedMultiFactor',
  ...owned.map((method) => `${method},federatedSingleFactor`),
]

const builtInStrength = (digit: number, name: string, allowedCombinations: readonly string[]): Strength => ({
  id: `00000000-0000-0000-0000-00000000000${digit}`,
  displayName: name,
  allowedCombinations,
})

/** Lists the strengths that every Entra directory has, for policies that name them by id alone. */
export const builtInStrengths: readonly Strength[] = [
  builtInStrength(2, 'Multifactor authentication', multiFactor),
  builtInStrength(3, 'Passwordless MFA', passwordless),
  builtInStrength(4, 'Phishing-resistant MFA', phishingResistant),
]

const combination = z.string().transform((text, context) => {
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find((name) => !methods.some((method) => method === name))
  if (unknown !== undefined)
    addReason(context, text, `${JSON.stringify(unknown)} is no authentication method`)
  return names.join(',')
})

/** Reads an authentication strength: the expanded object that Graph exports, or a built-in one by its id. */
export const strengthSchema = z
  .strictObject({
    id: identifier,
    displayName: displayName.optional(),
    description: z.string().optional(),
    policyType: z.enum(['builtIn', 'custom']).optional(),
    requirementsSatisfied: z.enum(['none', 'mfa']).optional(),
    allowedCombinations: z.array(combination).optional(),
    createdDateTime: z.string().optional(),
    modifiedDateTime: z.string().optional(),
  })
  .transform((given, context): Strength => {
    const builtIn = builtInStrengths.find(({ id }) => id === given.id)
    const allowedCombinations = given.allowedCombinations ?? builtIn?.allowedCombinations
    if (allowedCombinations === undefined)
      addReason(context, given, 'is required, but for built-in strengths', ['allowedCombinations'])
    return {
      id: given.id,
      displayName: given.displayName ?? builtIn?.displayName ?? given.id,
      allowedCombinations: allowedCombinations ?? [],
    }
  })
