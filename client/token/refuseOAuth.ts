import { Refusal } from '../../lib/errors/refusal.ts'
import { printable } from '../printable.ts'

/** What libraries of OAuth throw when a provider says no (RFC 6749 sections 4.1.2.1 and 5.2). */
interface ToldError {
  readonly error: string
  readonly error_description?: string | undefined
}

const isTold = (error: unknown): error is ToldError =>
  error instanceof Error && 'error' in error && typeof error.error === 'string'

/** Whether a provider told an error of this name. */
export const isOAuthError = (error: unknown, name: string): boolean => isTold(error) && error.error === name

/** The refusal that an error is; without its cause, which holds what was answered. */
export const refuseOAuth = (what: string, error: unknown): Refusal => {
  if (error instanceof Refusal) return error
  if (!isTold(error)) {
    const why = error instanceof Error ? error.message : String(error)
    return new Refusal(
      'token-source-failed',
      `Cannot get a token: the answer of ${what} does not count: ${printable(why)}.`,
    )
  }
  const description = error.error_description === undefined ? '' : ` (${printable(error.error_description)})`
  // RFC 6749 section 4.1.2.1: the browser cannot be sent status 503.
  const isPassing = error.error === 'temporarily_unavailable' || error.error === 'server_error'
  return new Refusal(
    isPassing ? 'token-source-unavailable' : 'token-source-failed',
    `Cannot get a token: ${what} says ${printable(error.error)}${description}.`,
  )
}

/** Does what a library of OAuth does, and refuses in words what it throws. @throws {Refusal} `token-source-failed`, or that of the work */
export const refusing = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    // Who ended it knows why.
    if (error instanceof Error && /^(?:AbortError|TimeoutError)$/.test(error.name)) throw error
    throw refuseOAuth(what, error)
  }
}
