import { pathOf, type Rejection } from './rejection.ts'

/** Holds a document of Graph without what means "not set": so it is stored, and parsed again when it is read. */
export type GraphDocument = Readonly<Record<string, unknown>>

/** Tells an object from lists, texts and the like. */
export const isObject = (value: unknown): value is GraphDocument =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Tells what Graph says about a value, and the actions that it offers (`#microsoft.graph.assign`), from what a request sets
 * (`@odata.bind`) and from a list that goes on elsewhere.
 */
const isAnnotation = (name: string): boolean =>
  /^[@#]microsoft\.graph\./.test(name) || /@odata\.(?!bind$|nextLink$|deltaLink$)/.test(name)

const isUnset = (value: unknown): boolean =>
  value === null ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (isObject(value) && Object.keys(value).length === 0)

/** Names what means something in documents of a kind, and nothing in others. */
export interface Kept {
  readonly annotation?: string
  /** A list that says something when it is empty, too. */
  readonly emptyList?: string
}

/**
 * Leaves out what Graph writes for "not set" (null, empty texts, lists and objects) and its annotations; members of lists
 * stay, so that paths do.
 */
export const withoutUnset = (value: unknown, kept: Kept = {}): unknown => {
  if (Array.isArray(value)) return value.map((member) => withoutUnset(member, kept))
  if (!isObject(value)) return value
  const isKept = (name: string, member: unknown): boolean =>
    !isUnset(member) || (name === kept.emptyList && Array.isArray(member))
  const members = Object.entries(value)
    .filter(([name]) => name === kept.annotation || !isAnnotation(name))
    .map(([name, member]) => [name, withoutUnset(member, kept)] as const)
  return Object.fromEntries(members.filter(([name, member]) => isKept(name, member)))
}

/** Says where in a file a document stands. */
export interface Placed {
  readonly path: string
  readonly document: unknown
}

/** Takes the list that Graph answers with, when it is the whole of it. */
const listedIn = (file: GraphDocument): readonly Placed[] | Rejection => {
  const { value, ...others } = file
  if (!Array.isArray(value)) return { path: 'value', reason: 'must be a list' }
  const stranger = Object.keys(others).find((name) => !isAnnotation(name) && others[name] !== null)
  if (stranger === undefined) return placed(value, 'value')
  return {
    path: pathOf('', [stranger]),
    reason: stranger.endsWith('Link')
      ? 'this is one page of a longer list: give a list of all pages, without this link'
      : 'is not supported beside value',
  }
}

const placed = (documents: readonly unknown[], prefix: string): readonly Placed[] =>
  documents.map((document, index) => ({ path: pathOf(prefix, [index]), document }))

/** Finds the documents of a file, which holds one, an array of them, or a list as Graph answers (`{"value": [...]}`). */
export const documentsIn = (file: unknown): readonly Placed[] | Rejection => {
  if (Array.isArray(file)) return placed(file, '')
  if (isObject(file) && Object.hasOwn(file, 'value')) return listedIn(file)
  if (isObject(file) && isObject(file['error']))
    return { path: 'error', reason: 'Graph refused the request whose answer this is' }
  return [{ path: '', document: file }]
}
