import type { GraphObject, GraphRecords } from './graphRecords.ts'

/** Whose device it is: the object id of a user, and the id of the device, both UUIDs. */
export interface DemoOwner {
  readonly userId: string
  readonly deviceId: string
}

const system = { operatingSystem: 'Windows', version: '10.0.22631.4460' }

/** A device as a directory has it that is joined, managed and compliant. */
export const demoDevice = ({ userId, deviceId }: DemoOwner): GraphObject => ({
  id: deviceId,
  deviceId,
  accountEnabled: true,
  displayName: `DEMO-${deviceId.slice(0, 8).toUpperCase()}`,
  isCompliant: true,
  isManaged: true,
  deviceOwnership: 'Company',
  manufacturer: 'Contoso',
  model: 'Demo',
  operatingSystem: system.operatingSystem,
  operatingSystemVersion: system.version,
  physicalIds: [],
  profileType: 'RegisteredDevice',
  systemLabels: [],
  trustType: 'AzureAd',
  registeredOwners: [userId],
  registeredUsers: [userId],
})

/** The same device as Intune has it: it was in touch a moment ago. */
export const demoManagedDevice = ({ userId, deviceId }: DemoOwner): GraphObject => ({
  id: deviceId,
  azureADDeviceId: deviceId,
  userId,
  complianceState: 'compliant',
  deviceName: `DEMO-${deviceId.slice(0, 8).toUpperCase()}`,
  isEncrypted: true,
  jailBroken: 'Unknown',
  lastSyncDateTime: new Date().toISOString(),
  operatingSystem: system.operatingSystem,
  osVersion: system.version,
  partnerReportedThreatState: 'secured',
})

/** What the demo's directory knows at first: a device for each of these users. */
export const demoRecords = (owners: readonly DemoOwner[]): GraphRecords => ({
  devices: owners.map(demoDevice),
  managedDevices: owners.map(demoManagedDevice),
})
