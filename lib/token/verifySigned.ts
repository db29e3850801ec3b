import type { KeyObject } from 'node:crypto'
import type { JWSHeaderParameters } from 'jose'
import type { Wait } from '../deadline/deadline.ts'
import { Refusal } from '../errors/refusal.ts'
import type { KeySets } from './keySets.ts'
import type { KeySource } from './keySource.ts'
import type { ParsedToken } from './parseToken.ts'
import { type TokenAlgorithm, verifiesTokenSignature } from './tokenSignature.ts'

/** Whoever signs tokens: where the keys are, and the algorithms that the tokens may have. */
export interface TokenSigner extends KeySource {
  readonly algorithms: readonly TokenAlgorithm[]
}

export interface VerifySignedOptions {
  readonly keys: KeySets
  /** How to wait for keys that are not known. */
  readonly wait?: Wait
}

/** The token's `alg`, which is one of those that its issuer may use. */
const algorithmOf = ({ alg }: JWSHeaderParameters, { algorithms }: TokenSigner): TokenAlgorithm => {
  const algorithm = algorithms.find((allowed) => allowed === alg)
  if (algorithm) return algorithm
  throw new Refusal(
    'token-algorithm-refused',
    `Cannot accept the token: its "alg" is not ${algorithms.join(', ')}.`,
  )
}

const candidatesFor = async (
  signer: TokenSigner,
  header: JWSHeaderParameters,
  { keys, wait }: VerifySignedOptions,
): Promise<readonly KeyObject[]> => {
  const cached = keys.cached(signer, header)
  return cached.length > 0 ? cached : keys.resolve(signer, header, wait)
}

/**
 * Verifies who signed a token, of whatever kind: by the keys that the signer publishes, of which the header names one by
 * `kid`. Keys that a header brings along or points to (`jwk`, `jku`, `x5c`, `x5u`, RFC 7515 section 4.1) are its sender's.
 * @throws {Refusal} `token-algorithm-refused`, `token-key-unknown`, `token-keys-unavailable` or `token-signature-invalid`
 */
export const verifySigned = async (
  { header, signed, signature }: ParsedToken,
  signer: TokenSigner,
  options: VerifySignedOptions,
): Promise<void> => {
  const algorithm = algorithmOf(header, signer)
  const candidates = await candidatesFor(signer, header, options)
  if (candidates.some((key) => verifiesTokenSignature({ algorithm, key, signed, signature }))) return
  throw new Refusal('token-signature-invalid', 'Cannot accept the token: its signature does not verify.')
}
