import { Refusal } from '../errors/refusal.ts'

/** Key Vault asked to be left alone for a while. */
export class BusyVault extends Error {
  override readonly name = 'BusyVault'
  readonly retryAfterSeconds: number

  constructor(status: number, retryAfterSeconds: number) {
    super(`Key Vault answered ${status}.`)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Key Vault answered with success, and nonsense. */
export class StrangeAnswer extends Error {
  override readonly name = 'StrangeAnswer'
}

/** A call that failed. */
export interface FailedCall {
  /** Names the key and the host of its vault, for the operator. */
  readonly key: string
  /** UUID under which the vault logged the call. */
  readonly requestId: string | undefined
  /** Status of the last response, if there was one: the SDK forgets it when the body is not what it expects. */
  readonly status: number | undefined
}

/** Describes the errors of the SDK, with or without a response. */
interface RestError extends Error {
  readonly statusCode?: number
  readonly code?: string
  readonly details?: { readonly error?: { readonly innerError?: { readonly code?: string } } }
}

const isRestError = (error: unknown): error is RestError =>
  error instanceof Error && error.name === 'RestError'

/** Seconds after which a vault that is down may be back, and those after which somebody may have mended the key. */
const waitSeconds = { unavailable: 5, refused: 60 }

/** Takes over Key Vault's words for the trouble, such as `Forbidden, KeyDisabled`; nothing that could be anything else. */
const codesOf = ({ code, details }: RestError): readonly string[] =>
  [code, details?.error?.innerError?.code].filter(
    (text): text is string => typeof text === 'string' && /^\w{1,64}$/.test(text),
  )

/** Tells whether Key Vault refused: what time does not mend, but an administrator. */
const isRefusal = (status: number): boolean => status >= 400 && status < 500 && status !== 408

const whyUnavailable = (error: unknown, { status }: FailedCall): string => {
  if (error instanceof BusyVault) return 'its vault is busy'
  if (error instanceof Error && ['AbortError', 'TimeoutError'].includes(error.name))
    return 'its vault did not answer in time'
  if (status !== undefined && status >= 400) return `its vault answered ${status}`
  if (status !== undefined || error instanceof StrangeAnswer) return "its vault's answer makes no sense"
  const [code] = isRestError(error) ? codesOf(error) : []
  return `its vault cannot be asked (${code ?? (error as Error).name})`
}

/**
 * Makes the error that is logged: the SDK's own holds the request, and with it the token. A parser quotes what it could not
 * parse, and nobody knows what that is.
 */
const causeOf = (error: unknown): Error => {
  const { name, message, code }: NodeJS.ErrnoException =
    error instanceof Error ? error : new Error(typeof error)
  const isQuote = isRestError(error) && error.code === 'PARSE_ERROR'
  return Object.assign(new Error(isQuote ? 'The answer is not JSON.' : message), { name, code })
}

/**
 * Maps what the SDK throws to the refusal it stands for: `signer-refused` for 401, 403 (disabled, expired, no
 * permission), 404 and other answers that a retry does not change, `signer-unavailable` for everything else.
 */
export const keyVaultRefusal = (error: unknown, call: FailedCall): Refusal => {
  if (error instanceof Refusal) return error
  const status = (isRestError(error) ? error.statusCode : undefined) ?? call.status
  const logged = call.requestId === undefined ? '' : ` (request ${call.requestId})`
  const refuse = (code: 'signer-refused' | 'signer-unavailable', why: string, retryAfterSeconds: number) =>
    new Refusal(code, `Cannot use the key ${call.key}: ${why}${logged}.`, {
      cause: causeOf(error),
      retryAfterSeconds,
    })
  if (status !== undefined && isRefusal(status)) {
    const codes = isRestError(error) ? codesOf(error) : []
    return refuse(
      'signer-refused',
      `its vault answered ${[status, ...codes].join(', ')}`,
      waitSeconds.refused,
    )
  }
  const seconds = error instanceof BusyVault ? error.retryAfterSeconds : waitSeconds.unavailable
  return refuse('signer-unavailable', whyUnavailable(error, { ...call, status }), seconds)
}
