import type { FactReport } from './factKinds.ts'
import type { Answer, Platform, Signal } from './signal.ts'

export const riskLevels = ['none', 'low', 'medium', 'high'] as const
export type RiskLevel = (typeof riskLevels)[number]

export const insiderRiskLevels = ['minor', 'moderate', 'elevated'] as const
export type InsiderRiskLevel = (typeof insiderRiskLevels)[number]

export const guestTypes = [
  'internalGuest',
  'b2bCollaborationGuest',
  'b2bCollaborationMember',
  'b2bDirectConnectUser',
  'otherExternalUser',
  'serviceProvider',
] as const
export type GuestType = (typeof guestTypes)[number]

export const transferMethods = ['deviceCodeFlow', 'authenticationTransfer'] as const
export type TransferMethod = (typeof transferMethods)[number]

/** A user from elsewhere, as far as the token tells. */
export interface Guest {
  readonly type: Signal<GuestType>
  /** The id of the guest's own directory. */
  readonly homeTenant: Signal<string>
}

/** The attributes of a device that rules of a device filter can name, by Graph's names, such as `trustType`. */
export type DeviceAttributes = Readonly<Record<string, Signal<string | boolean | readonly string[]>>>

/**
 * Names a control that needs a proof: one of Graph's built-in ones, an authentication strength by its id, or one of the
 * combinations that strengths allow, such as `fido2`.
 */
export type ProvableControl =
  | 'compliantDevice'
  | 'domainJoinedDevice'
  | 'mfa'
  | `strength ${string}`
  | `combination ${string}`

/** The controls one of which every certificate rests on. */
export const deviceProofs = ['compliantDevice', 'domainJoinedDevice'] as const
export type DeviceProof = (typeof deviceProofs)[number]

/** All that a decision rests on: the ledger keeps it, so that the decision can be made again. */
export interface Signals {
  readonly version: 1
  /** The time of the decision, seconds since 1970. */
  readonly at: number
  /** The id of the user: Entra's `oid`, or the subject. Ids that are UUIDs are in lower case, here and below. */
  readonly user: Signal<string>
  /** The id of the application that the token is for: its `aud`. */
  readonly application: Signal<string>
  /** `null` for a member. */
  readonly guest: Signal<Guest>
  /** Ids. */
  readonly groups: Signal<readonly string[]>
  /** Ids of role templates. */
  readonly roles: Signal<readonly string[]>
  /** IPv4 or IPv6, without port and brackets. */
  readonly clientIp: Signal<string>
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country: Signal<string>
  readonly platform: Signal<Platform>
  /** `null` where the device has no record in the directory. */
  readonly device: Signal<DeviceAttributes>
  readonly signInRisk: Signal<RiskLevel>
  readonly userRisk: Signal<RiskLevel>
  readonly insiderRisk: Signal<InsiderRiskLevel>
  /** `null` where the user signed in on the device itself. */
  readonly transferMethod: Signal<TransferMethod>
  /** `amr`, RFC 8176. */
  readonly authenticationMethods: Signal<readonly string[]>
  /** `acrs`. */
  readonly authenticationContexts: Signal<readonly string[]>
  /** `auth_time`, seconds since 1970. */
  readonly authTime: Signal<number>
  /** Whether each control is proven; one that is not named has no source, and is unproven. */
  readonly proofs: Readonly<Partial<Record<ProvableControl, Answer>>>
  /** What sources say of the facts that compliance policies ask for; left out where no source is asked. */
  readonly facts?: readonly FactReport[]
}
