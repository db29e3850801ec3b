import type { z } from 'zod'
import { documentsIn, type GraphDocument, isObject, type Kept, withoutUnset } from './graphDocument.ts'
import { pathOf, type Rejection, rejectionsOf } from './rejection.ts'

/** Keeps what a document says with the document to store, which says the same when it is parsed again. */
export interface Entry<Value> {
  readonly value: Value
  readonly document: GraphDocument
}

/** Tells all that is in a file. Only one without rejections may be applied. */
export interface GraphFile<Value> {
  readonly entries: readonly Entry<Value>[]
  readonly rejections: readonly Rejection[]
}

export interface GraphFormat<Value> {
  /** Parses a document that is without what is not set. */
  readonly parse: (document: GraphDocument) => z.ZodSafeParseResult<Value>
  /** Bounds the number of documents. */
  readonly most: number
  readonly kept?: Kept
  /** Writes what a document leaves open into it, before it is parsed and stored. */
  readonly complete?: (document: GraphDocument) => GraphDocument
  /** Tell documents of other kinds by members that only they have: of those nothing else is worth saying. */
  readonly otherKinds: readonly { readonly members: readonly string[]; readonly reason: string }[]
}

type Outcome<Value> = Readonly<{ path: string; entry?: Entry<Value>; rejections?: readonly Rejection[] }>

const nameOf = ({ displayName }: GraphDocument): string | undefined =>
  typeof displayName === 'string' ? displayName : undefined

const outcomeOf = <Value>(path: string, given: unknown, format: GraphFormat<Value>): Outcome<Value> => {
  const bare = withoutUnset(given, format.kept)
  const rejected = (reason: string) => ({ path, rejections: [{ path: pathOf(path, []), reason }] })
  if (!isObject(bare)) return rejected('must be an object')
  const document = format.complete?.(bare) ?? bare
  const isOf = ({ members }: GraphFormat<Value>['otherKinds'][number]) =>
    members.some((member) => Object.hasOwn(document, member))
  const other = format.otherKinds.find(isOf)
  if (other) return rejected(other.reason)
  const parsed = format.parse(document)
  if (parsed.success) return { path, entry: { value: parsed.data, document } }
  const displayName = nameOf(document)
  const rejections = rejectionsOf(path, parsed.error.issues).map((one) => ({ ...one, displayName }))
  return { path, rejections }
}

/** Rejects a document whose id, or name in place of one, is that of an earlier one. */
const withoutRepeated = <Value extends { readonly id: string }>(
  outcomes: readonly Outcome<Value>[],
): readonly Outcome<Value>[] => {
  const seen = new Map<string, string>()
  return outcomes.map((outcome) => {
    const { path, entry } = outcome
    if (entry === undefined) return outcome
    const { value, document } = entry
    const first = seen.get(value.id)
    if (first === undefined) {
      seen.set(value.id, path)
      return outcome
    }
    const member = document['id'] === undefined ? 'displayName' : 'id'
    const why = member === 'id' ? '' : ', and it has no id to tell them apart'
    const reason = `is that of ${first} too${why}`
    return { path, rejections: [{ path: pathOf(path, [member]), reason, displayName: nameOf(document) }] }
  })
}

/** Parses every document of a file, and finds all that is wrong at once. */
export const parseGraphFile = <Value extends { readonly id: string }>(
  file: unknown,
  format: GraphFormat<Value>,
): GraphFile<Value> => {
  const documents = documentsIn(file)
  if ('reason' in documents) return { entries: [], rejections: [documents] }
  if (documents.length > format.most)
    return { entries: [], rejections: [{ path: 'the file', reason: `holds more than ${format.most}` }] }
  const outcomes = withoutRepeated(documents.map(({ path, document }) => outcomeOf(path, document, format)))
  return {
    entries: outcomes.flatMap(({ entry }) => (entry === undefined ? [] : [entry])),
    rejections: outcomes.flatMap(({ rejections = [] }) => rejections),
  }
}
