import * as z from 'zod'
import { urlForm } from './urlForm.ts'

const rsaAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const
const tokenAlgorithms = [...rsaAlgorithms, 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const

/** For clocks that differ; applies to `nbf` and `iat`, never to `exp`. */
export const clockToleranceSeconds = z.int().min(0).max(300).default(60)

/** How old the keys may become while the issuer does not answer; while it does they are never older than 10 minutes. */
export const maxStaleKeysSeconds = z
  .int()
  .min(0)
  .max(7 * 86_400)
  .default(86_400)

/** Says whose keys sign tokens, and where they are. */
export const keyOptions = {
  /** The exact `iss`. */
  issuer: urlForm,
  /** Where the keys are; found by OpenID Connect discovery beneath `issuer` when absent. */
  jwksUri: urlForm.optional(),
  algorithms: z.array(z.enum(tokenAlgorithms)).min(1).default(['RS256', 'ES256']),
}
