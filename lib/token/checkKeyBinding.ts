import { Refusal } from '../errors/refusal.ts'
import type { VerifiedToken } from './verifyToken.ts'

/**
 * Checks that a token bound to a key (`cnf.jkt`, RFC 9449 section 6.1) is used with that key; a token without the
 * claim may be used with any.
 * @param thumbprint gives the JWK thumbprint of the CSR's key; asked only when the token is bound.
 * @throws {Refusal} `key-binding-mismatch`
 */
export const checkKeyBinding = ({ facts }: VerifiedToken, thumbprint: () => string): void => {
  if (facts.keyThumbprint === undefined || facts.keyThumbprint === thumbprint()) return
  throw new Refusal(
    'key-binding-mismatch',
    'Cannot enroll: the token is bound to a key that is not the one of the request.',
  )
}
