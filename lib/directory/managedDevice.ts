import { jsonMember } from '../json/parseJson.ts'
import { managementStates, type ThreatLevel, type FactValue } from '../policy/signals/factKinds.ts'
import type { intuneFacts } from '../policy/signals/factsOfDirectory.ts'
import type { Signal } from '../policy/signals/signal.ts'
import { parseUuid } from '../text/parseUuid.ts'
import { operatingSystemOf } from './operatingSystem.ts'
import { strictMembers } from './strictMembers.ts'

/** What Intune knows of a device. */
export interface ManagedDevice {
  readonly facts: Readonly<Record<(typeof intuneFacts)[number], Signal<FactValue>>>
  /** When Intune was last told, seconds since 1970; undefined where it never was, or does not say. */
  readonly at: number | undefined
  /** The members that are missing or are not what they should be. */
  readonly mistakes: readonly string[]
}

const selected = [
  'azureADDeviceId',
  'operatingSystem',
  'osVersion',
  'isEncrypted',
  'jailBroken',
  'complianceState',
  'partnerReportedThreatState',
  'lastSyncDateTime',
]

/** The path of Intune's records of a device: of two, neither is taken. @param deviceId a UUID. */
export const managedDevicesPath = (deviceId: string): string =>
  `deviceManagement/managedDevices?$filter=azureADDeviceId eq '${deviceId}'&$select=${selected.join(',')}`.replaceAll(
    ' ',
    '%20',
  )

/** What a threat defence told Intune; what is not listed says nothing of threats, such as one that is not set up. */
const threatLevels: Readonly<Record<string, ThreatLevel>> = {
  secured: 'secured',
  lowSeverity: 'low',
  mediumSeverity: 'medium',
  highSeverity: 'high',
  compromised: 'high',
}

/** Intune writes it as text. */
const jailBreaks: Readonly<Record<string, boolean>> = { true: true, false: false }

const lookedUp = <Value>(table: Readonly<Record<string, Value>>, word: Signal<string>): Value | undefined =>
  typeof word === 'string' && Object.hasOwn(table, word) ? table[word] : undefined

const readManagedDevice = (document: unknown): ManagedDevice => {
  const members = strictMembers(document)
  const state = members.text('complianceState')
  const syncedAt = members.time('lastSyncDateTime') ?? 0
  const system = operatingSystemOf(members.text('operatingSystem'), members.text('osVersion'))
  const facts = {
    ...system,
    systemDriveEncrypted: members.flag('isEncrypted') ?? undefined,
    jailBroken: lookedUp(jailBreaks, members.text('jailBroken')?.toLowerCase()),
    threatLevel: lookedUp(threatLevels, members.text('partnerReportedThreatState')),
    managementState: managementStates.find((one) => one === state),
  }
  // A device that never was in touch has the year 1.
  const at = syncedAt > 0 ? Math.floor(syncedAt / 1000) : undefined
  return { facts, at, mistakes: members.mistakes }
}

/** The record of a device, or how many there are. */
export type ManagedDevices = ManagedDevice | 'none' | 'several'

/** Reads what Intune knows of a device. @returns undefined for what is no list of records of this device. */
export const readManagedDevices = (document: unknown, deviceId: string): ManagedDevices | undefined => {
  const records: unknown = jsonMember(document, 'value')
  if (!Array.isArray(records)) return undefined
  const isOfDevice = (record: unknown) => {
    const id = jsonMember(record, 'azureADDeviceId')
    return typeof id === 'string' && parseUuid(id) === deviceId
  }
  if (!records.every(isOfDevice)) return undefined
  if (records.length > 1 || jsonMember(document, '@odata.nextLink') !== undefined) return 'several'
  return records.length === 0 ? 'none' : readManagedDevice(records[0])
}
