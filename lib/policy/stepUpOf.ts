import { contextsOf, proofsOf } from '../tenant/proofs.ts'
import type { TokenIssuer } from '../tenant/configuration.ts'
import type { ClaimsSet } from '../token/claimsSet.ts'
import type { DecidedRequest } from './supposedRequests.ts'
import { decide } from './decide.ts'
import type { Denied } from './decision.ts'
import { signalsOf } from './signalsOf.ts'

/** Tells what another sign-in would have to bring for the request to get further. */
export interface StepUp {
  /** Authentication contexts of Entra: all of them. */
  readonly contexts: readonly string[]
  /** Authentication context class references of other issuers: any one of them. */
  readonly acrValues: readonly string[]
  /** Undefined where the sign-in is fresh enough. */
  readonly maxAgeSeconds: number | undefined
}

const maxAgeOf = ({ applied }: Denied): number | undefined => {
  const missing = applied.filter(({ isReportOnly }) => !isReportOnly).flatMap((one) => one.missing)
  const ages = missing.flatMap((one) => (one.kind === 'signIn' ? [one.seconds] : []))
  return ages.length === 0 ? undefined : Math.min(...ages)
}

/** Tells whether a token with these claims would be allowed. */
const wouldHelp = ({ facts, circumstances, policies }: DecidedRequest, claims: ClaimsSet): boolean => {
  const steppedUp = { ...facts, claims: { ...facts.claims, ...claims } }
  return decide(policies, signalsOf(steppedUp, circumstances)).kind === 'allow'
}

/** Leaves out one after the other of what is not needed, the last ones first. */
const fewest = (all: readonly string[], isEnough: (some: readonly string[]) => boolean): readonly string[] =>
  all.reduceRight((kept, one) => {
    const others = kept.filter((other) => other !== one)
    return isEnough(others) ? others : kept
  }, all)

const acrValuesOf = (issuer: TokenIssuer): readonly string[] =>
  proofsOf(issuer)
    .flatMap(({ anyOf }) => anyOf)
    .flatMap((source) => (source.by === 'acr' ? source.values : []))

/**
 * Finds out what another sign-in can do about a denial, by deciding on the token that it would bring; undefined where it
 * would be denied too.
 */
export const stepUpOf = (refused: DecidedRequest, denied: Denied): StepUp | undefined => {
  const { facts, circumstances } = refused
  const { tokenIssuer } = facts
  const maxAgeSeconds = maxAgeOf(denied)
  const authTime = tokenIssuer.signals?.authTime
  const fresh = authTime === undefined || maxAgeSeconds === undefined ? {} : { [authTime]: circumstances.at }
  if (tokenIssuer.kind === 'entra') {
    const held = signalsOf(facts, circumstances).authenticationContexts ?? []
    const isEnough = (contexts: readonly string[]) =>
      wouldHelp(refused, { ...fresh, acrs: [...held, ...contexts] })
    const all = [...new Set(contextsOf(tokenIssuer).map(({ context }) => context))]
    return isEnough(all) ? { contexts: fewest(all, isEnough), acrValues: [], maxAgeSeconds } : undefined
  }
  if (wouldHelp(refused, fresh)) return { contexts: [], acrValues: [], maxAgeSeconds }
  const acrValues = [...new Set(acrValuesOf(tokenIssuer))].filter((acr) =>
    wouldHelp(refused, { ...fresh, acr }),
  )
  return acrValues.length === 0 ? undefined : { contexts: [], acrValues, maxAgeSeconds }
}
