import { readFile } from 'node:fs/promises'
import { deviceProperties } from '../lib/policy/filter/property.ts'

/** One object of Graph's: members by Graph's names. */
export type GraphObject = Readonly<Record<string, unknown>>

/** What goes wrong, for whoever wants to see it. */
export interface GraphTrouble {
  /** Answers with this status, such as 429 or 503. */
  readonly status?: number
  readonly retryAfterSeconds?: number
  /** Answers this much later. */
  readonly delaySeconds?: number
}

/** What the stand-in for Graph knows. Of each object, what is left out is null. */
export interface GraphRecords {
  /** By `deviceId`; `registeredOwners` and `registeredUsers` are object ids of users. */
  readonly devices: readonly GraphObject[]
  /** Intune's, by `azureADDeviceId`. */
  readonly managedDevices: readonly GraphObject[]
  readonly trouble?: GraphTrouble
}

/** The properties of devices that the stand-in knows; of users it shows the id alone. */
export const deviceNames: readonly string[] = [
  'id',
  'accountEnabled',
  'approximateLastSignInDateTime',
  'complianceExpirationDateTime',
  'extensionAttributes',
  'isManaged',
  ...deviceProperties.filter((name) => !name.startsWith('extensionAttribute')),
]

/** The properties of managed devices that the stand-in knows. */
export const managedDeviceNames: readonly string[] = [
  'id',
  'azureADDeviceId',
  'complianceState',
  'deviceName',
  'isEncrypted',
  'jailBroken',
  'lastSyncDateTime',
  'operatingSystem',
  'osVersion',
  'partnerReportedThreatState',
  'userId',
]

/** Reads the records anew for each request: whoever edits the file sees it at once. */
export const recordsIn = (file: string) => async (): Promise<GraphRecords> =>
  JSON.parse(await readFile(file, 'utf8')) as GraphRecords
