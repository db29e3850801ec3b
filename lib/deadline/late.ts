import { Refusal } from '../errors/refusal.ts'

/** Makes the refusal of a request whose time was over before a part answered. */
export const late =
  (code: 'tables-unavailable' | 'token-keys-unavailable' | 'signer-unavailable', what: string) => () =>
    new Refusal(code, `Cannot enroll: ${what} did not answer in time.`, { retryAfterSeconds: 5 })
