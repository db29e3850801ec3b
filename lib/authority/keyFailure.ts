import type { RefusalCode } from '../errors/catalogue.ts'
import { Refusal } from '../errors/refusal.ts'

const codes: readonly RefusalCode[] = [
  'signer-refused',
  'signer-unavailable',
  'key-file-refused',
  'key-mismatch',
]

/**
 * Tells a key that is lost, disabled, out of reach or another one from other trouble.
 * @throws the error itself when it is anything else.
 */
export const keyFailure = (error: unknown): Refusal => {
  if (error instanceof Refusal && codes.includes(error.code)) return error
  throw error
}
