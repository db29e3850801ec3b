import { anyOf } from '../policy/signals/answerOf.ts'
import type { Answer } from '../policy/signals/signal.ts'
import type { GraphQuestion } from './askGraph.ts'
import {
  type DeviceRecord,
  devicePath,
  readDeviceRecord,
  readRegisteredUsers,
  usersPath,
} from './deviceRecord.ts'
import type { DirectoryQuestion } from './directory.ts'
import { DirectoryOutage, type DirectoryPart } from './directoryOutage.ts'
import { managedDevicesPath, type ManagedDevices, readManagedDevices } from './managedDevice.ts'

/** Asks Graph once, within the time of a look-up. @throws {DirectoryOutage} */
export type Ask = (question: GraphQuestion) => Promise<unknown>

/** Makes the outage of a part that answers, and what it says is not what was asked for. */
export const unreadable = (part: DirectoryPart, what: string): DirectoryOutage =>
  new DirectoryOutage(part, `Graph answers with ${what}`, { retryAfterSeconds: 5 })

/** Finds the record of a device; undefined where there is none. @throws {DirectoryOutage} */
export const findDevice = async (deviceId: string, ask: Ask): Promise<DeviceRecord | undefined> => {
  const document = await ask({ part: 'directory', path: devicePath(deviceId) })
  if (document === undefined) return undefined
  const device = readDeviceRecord(document, deviceId)
  if (device) return device
  throw unreadable('directory', 'no record of the device')
}

const answerOfUsers = async (deviceId: string, userId: string, ask: Ask): Promise<Answer> => {
  const users = readRegisteredUsers(await ask({ part: 'directory', path: usersPath(deviceId) }))
  if (!users) throw unreadable('directory', 'no list of users')
  if (users.ids.includes(userId)) return 'yes'
  return users.whole ? 'no' : 'unknown'
}

/** Asks whether a device is the user's; for its users only where the owner is not the user. @throws {DirectoryOutage} */
export const isOfUser = async (
  { deviceId, userId }: DirectoryQuestion,
  { owners }: DeviceRecord,
  ask: Ask,
): Promise<Answer> => {
  if (userId === undefined) return 'unknown'
  if (owners?.includes(userId)) return 'yes'
  const isUser = await answerOfUsers(deviceId, userId, ask)
  return anyOf([isUser, owners ? 'no' : 'unknown'])
}

/** Finds what Intune knows of a device. @throws {DirectoryOutage} */
export const findManagedDevices = async (deviceId: string, ask: Ask): Promise<ManagedDevices> => {
  const document = await ask({ part: 'intune', path: managedDevicesPath(deviceId) })
  const found = readManagedDevices(document, deviceId)
  if (found !== undefined) return found
  throw unreadable('intune', 'no list of records of the device')
}
