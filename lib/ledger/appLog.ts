/** Why a signature has no row, as the app that asked for it says. The same app could have been told to lie. */
export interface Explanation {
  /** Lower case. */
  readonly requestId: string
  readonly reason: string
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

const parseText = (value: unknown): unknown => {
  if (typeof value !== 'string' || !value.trimStart().startsWith('{')) return undefined
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}

const reasonForm = /^[a-z][a-z ]{0,39}$/

const explanationOf = (line: unknown): Explanation | undefined => {
  const { event, requestId, reason } = asRecord(line)
  if (typeof requestId !== 'string') return undefined
  const id = requestId.toLowerCase()
  if (event === 'probe-signed') return { requestId: id, reason: 'readiness probe' }
  if (event !== 'signature-wasted') return undefined
  const isKnown = typeof reason === 'string' && reasonForm.test(reason)
  return { requestId: id, reason: isKnown ? reason : 'wasted' }
}

/**
 * Reads a record of the app's log: one of its own lines, or a row of Log Analytics with such a line in one of its columns
 * (`Message` of AppTraces and FunctionAppLogs).
 * @returns undefined for the many that explain no signature.
 */
export const readExplanation = (record: unknown): Explanation | undefined =>
  [record, ...Object.values(asRecord(record)).map(parseText)]
    .map(explanationOf)
    .find((found) => found !== undefined)
