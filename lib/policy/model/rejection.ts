import type { z } from 'zod'

/** Says why a document is not taken. */
export interface Rejection {
  /** Where, from the top of the file: `value[3].conditions.applications.applicationFilter`. */
  readonly path: string
  /** Why, in words that follow the path and a colon. */
  readonly reason: string
  /** The display name of the document, by which people know it; undefined where it has none. */
  readonly displayName?: string | undefined
}

/** Prints a rejection as one line. */
export const printRejection = ({ path, reason }: Rejection): string => `${path}: ${reason}`

/** Writes a path the way programs do. */
export const pathOf = (prefix: string, members: readonly PropertyKey[]): string =>
  members.reduce<string>((path, member) => {
    if (typeof member === 'number') return `${path}[${member}]`
    const name = String(member)
    if (!/^[\w@.]+$/.test(name)) return `${path}[${JSON.stringify(name)}]`
    return path === '' ? name : `${path}.${name}`
  }, prefix) || 'the document'

const typeWords: Readonly<Record<string, string>> = {
  string: 'a text',
  array: 'a list',
  object: 'an object',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
}

const reasonOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code !== 'invalid_type' && issue.code !== 'invalid_value') return issue.message
  if (issue.input === undefined) return 'is required'
  return issue.code === 'invalid_type'
    ? `must be ${typeWords[issue.expected] ?? issue.expected}`
    : `${JSON.stringify(issue.input)} is not supported (supported: ${issue.values.join(', ')})`
}

/** Tells of each issue that zod found (asked to report inputs), and of each unknown member on its own. */
export const rejectionsOf = (prefix: string, issues: readonly z.core.$ZodIssue[]): readonly Rejection[] =>
  issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: pathOf(prefix, [...issue.path, key]), reason: 'is not supported' }))
      : [{ path: pathOf(prefix, issue.path), reason: reasonOf(issue) }],
  )

/** Adds a reason of our own to what zod finds, at a member of what it looks at. */
export const addReason = (
  context: z.core.$RefinementCtx | z.core.ParsePayload,
  input: unknown,
  reason: string,
  path: readonly PropertyKey[] = [],
): void => {
  context.issues.push({ code: 'custom', input, message: reason, path: [...path] })
}
