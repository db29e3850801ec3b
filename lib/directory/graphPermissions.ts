import type { DirectoryPart } from './directoryOutage.ts'

/** A permission of Microsoft Graph for applications. */
export interface GraphPermission {
  readonly name: string
  /** Its id, in every directory. */
  readonly id: string
}

/** The least permission for each part of the directory. */
export const graphPermissions: Readonly<Record<DirectoryPart, GraphPermission>> = {
  directory: { name: 'Device.Read.All', id: '7438b122-aefc-4978-80ed-43db9fcc7715' },
  intune: { name: 'DeviceManagementManagedDevices.Read.All', id: '2f51be20-0bb4-4fed-bf7b-db946066c75e' },
}
