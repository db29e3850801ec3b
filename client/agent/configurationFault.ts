import { parse } from 'smol-toml'
import type { z } from 'zod'

/** Something that is wrong with mayfly.toml. */
export interface ConfigurationFault {
  /** Of the file, from 1; undefined where no line can be told. */
  readonly line: number | undefined
  /** Where, from the top of the file: `credentials[0].token.kind`. */
  readonly path: string
  /** What is wrong, in words that follow the path and a colon. */
  readonly reason: string
}

/** A fault before its line is known. */
export type Found = Pick<ConfigurationFault, 'reason'> & { readonly members: readonly PropertyKey[] }

/** Writes a path the way programs do. */
const pathOf = (members: readonly PropertyKey[]): string =>
  members.reduce<string>((path, member) => {
    if (typeof member === 'number') return `${path}[${member}]`
    const name = String(member)
    const shown = /^[\w-]+$/.test(name) ? name : JSON.stringify(name)
    return path === '' ? shown : `${path}.${shown}`
  }, '') || 'the file'

/** Prints a fault in a line. */
export const printFault = ({ line, path, reason }: ConfigurationFault): string =>
  `${line === undefined ? '' : `line ${line}, `}${path}: ${reason}`

const typeWords: Readonly<Record<string, string>> = {
  string: 'a text',
  array: 'a list',
  object: 'a table',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
}

const reasonOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code !== 'invalid_type') return issue.message
  return issue.input === undefined ? 'is missing' : `must be ${typeWords[issue.expected] ?? issue.expected}`
}

/** Tells of each issue that zod found (asked to report inputs), and of each unknown member on its own. */
export const foundIn = (issues: readonly z.core.$ZodIssue[]): readonly Found[] =>
  issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ members: [...issue.path, key], reason: 'there is no such member' }))
      : [{ members: issue.path, reason: reasonOf(issue) }],
  )

const parsed = (text: string): unknown => {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}

const member = (value: unknown, name: PropertyKey): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<PropertyKey, unknown>>)[name]
    : undefined

/** How many members of a path a document has, from the top. */
const depthIn = (document: unknown, members: readonly PropertyKey[]): number => {
  let value = document
  for (const [depth, name] of members.entries()) {
    value = member(value, name)
    if (value === undefined) return depth
  }
  return members.length
}

/**
 * Finds the line in which a member begins, or what should have it: where the beginning of the file that ends there first has
 * it. The parser tells no lines, and only it knows where a text over several lines ends.
 */
const linesOf = (
  text: string,
  paths: readonly (readonly PropertyKey[])[],
): readonly (number | undefined)[] => {
  const lines = text.split('\n')
  const best = paths.map(() => ({ depth: 0, line: undefined as number | undefined }))
  let begun = 1
  for (const index of lines.keys()) {
    const document = parsed(lines.slice(0, index + 1).join('\n'))
    if (document === undefined) continue
    for (const [at, members] of paths.entries()) {
      const depth = depthIn(document, members)
      if (depth > (best[at]?.depth ?? 0)) best[at] = { depth, line: begun }
    }
    begun = index + 2
  }
  return best.map(({ line }) => line)
}

/** Gives faults their lines, in the order of these. */
export const locateFaults = (text: string, found: readonly Found[]): readonly ConfigurationFault[] => {
  const lines = linesOf(
    text,
    found.map(({ members }) => members),
  )
  return found
    .map(({ members, reason }, index) => ({ line: lines[index], path: pathOf(members), reason }))
    .toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0))
}
