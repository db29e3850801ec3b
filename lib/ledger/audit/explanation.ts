/** An app's own word on why a signature has no row. The same app could have been told to lie. */
export interface Explanation {
  /** The ids under which the key's log may show the one signature that is explained, in lower case. */
  readonly ids: readonly string[]
  readonly reason: string
}

type Fields = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Where a line of the app may be: `Message` of AppTraces and FunctionAppLogs, `message` of the older table traces, and
 * `notice`, as the CLI writes with `--json`. Other columns hold what strangers send: a URL, a header, a name.
 */
const lineColumns = ['Message', 'message', 'notice'] as const

const parseLine = (text: unknown): Fields | undefined => {
  if (typeof text !== 'string' || !text.trimStart().startsWith('{')) return undefined
  try {
    const line: unknown = JSON.parse(text)
    return isRecord(line) ? line : undefined
  } catch {
    return undefined
  }
}

/** A record that has several of the columns is no row of a table that is known. */
const lineOf = (record: Fields): Fields | undefined => {
  if ('event' in record) return record
  const columns = lineColumns.filter((column) => column in record)
  return columns.length === 1 ? columns.map((column) => parseLine(record[column]))[0] : undefined
}

const reasonForm = /^[a-z][a-z ]{0,39}$/

const reasonOf = ({ event, reason }: Fields): string | undefined => {
  if (event === 'probe-signed') return 'readiness probe'
  if (event !== 'signature-wasted') return undefined
  return typeof reason === 'string' && reasonForm.test(reason) ? reason : 'wasted'
}

/**
 * Reads a record of the app's log: one of its own lines, or a row of Log Analytics with such a line in the column that is
 * for it.
 * @returns undefined for the many that explain no signature.
 */
export const readExplanation = (record: unknown): Explanation | undefined => {
  const line = isRecord(record) ? lineOf(record) : undefined
  const reason = line && reasonOf(line)
  if (reason === undefined) return undefined
  const ids = [line?.['requestId'], line?.['vaultRequestId']]
    .filter((id) => typeof id === 'string' && id !== '')
    .map((id) => String(id).toLowerCase())
  return ids.length === 0 ? undefined : { ids, reason }
}
