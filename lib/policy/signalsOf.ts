import { proofsOf } from '../tenant/proofs.ts'
import type { SignalSources } from '../tenant/signalSources.ts'
import { parseUuid } from '../text/parseUuid.ts'
import { type ClaimsSet, claimOf, onlyAudience } from '../token/claimsSet.ts'
import type { VerifiedToken } from '../token/verifyToken.ts'
import type { CountryOf } from './countryOf.ts'
import { agreedDevice } from './agreedDevice.ts'
import { agreedPlatform } from './agreedPlatform.ts'
import { agreedProofs } from './agreedProofs.ts'
import { isObject } from './model/graphDocument.ts'
import { proofAnswers } from './proofAnswers.ts'
import type { DeviceEvidence } from './signals/deviceEvidence.ts'
import type { FactReport } from './signals/factKinds.ts'
import { type Platform, platforms, type Signal } from './signals/signal.ts'
import {
  type DeviceAttributes,
  type Guest,
  guestTypes,
  insiderRiskLevels,
  riskLevels,
  type Signals,
  transferMethods,
} from './signals/signals.ts'
import { tokenReports } from './tokenReports.ts'

/** Holds what a token says, and by which rules of the tenant it is read. */
export type TokenFacts = Pick<
  VerifiedToken['facts'],
  'tokenIssuer' | 'claims' | 'subject' | 'deviceId' | 'issuedAt'
>

/** Holds what the request says beside the token. */
export interface Circumstances {
  /** The time of the decision, seconds since 1970. */
  readonly at: number
  /** Undefined where nobody who is trusted tells it. */
  readonly clientIp: string | undefined
  /** Undefined where the deployment has no database of countries. */
  readonly countryOf: CountryOf | undefined
  /** What sources beside the token say of the device; undefined where the tenant has none. */
  readonly evidence: DeviceEvidence | undefined
}

const textOf = (claims: ClaimsSet, claim: string | undefined): string | undefined => {
  const value = claim === undefined ? undefined : claimOf(claims, claim)
  return typeof value === 'string' ? value : undefined
}

const textsOf = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) && value.every((member) => typeof member === 'string') ? value : undefined

/** Writes an id the one way in which ids are compared. */
const idOf = (text: string): string => parseUuid(text) ?? text

const idIn = (claims: ClaimsSet, claim: string | undefined): string | undefined => {
  const text = textOf(claims, claim)
  return text === undefined ? undefined : idOf(text)
}

/** Tells whether a claim is elsewhere, whatever part of it the token has (OpenID Connect Core 1.0 section 5.6.2). */
const isElsewhere = (claims: ClaimsSet, claim: string): boolean => {
  const names = claimOf(claims, '_claim_names')
  return isObject(names) ? Object.hasOwn(names, claim) : names !== undefined
}

const idsIn = (claims: ClaimsSet, claim: string | undefined): readonly string[] | undefined =>
  claim === undefined || isElsewhere(claims, claim) ? undefined : textsOf(claimOf(claims, claim))?.map(idOf)

/** Reads groups; Entra says in three ways that a user has more of them than a token holds, by whichever claim they come. */
const groupsIn = (claims: ClaimsSet, claim: string | undefined): readonly string[] | undefined => {
  const isTooLong =
    isElsewhere(claims, 'groups') ||
    (claimOf(claims, 'hasgroups') ?? false) !== false ||
    Object.keys(claims).some((name) => name.startsWith('groups:'))
  return isTooLong ? undefined : idsIn(claims, claim)
}

type WordSource<Word> =
  | string
  | { readonly claim: string; readonly values: Readonly<Record<string, Word | null>> }
  | undefined

/** Reads one of Graph's words: as it is, or by the tenant's table. Any other text is unknown. */
const wordIn = <Word extends string>(
  claims: ClaimsSet,
  source: WordSource<Word>,
  words: readonly Word[],
): Signal<Word> => {
  if (typeof source !== 'object') return words.find((word) => word === textOf(claims, source))
  const text = textOf(claims, source.claim)
  return text !== undefined && Object.hasOwn(source.values, text) ? source.values[text] : undefined
}

const guestIn = (claims: ClaimsSet, source: SignalSources['guest']): Signal<Guest> => {
  const value = source && claimOf(claims, source.claim)
  if (!source || typeof value !== typeof source.member) return undefined
  if (value === source.member) return null
  return { type: wordIn(claims, source.type, guestTypes), homeTenant: idIn(claims, source.homeTenant) }
}

const countryIn = (
  claims: ClaimsSet,
  source: SignalSources['country'],
  { clientIp, countryOf }: Circumstances,
): Signal<string> => {
  if (typeof source === 'object') return clientIp === undefined ? undefined : countryOf?.(clientIp)
  const text = textOf(claims, source)
  return text !== undefined && /^[A-Za-z]{2}$/.test(text) ? text.toUpperCase() : undefined
}

