import { createHash } from 'node:crypto'
import type { FactName, FactValue } from '../lib/policy/signals/factKinds.ts'

const hexOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The subject of a demo user's tokens. */
export const demoSubject = (upn: string): string => hexOf(upn).slice(0, 32)

/** A UUID of version 8, which is made of anything (RFC 9562 section 5.8). */
const uuidOf = (text: string): string =>
  hexOf(text).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-8$3-8$4-$5')

/** The id of the one device that a demo user has, unless another is told. */
export const demoDeviceId = (upn: string): string => uuidOf(`the device of ${upn}`)

/** The object id of a demo user in the directory. */
export const demoUserId = (upn: string): string => uuidOf(`the user ${upn}`)

/** Facts by their names. */
export type DeviceFacts = Readonly<Partial<Record<FactName, FactValue>>>

/** What demo posture tokens say of a device that nobody says anything else of: a laptop in good health. */
export const usualPosture = {
  platform: 'windows',
  osVersion: '10.0.26100.4652',
  osBuild: '26100',
  updateAgeDays: 3,
  automaticUpdates: true,
  antivirusPresent: true,
  antivirusEnabled: true,
  antivirusRealTime: true,
  antivirusSignatureAgeDays: 0,
  antispywareEnabled: true,
  defenderEnabled: true,
  firewallEnabled: true,
  passwordRequired: true,
  passwordMinimumCharacters: 12,
  systemDriveEncrypted: true,
  systemIntegrityProtection: true,
  jailBroken: false,
  threatLevel: 'secured',
} as const satisfies DeviceFacts

/** What demo attestations say of how it started. */
export const usualAttestation = {
  attestationValidated: true,
  secureBoot: true,
  codeIntegrity: true,
  bootDebugging: false,
  tpmPresent: true,
  tpmVersion: '2.0',
} as const satisfies DeviceFacts
