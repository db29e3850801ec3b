/** What has to be told of names and lists after a look at them. `source` is a name, or a list as the file calls it. */
export type SourceNote =
  /** Keeps its last good answer, which is of `since` (RFC 3339). */
  | { readonly kind: 'kept'; readonly source: string; readonly since: string; readonly why: string }
  /** Never had an answer. */
  | { readonly kind: 'missing'; readonly source: string; readonly why: string }
  /** Has more addresses than are taken. */
  | { readonly kind: 'bounded'; readonly source: string; readonly found: number; readonly taken: number }
  /** No name at all had an answer, so that no network is likelier than that all are gone. */
  | { readonly kind: 'nothing-resolved'; readonly names: number; readonly why: string }

/** Tells a note in a sentence. */
export const printSourceNote = (note: SourceNote): string => {
  switch (note.kind) {
    case 'kept':
      return `${note.source} keeps its answer of ${note.since}: ${note.why}`
    case 'missing':
      return `${note.source} never had an answer: ${note.why}`
    case 'bounded':
      return `${note.source} has ${note.found} addresses, of which the lowest ${note.taken} are taken`
    case 'nothing-resolved':
      return `none of ${note.names} names had an answer (${note.why}): what was known stays`
  }
}
