import { isDeepStrictEqual } from 'node:util'

/** One place where two documents differ. */
export interface Difference {
  /** `certificate.lifetimeSeconds`, `tokenIssuers[1].audience`: positions in the old document, of what is added in the new. */
  readonly path: string
  /** Undefined where the old document has nothing. */
  readonly before: unknown
  /** Undefined where the new document has nothing. */
  readonly after: unknown
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const memberOf = (value: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(value, name) ? value[name] : undefined

const memberPath = (path: string, name: string): string => {
  const plain = /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name)
  return path === '' ? plain : `${path}.${plain}`
}

/** The elements that the other list lacks, each as often as it lacks it, with their positions. */
const lacking = (list: readonly unknown[], other: readonly unknown[]) => {
  const left = [...other]
  return list.flatMap((value, index) => {
    const found = left.findIndex((one) => isDeepStrictEqual(one, value))
    if (found === -1) return [{ value, index }]
    left.splice(found, 1)
    return []
  })
}

/** Sets what is in one list alone against each other in its order; another order of the same is a difference, too. */
const listDifferences = (
  before: readonly unknown[],
  after: readonly unknown[],
  path: string,
): readonly Difference[] => {
  const [gone, added] = [lacking(before, after), lacking(after, before)]
  if (gone.length === 0 && added.length === 0)
    return isDeepStrictEqual(before, after) ? [] : [{ path, before, after }]
  const pairs = Math.max(gone.length, added.length)
  return Array.from({ length: pairs }).flatMap((_, pair) => {
    const [old, fresh] = [gone[pair], added[pair]]
    const place = `${path}[${(old ?? fresh)?.index}]`
    return isObject(old?.value) && isObject(fresh?.value)
      ? differencesBetween(old.value, fresh.value, place)
      : [{ path: place, before: old?.value, after: fresh?.value }]
  })
}

/**
 * Tells where two JSON documents differ. None differ exactly when the documents are the same but for the order of their
 * members.
 */
export const differencesBetween = (before: unknown, after: unknown, path = ''): readonly Difference[] => {
  if (isObject(before) && isObject(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return names.flatMap((name) =>
      differencesBetween(memberOf(before, name), memberOf(after, name), memberPath(path, name)),
    )
  }
  if (Array.isArray(before) && Array.isArray(after)) return listDifferences(before, after, path)
  return isDeepStrictEqual(before, after) ? [] : [{ path, before, after }]
}
