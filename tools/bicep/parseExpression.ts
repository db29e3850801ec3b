import { BicepSyntaxError, type Token } from './lex.ts'
import type { Expression, ObjectProperty } from './syntax.ts'
import { Tokens } from './tokens.ts'

/** Operators from weak to strong. */
const levels: readonly (readonly string[])[] = [
  ['??'],
  ['||'],
  ['&&'],
  ['==', '!=', '=~', '!~'],
  ['<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/', '%'],
]

const inner = (tokens: readonly Token[]): Expression => {
  const reader = new Tokens(tokens)
  const expression = parseExpression(reader)
  if (reader.peek().kind !== 'end')
    throw new BicepSyntaxError(reader.line, 'An interpolation has one expression.')
  return expression
}

const textOf = (token: Token & { readonly kind: 'text' }): Expression => ({
  kind: 'text',
  parts: token.parts.map((part) => (typeof part === 'string' ? part : inner(part))),
  line: token.line,
})

/** What ends an item or property: a comma, a line end, or the mark that closes all of them. */
const expectSeparator = (tokens: Tokens, closing: string): void => {
  if (tokens.takes(',') || tokens.peek().kind === 'newline' || tokens.sees(closing)) return
  throw new BicepSyntaxError(tokens.line, `Expected ",", a line end or ${JSON.stringify(closing)}.`)
}

const keyOf = (tokens: Tokens): string | Expression => {
  const token = tokens.peek()
  if (token.kind !== 'text') return tokens.word()
  tokens.next()
  const text = textOf(token)
  return token.parts.every((part) => typeof part === 'string') ? token.parts.join('') : text
}

const parseObject = (tokens: Tokens): Expression => {
  const { line } = tokens
  const properties: ObjectProperty[] = []
  tokens.expect('{')
  for (tokens.skipNewlines(); !tokens.takes('}'); tokens.skipNewlines()) {
    const at = tokens.line
    const key = keyOf(tokens)
    tokens.expect(':')
    properties.push({ key, value: parseExpression(tokens), line: at })
    expectSeparator(tokens, '}')
  }
  return { kind: 'object', properties, line }
}

const parseNames = (tokens: Tokens): readonly string[] => {
  if (!tokens.takes('(')) return [tokens.word()]
  const names: string[] = []
  while (!tokens.takes(')')) {
    names.push(tokens.word())
    tokens.takes(',')
  }
  return names
}

const parseFor = (tokens: Tokens): Expression => {
  const { line } = tokens
  tokens.expect('for')
  const names = parseNames(tokens)
  tokens.expect('in')
  const over = parseExpression(tokens)
  tokens.expect(':')
  const body = tokens.sees('if') ? parseCondition(tokens) : parseExpression(tokens)
  tokens.skipNewlines()
  tokens.expect(']')
  return { kind: 'for', names, in: over, body, line }
}

const parseArray = (tokens: Tokens): Expression => {
  const { line } = tokens
  const items: Expression[] = []
  tokens.expect('[')
  tokens.skipNewlines()
  if (tokens.sees('for')) return parseFor(tokens)
  for (; !tokens.takes(']'); tokens.skipNewlines()) {
    items.push(parseExpression(tokens))
    expectSeparator(tokens, ']')
  }
  return { kind: 'array', items, line }
}

/** Parses `if (...) { ... }` of a resource, module or loop. */
export const parseCondition = (tokens: Tokens): Expression => {
  const { line } = tokens
  tokens.expect('if')
  tokens.expect('(')
  const when = parseExpression(tokens)
  tokens.expect(')')
  return { kind: 'condition', when, body: parseExpression(tokens), line }
}

const parseInputs = (tokens: Tokens): readonly Expression[] => {
  const inputs: Expression[] = []
  tokens.expect('(')
  for (tokens.skipNewlines(); !tokens.takes(')'); tokens.skipNewlines()) {
    inputs.push(parseExpression(tokens))
    tokens.skipNewlines()
    if (!tokens.takes(',') && !tokens.sees(')'))
      throw new BicepSyntaxError(tokens.line, 'Expected "," or ")".')
  }
  return inputs
}

const parseWord = (tokens: Tokens): Expression => {
  const { line } = tokens
  const name = tokens.word()
  if (name === 'null') return { kind: 'null', line }
  if (name === 'true' || name === 'false') return { kind: 'flag', value: name === 'true', line }
  return tokens.sees('(')
    ? { kind: 'call', function: name, inputs: parseInputs(tokens), line }
    : { kind: 'name', name, line }
}

const parsePrimary = (tokens: Tokens): Expression => {
  const token = tokens.peek()
  const { line } = token
  if (tokens.isLambda()) {
    const names = parseNames(tokens)
    tokens.expect('=>')
    return { kind: 'lambda', names, body: parseExpression(tokens), line }
  }
  if (token.kind === 'text') return (tokens.next(), textOf(token))
  if (token.kind === 'number') return (tokens.next(), { kind: 'number', value: Number(token.text), line })
  if (token.kind === 'word') return parseWord(tokens)
  if (tokens.sees('{')) return parseObject(tokens)
  if (tokens.sees('[')) return parseArray(tokens)
  tokens.expect('(')
  tokens.skipNewlines()
  const grouped = parseExpression(tokens)
  tokens.skipNewlines()
  tokens.expect(')')
  return grouped
}

const parsePostfix = (tokens: Tokens): Expression => {
  let of = parsePrimary(tokens)
  for (;;) {
    const { line } = tokens
    if (tokens.takes('.') || tokens.takes('.?')) of = { kind: 'member', of, name: tokens.word(), line }
    else if (tokens.takes('[') || tokens.takes('[?')) {
      of = { kind: 'index', of, at: parseExpression(tokens), line }
      tokens.expect(']')
    } else if (tokens.takes('!')) of = { kind: 'operation', mark: 'not null', operands: [of], line }
    else return of
  }
}

const parseUnary = (tokens: Tokens): Expression => {
  const { line } = tokens
  const mark = ['!', '-'].find((one) => tokens.takes(one))
  return mark === undefined
    ? parsePostfix(tokens)
    : { kind: 'operation', mark, operands: [parseUnary(tokens)], line }
}

const parseLevel = (tokens: Tokens, level: number): Expression => {
  const marks = levels[level]
  if (!marks) return parseUnary(tokens)
  let left = parseLevel(tokens, level + 1)
  for (;;) {
    const { line } = tokens
    const mark = marks.find((one) => tokens.takes(one))
    if (mark === undefined) return left
    left = { kind: 'operation', mark, operands: [left, parseLevel(tokens, level + 1)], line }
  }
}

/** A `?` or `:` of a choice may begin the next line. */
const continues = (tokens: Tokens, mark: string): boolean => {
  let ahead = 0
  while (tokens.peek(ahead).kind === 'newline') ahead++
  if (!tokens.sees(mark, ahead)) return false
  tokens.skipNewlines()
  return tokens.takes(mark)
}

/** Parses an expression. @throws {BicepSyntaxError} */
export function parseExpression(tokens: Tokens): Expression {
  const { line } = tokens
  const when = parseLevel(tokens, 0)
  if (!continues(tokens, '?')) return when
  const yes = parseExpression(tokens)
  if (!continues(tokens, ':')) throw new BicepSyntaxError(tokens.line, 'Expected ":" of a choice.')
  return { kind: 'choice', when, yes, no: parseExpression(tokens), line }
}
