import type { FailedPolicies, FailedSetting } from '../lib/errors/refusal.ts'
import { jsonMember } from '../lib/json/parseJson.ts'
import { printable } from './printable.ts'

const mostSettings = 50

const textIn = (document: unknown, name: string): string => {
  const value = jsonMember(document, name)
  return typeof value === 'string' ? printable(value) : ''
}

const settingIn = (item: unknown): readonly FailedSetting[] => {
  const setting = textIn(item, 'setting')
  if (setting === '') return []
  const [policy = '', wanted = '', actual = '', remedy = ''] = ['policy', 'wanted', 'actual', 'remedy'].map(
    (name) => textIn(item, name),
  )
  return [{ policy, setting, wanted, actual, remedy }]
}

/**
 * Reads the settings of compliance policies that a problem document names.
 * @returns undefined where it names none. What is no setting is passed over: the service may be newer than this program.
 */
export const readFailed = (document: unknown): FailedPolicies | undefined => {
  const items = jsonMember(document, 'settings')
  const settings = Array.isArray(items) ? items.slice(0, mostSettings).flatMap(settingIn) : []
  if (settings.length === 0) return undefined
  return { policies: [], settings, remediation: textIn(document, 'remediation') }
}