const attributeIn = (claims: ClaimsSet, claim: string): string | boolean | readonly string[] | undefined => {
  const value = claimOf(claims, claim)
  return typeof value === 'string' || typeof value === 'boolean' ? value : textsOf(value)
}

/** Reads the device. All of it is unknown where a source that would tell of devices without a record does not. */
const deviceIn = ({ tokenIssuer, claims, deviceId }: TokenFacts): Signal<DeviceAttributes> => {
  const { signals: { device } = {}, deviceIdClaim } = tokenIssuer
  if (!device && deviceIdClaim === undefined) return undefined
  const { attributes = {}, noRecord } = device ?? {}
  const value = noRecord && claimOf(claims, noRecord.claim)
  if (noRecord && typeof value !== typeof noRecord.equals) return undefined
  if (noRecord && value === noRecord.equals) return null
  const mapped = Object.entries(attributes).map(([name, claim]) => [name, attributeIn(claims, claim)])
  return { deviceId, ...Object.fromEntries(mapped) }
}

/** Reads when the user signed in. A time to come, such as one in milliseconds, would never grow old: it is unknown. */
const authTimeIn = ({ tokenIssuer, claims }: TokenFacts, { at }: Circumstances): number | undefined => {
  const claim = tokenIssuer.signals?.authTime
  const value = claim === undefined ? undefined : claimOf(claims, claim)
  if (typeof value !== 'number' || value < 0) return undefined
  return value <= at + tokenIssuer.clockToleranceSeconds ? Math.floor(value) : undefined
}

/** Reads a claim that may be one word or several. The ledger keeps them: what has not the form of one is left out. */
const wordsIn = (claims: ClaimsSet, claim: string, form: RegExp): readonly string[] | undefined => {
  const value = claimOf(claims, claim)
  const texts = typeof value === 'string' ? [value] : textsOf(value)
  return texts?.filter((text) => form.test(text))
}

/** Reads the platform by its own mapping, beside which what other sources tell of it is held to it where it counts. */
const platformIn = ({ tokenIssuer, claims }: TokenFacts): Signal<Platform> =>
  wordIn(claims, tokenIssuer.signals?.platform, platforms)

/** Reports what the token tells of the device, and then what other sources do; nothing where a platform is all there is. */
const reportsIn = (facts: TokenFacts, { at: now, evidence }: Circumstances): readonly FactReport[] => {
  const { tokenIssuer } = facts
  const { platform, facts: mapping } = tokenIssuer.signals ?? {}
  if (!evidence && !mapping) return []
  const told = platform === undefined ? undefined : { platform: platformIn(facts) }
  return [...tokenReports(facts, { told, now }), ...(evidence?.facts ?? [])]
}

const applicationOf = (claims: ClaimsSet): string | undefined => {
  const audience = onlyAudience(claims)
  return typeof audience === 'string' ? idOf(audience) : undefined
}

/**
 * Reads the signals out of a verified token, by the mapping of its issuer, out of the request, and out of what other sources
 * say of the device. What no source says, or says in another type than it should, is unknown, as is what two of them do not
 * agree on: nothing is converted.
 */
export const signalsOf = (facts: TokenFacts, circumstances: Circumstances): Signals => {
  const { tokenIssuer, claims, subject } = facts
  const sources = tokenIssuer.signals ?? {}
  const directory = circumstances.evidence?.directory
  const reports = reportsIn(facts, circumstances)
  const signals: Signals = {
    version: 1,
    at: circumstances.at,
    user: idOf(subject),
    application: applicationOf(claims),
    guest: guestIn(claims, sources.guest),
    groups: groupsIn(claims, sources.groups),
    roles: idsIn(claims, sources.roles),
    clientIp: circumstances.clientIp,
    country: countryIn(claims, sources.country, circumstances),
    platform: sources.platform === undefined ? agreedPlatform(reports) : platformIn(facts),
    device: agreedDevice(deviceIn(facts), directory),
    signInRisk: wordIn(claims, sources.signInRisk, riskLevels),
    userRisk: wordIn(claims, sources.userRisk, riskLevels),
    insiderRisk: wordIn(claims, sources.insiderRisk, insiderRiskLevels),
    transferMethod: wordIn(claims, sources.transferMethod, transferMethods),
    authenticationMethods: wordsIn(claims, 'amr', /^[\x21-\x7e]{1,32}$/),
    authenticationContexts: wordsIn(claims, 'acrs', /^c[1-9]\d?$/),
    authTime: authTimeIn(facts, circumstances),
    proofs: agreedProofs(proofAnswers(proofsOf(tokenIssuer), claims), directory),
  }
  return reports.length === 0 ? signals : { ...signals, facts: reports }
}
