/** Does something, and tells what is waited for. */
export type Waiting = <T>(text: string, act: () => Promise<T>) => Promise<T>

/** How long nobody is told: most of what is waited for is there before. */
const patienceMilliseconds = 1_000

/**
 * Tells what is waited for once that takes over a second: of several things the one that was begun last.
 * @param show puts a text in the place of the one before; an empty one takes that away.
 */
export const waitingTold = (show: (text: string) => void): Waiting => {
  const begun: { readonly text: string }[] = []
  let [timer, isShown] = [undefined as NodeJS.Timeout | undefined, false]
  const change = (): void => {
    clearTimeout(timer)
    if (isShown) show('')
    isShown = false
    const last = begun.at(-1)
    if (!last) return
    timer = setTimeout(() => {
      isShown = true
      show(`${last.text} ...`)
    }, patienceMilliseconds)
    // Nobody waits to be told.
    timer.unref()
  }
  return async (text, act) => {
    const one = { text }
    begun.push(one)
    change()
    try {
      return await act()
    } finally {
      begun.splice(begun.indexOf(one), 1)
      change()
    }
  }
}
