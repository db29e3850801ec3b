import { type FactKind, factKinds, type FactName, type FactValue } from './factKinds.ts'

/** Printable ASCII, and short: facts are kept with the decision that rests on them, and shown. */
const textForm = /^[\x20-\x7e]{1,128}$/

/** Numbers between dots. Text alone: as a number 14.10 would be 14.1. */
const versionForm = /^\d{1,10}(?:\.\d{1,10}){0,7}$/

const kindOf = (fact: FactName): FactKind => factKinds[fact]

const isOf = (kind: FactKind, value: unknown): boolean => {
  if (typeof kind === 'object') return kind.words.some((word) => word === value)
  switch (kind) {
    case 'yesOrNo':
      return typeof value === 'boolean'
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) && value >= 0
    case 'version':
      return typeof value === 'string' && versionForm.test(value)
    case 'text':
      return typeof value === 'string' && textForm.test(value)
  }
}

/** Tells whether something from outside is a value that a fact may have: nothing is converted. */
export const isValueOf = (fact: FactName, value: unknown): value is FactValue => isOf(kindOf(fact), value)

const forms = {
  yesOrNo: 'true or false',
  number: 'a number, 0 or more',
  version: 'numbers between dots as text, such as "10.0.22631"',
  text: '1 to 128 printable ASCII characters',
} as const satisfies Readonly<Record<Exclude<FactKind, object>, string>>

/** Says which values a fact may have. */
export const valuesOf = (fact: FactName): string => {
  const kind = kindOf(fact)
  return typeof kind === 'object' ? `one of ${kind.words.join(', ')}` : forms[kind]
}
