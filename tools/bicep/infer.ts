import { any, objectOf, type Shape } from './shape.ts'
import type { Expression } from './syntax.ts'

/** What names stand for where an expression is. */
export interface Scope {
  /** @returns undefined when nothing of this name is declared. */
  readonly find: (name: string) => Shape | undefined
  /** Tells of a fault: its code, where Bicep has one, the line and a sentence. */
  readonly report: (code: string, line: number, message: string) => void
}

/** What each function returns; those of the list `any` return what their inputs say. */
const functions: Readonly<Record<string, Shape['kind']>> = {
  ...Object.fromEntries(
    [
      'cidrSubnet',
      'format',
      'guid',
      'join',
      'loadTextContent',
      'replace',
      'resourceId',
      'string',
      'subscriptionResourceId',
    ]
      .concat(['substring', 'toLower', 'toUpper', 'uniqueString', 'readEnvironmentVariable'])
      .map((name) => [name, 'string'] as const),
  ),
  ...Object.fromEntries(['contains', 'empty', 'startsWith'].map((name) => [name, 'bool'] as const)),
  ...Object.fromEntries(['length', 'min', 'max', 'int'].map((name) => [name, 'int'] as const)),
  ...Object.fromEntries(
    [
      'concat',
      'environment',
      'filter',
      'items',
      'map',
      'resourceGroup',
      'subscription',
      'tenant',
      'union',
    ].map((name) => [name, 'any'] as const),
  ),
}

const plain = (kind: Shape['kind'] | undefined): Shape =>
  kind === 'string' || kind === 'int' || kind === 'bool' ? { kind } : any

/** What the loop variables of `in` are. */
export const itemOf = (shape: Shape): Shape => (shape.kind === 'array' ? shape.item : any)

/** The scope within a loop or lambda; an index comes second. */
export const within = (scope: Scope, names: readonly string[], item: Shape): Scope => ({
  ...scope,
  find: (name) => {
    const at = names.indexOf(name)
    if (at < 0) return scope.find(name)
    return at === 0 ? item : { kind: 'int' }
  },
})

const entriesOf = (shape: Shape): Shape => {
  const value = shape.kind === 'object' ? (shape.member('*')?.shape ?? any) : any
  return { kind: 'array', item: objectOf({ key: { kind: 'string' }, value }) }
}

const inferCall = (call: Expression & { readonly kind: 'call' }, scope: Scope): Shape => {
  const [first, second] = call.inputs
  if (!(call.function in functions))
    scope.report('BCP082', call.line, `There is no function ${call.function}.`)
  const source = first ? infer(first, scope) : any
  if (second?.kind === 'lambda') {
    const item = infer(second.body, within(scope, second.names, itemOf(source)))
    return call.function === 'map' ? { kind: 'array', item } : source
  }
  for (const input of call.inputs.slice(1)) infer(input, scope)
  if (call.function === 'items') return entriesOf(source)
  return call.function === 'concat' ? source : plain(functions[call.function])
}

const inferMember = (of: Shape, { name, line }: { name: string; line: number }, scope: Scope): Shape => {
  if (of.kind === 'optional') return inferMember(of.of, { name, line }, scope)
  if (of.kind !== 'object') return any
  const member = of.member(name)
  if (!member)
    scope.report('BCP053', line, `There is no ${name} here, but ${of.names.join(', ') || 'nothing'}.`)
  return member?.shape ?? any
}

const inferOperation = (mark: string, shapes: readonly Shape[]): Shape => {
  if (['+', '-', '*', '/', '%'].includes(mark)) return { kind: 'int' }
  if (mark === '??') return shapes[1] ?? any
  const [first = any] = shapes
  if (mark === 'not null') return first.kind === 'optional' ? first.of : first
  return { kind: 'bool' }
}

const inferObject = (object: Expression & { readonly kind: 'object' }, scope: Scope): Shape => {
  const members = object.properties.map(({ key, value }) => {
    if (typeof key !== 'string') infer(key, scope)
    return [typeof key === 'string' ? key : '', infer(value, scope)] as const
  })
  return members.some(([key]) => key === '') ? any : objectOf(Object.fromEntries(members))
}

/** Kinds that differ make no more than any. */
const joined = (shapes: readonly Shape[]): Shape => {
  const [first] = shapes
  return first &&
    shapes.every(({ kind }) => kind === first.kind) &&
    first.kind !== 'object' &&
    first.kind !== 'array'
    ? plain(first.kind)
    : any
}

/** Finds out what an expression is, and tells of names and members that there are not. */
export function infer(expression: Expression, scope: Scope): Shape {
  switch (expression.kind) {
    case 'text':
      for (const part of expression.parts) if (typeof part !== 'string') infer(part, scope)
      return { kind: 'string' }
    case 'number':
      return { kind: 'int' }
    case 'flag':
      return { kind: 'bool' }
    case 'null':
      return { kind: 'null' }
    case 'name': {
      const found = scope.find(expression.name)
      if (!found) scope.report('BCP057', expression.line, `There is no ${expression.name}.`)
      return found ?? any
    }
    case 'object':
      return inferObject(expression, scope)
    case 'array': {
      const items = expression.items.map((item) => infer(item, scope))
      return { kind: 'array', item: joined(items) }
    }
    case 'for': {
      const item = itemOf(infer(expression.in, scope))
      return { kind: 'array', item: infer(expression.body, within(scope, expression.names, item)) }
    }
    case 'member':
      return inferMember(infer(expression.of, scope), expression, scope)
    case 'index':
      infer(expression.at, scope)
      return itemOf(infer(expression.of, scope))
    case 'call':
      return inferCall(expression, scope)
    case 'lambda':
      return infer(expression.body, within(scope, expression.names, any))
    case 'choice':
      infer(expression.when, scope)
      return joined([infer(expression.yes, scope), infer(expression.no, scope)])
    case 'operation':
      return inferOperation(
        expression.mark,
        expression.operands.map((operand) => infer(operand, scope)),
      )
    case 'condition':
      infer(expression.when, scope)
      return infer(expression.body, scope)
  }
}
