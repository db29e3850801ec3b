import { proofsOf } from '../tenant/proofs.ts'
import type { VerifiedToken } from '../token/verifyToken.ts'
import type { Policies } from './compilePolicies.ts'
import { decide } from './decide.ts'
import type { Allowed } from './decision.ts'
import type { Denial } from './denialRefusal.ts'
import { mistakenIn } from './proofAnswers.ts'
import type { Signals } from './signals/signals.ts'
import { type Circumstances, signalsOf } from './signalsOf.ts'
import { stepUpOf } from './stepUpOf.ts'

/** Evidence: the tenant's policies allow the holder of this token a certificate. Only decideToken() makes one. */
class Permit {
  readonly kind = 'permit'
  readonly #token: VerifiedToken
  readonly decision: Allowed
  readonly signals: Signals

  constructor(token: VerifiedToken, decision: Allowed, signals: Signals) {
    this.#token = token
    this.decision = decision
    this.signals = signals
  }

  get token(): VerifiedToken {
    return this.#token
  }
}
export type { Permit }

/** The tenant's policies do not allow the certificate. */
export interface Deny extends Denial {
  readonly kind: 'deny'
  readonly signals: Signals
}

/** Tells of the first source of a device's compliance whose claim is of another type than it should be. */
const mistakenOf = ({ tokenIssuer, claims }: VerifiedToken['facts']): string | undefined =>
  proofsOf(tokenIssuer)
    .filter(({ control }) => control === 'compliantDevice')
    .flatMap(({ anyOf }) => anyOf)
    .map((source) => mistakenIn(source, claims))
    .find((mistaken) => mistaken !== undefined)

/** Decides whether the holder of a token gets a certificate, by the policies of the tenant. */
export const decideToken = (
  token: VerifiedToken,
  policies: Policies,
  circumstances: Circumstances,
): Permit | Deny => {
  const { facts } = token
  const signals = signalsOf(facts, circumstances)
  const decision = decide(policies, signals)
  if (decision.kind === 'allow') return new Permit(token, decision, signals)
  const stepUp = stepUpOf({ facts, circumstances, policies }, decision)
  return { kind: 'deny', decision, signals, stepUp, mistaken: mistakenOf(facts) }
}
