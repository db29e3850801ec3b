import { Refusal } from '../../lib/errors/refusal.ts'
import type { OptionValues } from './command.ts'

/** The text of an option that must be given. @throws {Refusal} `usage-wrong` */
export const requiredOption = (values: OptionValues, name: string): string => {
  const value = values[name]
  if (typeof value === 'string' && value !== '') return value
  throw new Refusal('usage-wrong', `Cannot run the command: --${name} is missing.`)
}

/** The text of an option that may be given. */
export const optionalOption = (values: OptionValues, name: string): string | undefined => {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}
