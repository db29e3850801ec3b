import type { VerifiedToken } from '../token/verifyToken.ts'
import type { Policies } from './compilePolicies.ts'
import { decide } from './decide.ts'
import type { Allowed, Denied } from './decision.ts'
import type { Denial } from './denialRefusal.ts'
import { deviceDoubt } from './deviceDoubt.ts'
import { outageOf } from './outageOf.ts'
import { troubleOf } from './troubleOf.ts'
import { unaskedAside } from './unaskedAside.ts'
import { failedSettings } from './failedSettings.ts'
import { recordedSignals } from './recordedSignals.ts'
import type { Signals } from './signals/signals.ts'
import { type Circumstances, signalsOf } from './signalsOf.ts'
import { stepUpOf } from './stepUpOf.ts'
import type { DecidedRequest } from './supposedRequests.ts'

/** Evidence: the tenant's policies allow the holder of this token a certificate. Only decideToken() makes one. */
class Permit {
  readonly kind = 'permit'
  readonly #token: VerifiedToken
  readonly decision: Allowed
  /** As they are kept: without facts that no policy asks for. */
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
  /** As they are kept: without facts that no policy asks for. */
  readonly signals: Signals
}

/** Finds out what a user is told of a denial. */
const denialOf = (request: DecidedRequest, denied: Denied): Denial => {
  const { told, decision } = unaskedAside(request, denied)
  const signals = signalsOf(told.facts, told.circumstances)
  const settings = failedSettings(decision, signals.at)
  return {
    decision,
    settings,
    doubt: deviceDoubt(told, decision, settings),
    outage: outageOf(request),
    stepUp: stepUpOf(request, denied),
    trouble: troubleOf(told, decision, signals),
  }
}

/** Decides whether the holder of a token gets a certificate, by the policies of the tenant. */
export const decideToken = (
  token: VerifiedToken,
  policies: Policies,
  circumstances: Circumstances,
): Permit | Deny => {
  const { facts } = token
  const signals = signalsOf(facts, circumstances)
  const decision = decide(policies, signals)
  const kept = recordedSignals(policies, signals, circumstances.evidence)
  if (decision.kind === 'allow') return new Permit(token, decision, kept)
  const request = { facts, circumstances, policies }
  return { kind: 'deny', signals: kept, ...denialOf(request, decision) }
}
