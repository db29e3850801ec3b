/** How many rows are put into order, and how. */
export interface Ordering<T> {
  /** The most rows that are held; more of them come as they are. */
  readonly limit: number
  readonly compare: (a: T, b: T) => number
  /** Told once when there are more. */
  readonly onMany: () => void
}

/** Puts rows into order while they are few; more of them come in the order they are found in, and are not held. */
export async function* inOrderWhileFew<T>(
  rows: AsyncIterable<T>,
  { limit, compare, onMany }: Ordering<T>,
): AsyncGenerator<T> {
  const held: T[] = []
  let areMany = false
  for await (const row of rows) {
    if (!areMany) held.push(row)
    else yield row
    if (held.length <= limit) continue
    areMany = true
    onMany()
    yield* held.splice(0)
  }
  yield* held.toSorted(compare)
}
