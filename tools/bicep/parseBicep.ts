import { BicepSyntaxError, lex } from './lex.ts'
import { parseCondition, parseExpression } from './parseExpression.ts'
import type { Decorator, Expression, Statement, TypeExpression, TypeMember } from './syntax.ts'
import { plainText } from './syntax.ts'
import { Tokens } from './tokens.ts'

/** A file as it was read. */
export interface BicepFile {
  readonly statements: readonly Statement[]
  /** Codes that are switched off, by line. */
  readonly disabled: ReadonlyMap<number, readonly string[]>
}

const parseDecorators = (tokens: Tokens): readonly Decorator[] => {
  const decorators: Decorator[] = []
  for (tokens.skipNewlines(); tokens.takes('@'); tokens.skipNewlines()) {
    const call = parseExpression(tokens)
    if (call.kind !== 'call') throw new BicepSyntaxError(call.line, 'A decorator is a call.')
    decorators.push({ name: call.function, inputs: call.inputs })
  }
  return decorators
}

const parseShape = (tokens: Tokens): TypeExpression => {
  const { line } = tokens
  const members: TypeMember[] = []
  tokens.expect('{')
  for (tokens.skipNewlines(); !tokens.takes('}'); tokens.skipNewlines()) {
    const decorators = parseDecorators(tokens)
    const name = tokens.takes('*') ? '*' : tokens.word()
    tokens.expect(':')
    members.push({ name, type: parseType(tokens), decorators })
    tokens.takes(',')
  }
  return { kind: 'shape', members, line }
}

const parseSimpleType = (tokens: Tokens): TypeExpression => {
  const token = tokens.peek()
  const { line } = token
  if (tokens.sees('{')) return parseShape(tokens)
  const value = parseExpressionOfType(tokens)
  return typeof value === 'string' ? { kind: 'named', name: value, line } : { ...value, line }
}

const parseExpressionOfType = (
  tokens: Tokens,
): string | { kind: 'literal'; value: string | number | boolean } => {
  const token = tokens.next()
  if (token.kind === 'text')
    return {
      kind: 'literal',
      value: token.parts.map((part) => (typeof part === 'string' ? part : '')).join(''),
    }
  if (token.kind === 'number') return { kind: 'literal', value: Number(token.text) }
  if (token.kind === 'word' && /^(true|false)$/.test(token.text))
    return { kind: 'literal', value: token.text === 'true' }
  if (token.kind === 'word') return token.text
  throw new BicepSyntaxError(token.line, 'Expected a type.')
}

const parseSuffixed = (tokens: Tokens): TypeExpression => {
  let type = parseSimpleType(tokens)
  for (;;) {
    const { line } = tokens
    if (tokens.sees('[') && tokens.sees(']', 1)) {
      tokens.expect('[')
      tokens.expect(']')
      type = { kind: 'arrayOf', item: type, line }
    } else if (tokens.takes('?')) type = { kind: 'optional', type, line }
    else return type
  }
}

/** Parses a type. @throws {BicepSyntaxError} */
const parseType = (tokens: Tokens): TypeExpression => {
  const { line } = tokens
  const members = [parseSuffixed(tokens)]
  while (tokens.takes('|')) members.push(parseSuffixed(tokens))
  const [only] = members
  return members.length === 1 && only ? only : { kind: 'union', members, line }
}

const expectText = (tokens: Tokens): string => {
  const text = plainText(parseExpression(tokens))
  if (text === undefined) throw new BicepSyntaxError(tokens.line, 'Expected a text.')
  return text
}

const parseBody = (tokens: Tokens): Expression => {
  tokens.expect('=')
  return tokens.sees('if') ? parseCondition(tokens) : parseExpression(tokens)
}

const parseImport = (tokens: Tokens, line: number): Statement => {
  const names: string[] = []
  tokens.expect('{')
  for (tokens.skipNewlines(); !tokens.takes('}'); tokens.skipNewlines()) {
    names.push(tokens.word())
    tokens.takes(',')
  }
  tokens.expect('from')
  return { kind: 'import', line, names, from: expectText(tokens) }
}

const parseParam = (
  tokens: Tokens,
  declared: { line: number; name: string; decorators: readonly Decorator[] },
): Statement => {
  const isTyped = !tokens.sees('=')
  const type = isTyped ? parseType(tokens) : undefined
  return { kind: 'param', ...declared, type, value: tokens.takes('=') ? parseExpression(tokens) : undefined }
}

const parseStatement = (tokens: Tokens): Statement => {
  const decorators = parseDecorators(tokens)
  const { line } = tokens
  const keyword = tokens.word()
  if (keyword === 'targetScope')
    return { kind: 'scope', line, value: (tokens.expect('='), expectText(tokens)) }
  if (keyword === 'using') return { kind: 'using', line, value: expectText(tokens) }
  if (keyword === 'import') return parseImport(tokens, line)
  const declared = { line, name: tokens.word(), decorators }
  switch (keyword) {
    case 'param':
      return parseParam(tokens, declared)
    case 'var':
      return { kind: 'var', ...declared, value: parseBody(tokens) }
    case 'type':
      return { kind: 'type', ...declared, type: (tokens.expect('='), parseType(tokens)) }
    case 'resource': {
      const of = expectText(tokens)
      return {
        kind: 'resource',
        ...declared,
        of,
        existing: tokens.takes('existing'),
        value: parseBody(tokens),
      }
    }
    case 'module':
      return { kind: 'module', ...declared, of: expectText(tokens), value: parseBody(tokens) }
    case 'output':
      return { kind: 'output', ...declared, type: parseType(tokens), value: parseBody(tokens) }
    default:
      throw new BicepSyntaxError(line, `There is no statement ${keyword} here.`)
  }
}

/** Parses the part of Bicep that infra/ is written in. @throws {BicepSyntaxError} on all else. */
export const parseBicep = (source: string): BicepFile => {
  const { tokens: all, disabled } = lex(source)
  const tokens = new Tokens(all)
  const statements: Statement[] = []
  for (tokens.skipNewlines(); tokens.peek().kind !== 'end'; tokens.skipNewlines()) {
    statements.push(parseStatement(tokens))
    if (tokens.peek().kind !== 'newline' && tokens.peek().kind !== 'end')
      throw new BicepSyntaxError(tokens.line, 'Expected the end of a statement.')
  }
  return { statements, disabled }
}
