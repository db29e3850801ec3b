/** The index of the least of the values that are left; undefined when none is. */
const leastOf = <T>(
  heads: readonly IteratorResult<T>[],
  compare: (a: T, b: T) => number,
): number | undefined => {
  let least: { readonly index: number; readonly value: T } | undefined
  for (const [index, head] of heads.entries())
    if (head.done !== true && (!least || compare(head.value, least.value) < 0))
      least = { index, value: head.value }
  return least?.index
}

/**
 * Merges sources, each in order, into one in order. Holds one value of each; no source is read on when the caller stops,
 * or when one of them fails.
 */
export async function* mergeInOrder<T>(
  sources: readonly AsyncIterable<T>[],
  compare: (a: T, b: T) => number,
): AsyncGenerator<T> {
  const readers = sources.map((source) => source[Symbol.asyncIterator]())
  try {
    const heads = await Promise.all(readers.map((reader) => reader.next()))
    for (;;) {
      const index = leastOf(heads, compare)
      const head = index === undefined ? undefined : heads[index]
      const reader = index === undefined ? undefined : readers[index]
      if (index === undefined || !reader || !head || head.done === true) return
      yield head.value
      heads[index] = await reader.next()
    }
  } finally {
    for (const reader of readers) await reader.return?.()
  }
}
