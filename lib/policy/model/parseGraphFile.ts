import type { z } from 'zod'
import { documentsIn, type GraphDocument, isObject, withoutUnset } from './graphDocument.ts'
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
  /** Names an annotation that means something. */
  readonly keptAnnotation?: string
}

type Outcome<Value> = Readonly<{ path: string; entry?: Entry<Value>; rejections?: readonly Rejection[] }>

const outcomeOf = <Value>(path: string, given: unknown, format: GraphFormat<Value>): Outcome<Value> => {
  const document = withoutUnset(given, format.keptAnnotation)
  if (!isObject(document))
    return { path, rejections: [{ path: pathOf(path, []), reason: 'must be an object' }] }
  const parsed = format.parse(document)
  return parsed.success
    ? { path, entry: { value: parsed.data, document } }
    : { path, rejections: rejectionsOf(path, parsed.error.issues) }
}

const repeatedIds = (outcomes: readonly Outcome<{ readonly id: string }>[]): readonly Rejection[] => {
  const seen = new Map<string, string>()
  return outcomes.flatMap(({ path, entry }) => {
    if (entry === undefined) return []
    const first = seen.get(entry.value.id)
    if (first !== undefined) return [{ path: pathOf(path, ['id']), reason: `is that of ${first} too` }]
    seen.set(entry.value.id, path)
    return []
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
  const outcomes = documents.map(({ path, document }) => outcomeOf(path, document, format))
  return {
    entries: outcomes.flatMap(({ entry }) => (entry === undefined ? [] : [entry])),
    rejections: [...outcomes.flatMap(({ rejections = [] }) => rejections), ...repeatedIds(outcomes)],
  }
}
