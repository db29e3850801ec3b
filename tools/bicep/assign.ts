import { infer, itemOf, type Scope, within } from './infer.ts'
import type { ObjectShape, Shape } from './shape.ts'
import { type Expression, plainText } from './syntax.ts'

const nameOf = (shape: Shape): string =>
  'literals' in shape && shape.literals ? shape.literals.join(' | ') : shape.kind

const literalOf = (value: Expression): string | number | boolean | undefined =>
  value.kind === 'number' || value.kind === 'flag' ? value.value : plainText(value)

const isOneOf = (value: Expression, shape: Shape): boolean => {
  const literal = literalOf(value)
  return (
    literal === undefined || !('literals' in shape) || !shape.literals || shape.literals.includes(literal)
  )
}

const assignObject = (
  value: Expression & { readonly kind: 'object' },
  shape: ObjectShape,
  scope: Scope,
): void => {
  const given = new Set<string>()
  for (const { key, value: part, line } of value.properties) {
    if (typeof key !== 'string') {
      infer(key, scope)
      continue
    }
    const member = shape.member(key)
    if (given.has(key)) scope.report('BCP025', line, `${key} is given twice.`)
    given.add(key)
    if (!member)
      scope.report('BCP037', line, `There is no property ${key}, but ${shape.names.join(', ') || 'none'}.`)
    else if (member.readOnly) scope.report('BCP073', line, `${key} is given by Azure and cannot be set.`)
    if (member) assign(part, member.required ? member.shape : { kind: 'optional', of: member.shape }, scope)
    else infer(part, scope)
  }
  const missing = shape.names.filter((name) => {
    const member = shape.member(name)
    return member?.required === true && !member.readOnly && !given.has(name)
  })
  if (missing.length > 0) scope.report('BCP035', value.line, `Missing: ${missing.join(', ')}.`)
}

/** Members that an object has already, as of a variable or an output, against those that are wanted. */
const fits = (actual: Shape, wanted: Shape): boolean => {
  if (actual.kind === 'any' || wanted.kind === 'any') return true
  if (wanted.kind === 'optional')
    return actual.kind === 'null' || fits(actual.kind === 'optional' ? actual.of : actual, wanted.of)
  if (actual.kind === 'array' && wanted.kind === 'array') return fits(actual.item, wanted.item)
  if (actual.kind === 'object' && wanted.kind === 'object')
    return (
      actual.names.every((name) => wanted.member(name) !== undefined) &&
      wanted.names.every(
        (name) => wanted.member(name)?.required !== true || actual.member(name) !== undefined,
      )
    )
  return actual.kind === wanted.kind
}

/** Values that are there as they are written, and so are never null. */
const written: ReadonlySet<Expression['kind']> = new Set(['object', 'array', 'for', 'text', 'number', 'flag'])

/** Checks that a value is what is wanted, part by part, and tells where it is not. */
export function assign(value: Expression, wanted: Shape, scope: Scope): void {
  if (wanted.kind === 'optional' && written.has(value.kind)) return assign(value, wanted.of, scope)
  if (value.kind === 'object' && wanted.kind === 'object') return assignObject(value, wanted, scope)
  if (value.kind === 'array' && wanted.kind === 'array') {
    for (const item of value.items) assign(item, wanted.item, scope)
    return
  }
  if (value.kind === 'for' && wanted.kind === 'array') {
    const item = itemOf(infer(value.in, scope))
    return assign(value.body, wanted.item, within(scope, value.names, item))
  }
  if (value.kind === 'choice') {
    infer(value.when, scope)
    assign(value.yes, wanted, scope)
    return assign(value.no, wanted, scope)
  }
  const actual = infer(value, scope)
  if (!fits(actual, wanted) || !isOneOf(value, wanted))
    scope.report(
      'BCP036',
      value.line,
      `Wanted ${nameOf(wanted)}, and it is ${literalOf(value) ?? actual.kind}.`,
    )
}
