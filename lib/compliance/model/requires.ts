import * as z from 'zod'
import { type FactName, threatLevels } from '../../policy/signals/factKinds.ts'
import type { Requirement } from './compliancePolicy.ts'
import type { SettingReader, SettingWords } from './settingReader.ts'

/** Reads a switch, which asks for something when it is on. */
const whenOn =
  (requirement: Requirement, words: SettingWords): SettingReader =>
  (name) =>
    z
      .boolean()
      .optional()
      .transform((isOn) => (isOn ? { name, ...words, requirements: [requirement] } : undefined))

/** Reads a switch that asks for a yes to a fact. */
export const requires = (fact: FactName, wanted: string, deed: string): SettingReader =>
  whenOn({ fact, kind: 'is', value: true }, { wanted, deed })

/** Bounds the age of antivirus signatures, as Windows does by itself before it calls them out of date. */
const maxSignatureAgeDays = 7

export const requiresNewSignatures: SettingReader = whenOn(
  { fact: 'antivirusSignatureAgeDays', kind: 'atMost', value: maxSignatureAgeDays },
  {
    wanted: `antivirus signatures of the last ${maxSignatureAgeDays} days`,
    deed: 'update the signatures of the antivirus',
  },
)

/** Reads the least length of passwords; 0 asks for nothing. */
export const requiresLength: SettingReader = (name) =>
  z
    .int()
    .min(0, 'must be at least 0')
    .max(1_000, 'must be at most 1000')
    .optional()
    .transform((value = 0) => {
      const wanted = `passwords of at least ${value} characters`
      const deed = `have the device ask for ${wanted}`
      const requirements = [{ fact: 'passwordMinimumCharacters', kind: 'atLeast', value } as const]
      return value === 0 ? undefined : { name, wanted, deed, requirements }
    })

const levelWords: Readonly<Record<(typeof threatLevels)[number], string>> = {
  secured: 'no threat',
  low: 'no threat above low',
  medium: 'no threat above medium',
  high: 'a threat level that is known',
}

/** Reads the highest level of threat that a device may have; Graph writes `unavailable` or `notSet` for none. */
export const requiresThreatLevel: SettingReader = (name) =>
  z
    .enum(['unavailable', 'notSet', ...threatLevels])
    .optional()
    .transform((level = 'notSet') => {
      if (level === 'unavailable' || level === 'notSet') return undefined
      const values = threatLevels.slice(0, threatLevels.indexOf(level) + 1)
      const requirements = [{ fact: 'threatLevel', kind: 'isOneOf', values } as const]
      return {
        name,
        wanted: levelWords[level],
        deed: 'have the threat defence remove what it found',
        requirements,
      }
    })
