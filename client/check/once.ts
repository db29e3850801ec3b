/** Answers all who ask with what the first one got. */
export const once = <T>(get: () => Promise<T>): (() => Promise<T>) => {
  let got: Promise<T> | undefined
  return () => (got ??= get())
}
