import type { VerifiedToken } from '../token/verifyToken.ts'
import { factsIn } from './factsIn.ts'
import type { FactReport } from './signals/factKinds.ts'
import type { Platform, Signal } from './signals/signal.ts'

interface Told {
  /** The platform by its own mapping; undefined where there is none. */
  readonly told: { readonly platform: Signal<Platform> } | undefined
  /** Seconds since 1970. */
  readonly now: number
}

/** Reports what a token tells of the device by the mappings of its issuer, as of when it was issued. */
export const tokenReports = (
  { tokenIssuer, claims, issuedAt: at }: Pick<VerifiedToken['facts'], 'tokenIssuer' | 'claims' | 'issuedAt'>,
  { told, now }: Told,
): readonly FactReport[] => {
  const { clockToleranceSeconds, signals } = tokenIssuer
  const source = 'token'
  return [
    ...(told ? [{ fact: 'platform', source, value: told.platform, at } as const] : []),
    ...(signals?.facts ? factsIn(signals.facts, claims, { source, at, now, clockToleranceSeconds }) : []),
  ]
}
