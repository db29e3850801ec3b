import { Refusal } from '../../lib/errors/refusal.ts'
import {
  factKinds,
  type FactName,
  type FactReport,
  type FactValue,
} from '../../lib/policy/signals/factKinds.ts'
import { isValueOf, valuesOf } from '../../lib/policy/signals/isValueOf.ts'
import type { Signal } from '../../lib/policy/signals/signal.ts'
import type { Signals } from '../../lib/policy/signals/signals.ts'
import type { Option } from '../commandLine/option.ts'

const refuse = (why: string) => new Refusal('usage-wrong', `Cannot ask what if: ${why}.`)

/** Facts that every source of theirs is supposed to tell. */
type SupposedFacts = ReadonlyMap<FactName, Signal<FactValue>>

const isFact = (name: string): name is FactName => Object.hasOwn(factKinds, name)

/** Words for what has no value, unless the fact has them for one. */
const signs: Readonly<Record<string, Signal<FactValue>>> = {
  yes: true,
  true: true,
  no: false,
  false: false,
  none: null,
  unknown: undefined,
}

const parseValue = (fact: FactName, text: string): Signal<FactValue> => {
  if (isValueOf(fact, text)) return text
  const number = /^\d{1,12}(\.\d{1,6})?$/.test(text) ? Number(text) : undefined
  if (isValueOf(fact, number)) return number
  const value = signs[text]
  if (Object.hasOwn(signs, text) && (value === undefined || value === null || isValueOf(fact, value)))
    return value
  throw refuse(`--fact ${fact} must be ${valuesOf(fact)}, none or unknown`)
}

const parseFact = (text: string): readonly [FactName, Signal<FactValue>] => {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (name === 'platform') throw refuse('--platform supposes the platform')
  if (isFact(name)) return [name, parseValue(name, value)]
  throw refuse(`--fact must be NAME=VALUE, with one of ${Object.keys(factKinds).join(', ')}`)
}

/** Describes `--fact`. */
export const supposedFacts: Option<SupposedFacts> = {
  value: 'NAME=VALUE',
  help: 'a fact of the device, which every source is supposed to tell, such as secureBoot=yes',
  isRepeatable: true,
  read: (texts = []) => new Map(texts.map(parseFact)),
}

/** Puts supposed facts in place of what sources tell. @throws {Refusal} `usage-wrong` for one that no source tells */
export const withSupposedFacts = (
  reports: Signals['facts'],
  supposed: SupposedFacts,
  at: number,
): Signals['facts'] => {
  const untold = [...supposed.keys()].find((fact) => !reports?.some((report) => report.fact === fact))
  if (untold !== undefined) throw refuse(`the tenant has no source that tells ${untold} of --fact`)
  return reports?.map((report): FactReport =>
    supposed.has(report.fact) ? { ...report, value: supposed.get(report.fact), at } : report,
  )
}
