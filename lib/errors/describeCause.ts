const maxCauseCharacters = 1_000

/** Causes may form a circle. */
const maxCauses = 8

const oneLine = (error: unknown, depth = 1): string => {
  if (!(error instanceof Error)) return typeof error
  const isLast = error.cause === undefined || depth === maxCauses
  return `${error.name}: ${error.message}${isLast ? '' : ` <- ${oneLine(error.cause, depth + 1)}`}`
}

/** Tells a fault or outage in one bounded line: names and messages, without request bodies. */
export const describeCause = (error: unknown): string =>
  oneLine(error).replaceAll(/\s+/g, ' ').slice(0, maxCauseCharacters)

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

/** Tells a failure in one word, the code of an error or else its name: its message may hold what users sent. */
export const errorType = (error: unknown): string => {
  const words = [member(error, 'code'), member(error, 'name')]
  const [word] = words.filter((value) => typeof value === 'string' && /^[\w-]{1,64}$/.test(value))
  return typeof word === 'string' ? word : 'unknown'
}
