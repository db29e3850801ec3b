/** Reads a property of a row, its keys included; undefined when the row has none of the name. */
export type PropertyOf = (name: string) => unknown

/** A filter as rows are held against it. */
export interface Filter {
  readonly matches: (property: PropertyOf) => boolean
  /** The one partition that can match, where the filter names it: the others need not be looked at. */
  readonly partition?: string
}

const comparisons: Readonly<Record<string, (left: string, right: string) => boolean>> = {
  eq: (left, right) => left === right,
  ne: (left, right) => left !== right,
  ge: (left, right) => left >= right,
  gt: (left, right) => left > right,
  le: (left, right) => left <= right,
  lt: (left, right) => left < right,
}

/** A text in quotes, where a quote within is doubled; a word; or a parenthesis. */
const tokenForm = /\s*('(?:[^']|'')*'|\w+|[()])/y

const tokensOf = (text: string): string[] | undefined => {
  const tokens: string[] = []
  const form = new RegExp(tokenForm)
  while (form.lastIndex < text.trimEnd().length) {
    const [, token] = form.exec(text) ?? []
    if (token === undefined) return undefined
    tokens.push(token)
  }
  return tokens
}

const unquoted = (token: string | undefined): string | undefined =>
  token?.startsWith("'") ? token.slice(1, -1).replaceAll("''", "'") : undefined

const comparisonFrom = (tokens: string[]): Filter | undefined => {
  const [name = '', operator = '', quoted] = tokens.splice(0, 3)
  const compare = Object.hasOwn(comparisons, operator) ? comparisons[operator] : undefined
  const value = unquoted(quoted)
  if (!compare || value === undefined) return undefined
  const matches = (property: PropertyOf) => {
    const found = property(name)
    return typeof found === 'string' && compare(found, value)
  }
  return name === 'PartitionKey' && operator === 'eq' ? { matches, partition: value } : { matches }
}

const termFrom = (tokens: string[]): Filter | undefined => {
  if (tokens[0] !== '(') return comparisonFrom(tokens)
  tokens.shift()
  const inner = disjunctionFrom(tokens)
  return tokens.shift() === ')' ? inner : undefined
}

/** Reads terms between which a word stands; undefined when one of them cannot be read. */
const termsFrom = (
  tokens: string[],
  word: string,
  read: (tokens: string[]) => Filter | undefined,
): readonly Filter[] | undefined => {
  const terms = [read(tokens)]
  while (tokens[0] === word) {
    tokens.shift()
    terms.push(read(tokens))
  }
  return terms.every((term) => term !== undefined) ? terms : undefined
}

const conjunctionFrom = (tokens: string[]): Filter | undefined => {
  const terms = termsFrom(tokens, 'and', termFrom)
  if (!terms) return undefined
  const partition = terms.find((term) => term.partition !== undefined)?.partition
  const matches: Filter['matches'] = (property) => terms.every((term) => term.matches(property))
  return partition === undefined ? { matches } : { matches, partition }
}

const disjunctionFrom = (tokens: string[]): Filter | undefined => {
  const terms = termsFrom(tokens, 'or', conjunctionFrom)
  const [only, another] = terms ?? []
  if (!another) return only
  return { matches: (property) => terms?.some((term) => term.matches(property)) ?? false }
}

/**
 * Parses the part of an OData `$filter` that this project sends: comparisons of texts, `and`, `or` and parentheses.
 * @returns undefined for anything else.
 */
export const parseFilter = (text: string): Filter | undefined => {
  const tokens = tokensOf(text)
  const filter = tokens && disjunctionFrom(tokens)
  return tokens?.length === 0 ? filter : undefined
}
