import { RestError } from '@azure/data-tables'
import { Refusal } from '../errors/refusal.ts'

const errorCode = (error: RestError): string | undefined =>
  (error.details as { odataError?: { code?: string } } | undefined)?.odataError?.code ?? error.code

/** Statuses below 500 that say "not now" or "not you", and so may pass; the others are our own mistakes. */
const passingStatuses = new Set([401, 403, 404, 408, 429])

/** Lists the errors besides RestError by which the SDK tells of an outage: see @azure/identity. */
const outageNames = new Set(['AbortError', 'CredentialUnavailableError', 'AuthenticationError'])

const outageReason = (error: unknown): string | undefined => {
  if (!(error instanceof RestError))
    return outageNames.has((error as Error).name) ? (error as Error).name : undefined
  const { statusCode = 0 } = error
  // Success that is thrown is an answer that makes no sense.
  const passes = statusCode < 400 || statusCode >= 500 || passingStatuses.has(statusCode)
  // A name is free again only about 40 s after its table was deleted.
  return passes || isCode(error, 'TableBeingDeleted')
    ? (errorCode(error) ?? `status ${statusCode}`)
    : undefined
}

/** Makes the error that is logged: a parser quotes what it could not parse, and that is a row. */
const causeOf = (error: unknown): unknown =>
  error instanceof RestError && error.code === RestError.PARSE_ERROR
    ? new Error('The answer cannot be read.')
    : error

/** Maps what the SDK throws to the refusal it stands for; a defect of ours stays what it is. */
const outage = (error: unknown): unknown => {
  const reason = outageReason(error)
  if (reason === undefined) return error
  return new Refusal('tables-unavailable', `Cannot use the tables: ${reason}.`, {
    cause: causeOf(error),
    retryAfterSeconds: 5,
  })
}

/** Tells whether the service answered with one of these codes. */
export const isCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof RestError && codes.includes(errorCode(error) ?? '')

/** How a call is told its end. */
export interface Bounds {
  readonly abortSignal: AbortSignal
}

/**
 * Calls the tables, for as long as a call may take and until the signal of its request.
 * @throws {Refusal} `tables-unavailable` for what may pass; a defect of ours stays what it is.
 */
export const callTables = async <T>(
  call: (bounds: Bounds) => Promise<T>,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<T> => {
  // One timer, which ends with the call, costs a fifth of AbortSignal.any() and AbortSignal.timeout().
  const controller = new AbortController()
  const end = () => controller.abort()
  const timer = setTimeout(end, milliseconds)
  if (signal?.aborted) end()
  signal?.addEventListener('abort', end)
  try {
    return await call({ abortSignal: controller.signal })
  } catch (error) {
    throw outage(error)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', end)
  }
}
