import { randomUUID } from 'node:crypto'
import type { Members } from '../../tenants.ts'
import { type Asked, type Answer, type FaultyServer, faultyServer } from '../faultsServer.ts'

/** What the directory and Intune have of a device; a test changes it at any time. */
export interface GraphDevice {
  /** Members of `device`, beside those that most have. */
  readonly record: Members
  /** Object ids. */
  readonly owners: readonly string[]
  readonly users: readonly string[]
  /** Members of Intune's `managedDevice`; undefined where Intune does not know it. */
  readonly managed: Members | undefined
}

/** Microsoft Graph as these tests have it: written from its reference, and not by who asks it. */
export interface GraphSite extends FaultyServer {
  readonly devices: Map<string, GraphDevice>
  /** The device that a test is about: one of its own, since one device is looked up so often and no more. */
  deviceId: string
  /** What was asked: paths without their queries. */
  readonly asked: string[]
}

const usual: Members = {
  accountEnabled: true,
  isCompliant: true,
  isManaged: true,
  trustType: 'AzureAd',
  displayName: 'ADA-LAPTOP',
  operatingSystem: 'Windows',
  operatingSystemVersion: '10.0.22631.4460',
  complianceExpirationDateTime: null,
  deviceOwnership: 'Company',
  enrollmentProfileName: null,
  isRooted: null,
  manufacturer: 'Contoso',
  mdmAppId: '0000000a-0000-0000-c000-000000000000',
  model: 'Laptop 7',
  physicalIds: [],
  profileType: 'RegisteredDevice',
  systemLabels: [],
  extensionAttributes: Object.fromEntries(
    Array.from({ length: 15 }, (_, index) => [`extensionAttribute${index + 1}`, null]),
  ),
}

const usualManaged: Members = {
  operatingSystem: 'Windows',
  osVersion: '10.0.22631.4460',
  isEncrypted: true,
  jailBroken: 'Unknown',
  complianceState: 'compliant',
  partnerReportedThreatState: 'secured',
}

/** A device that is registered to a user, and is well. */
export const healthyDevice = (userId: string, changes: Partial<GraphDevice> = {}): GraphDevice => ({
  record: {},
  owners: [userId],
  users: [userId],
  managed: {},
  ...changes,
})

const json = (status: number, document: unknown): Answer => ({
  status,
  headers: { 'content-type': 'application/json', 'request-id': randomUUID() },
  body: Buffer.from(JSON.stringify(document)),
})

const notFound = json(404, {
  error: { code: 'Request_ResourceNotFound', message: 'Resource does not exist.' },
})

const objects = (ids: readonly string[]) => ids.map((id) => ({ '@odata.type': '#microsoft.graph.user', id }))

const recordOf = (deviceId: string, { record, owners }: GraphDevice): Members => ({
  ...usual,
  deviceId,
  ...record,
  registeredOwners: objects(owners),
})

const managedOf = (deviceId: string, { managed }: GraphDevice): readonly Members[] =>
  managed
    ? [{ azureADDeviceId: deviceId, lastSyncDateTime: new Date().toISOString(), ...usualManaged, ...managed }]
    : []

const forms: readonly (readonly [RegExp, string])[] = [
  [/^\/v1\.0\/devices\(deviceId='([^']+)'\)\?/, 'device'],
  [/^\/v1\.0\/devices\(deviceId='([^']+)'\)\/registeredUsers\?/, 'users'],
  [/^\/v1\.0\/deviceManagement\/managedDevices\?\$filter=azureADDeviceId eq '([^']+)'/, 'managed'],
]

/** What a request is for, and of which device. */
const readTarget = ({ target }: Asked) => {
  const path = decodeURIComponent(target)
  const found = forms.map(([form, name]) => ({ name, deviceId: form.exec(path)?.[1] }))
  const { name, deviceId } = found.find((one) => one.deviceId !== undefined) ?? {}
  if (name === undefined || deviceId === undefined) throw new Error('Graph has no such path.')
  return { name, deviceId }
}

/** Starts it. */
export const openGraphSite = async (): Promise<GraphSite> => {
  const devices = new Map<string, GraphDevice>()
  const asked: string[] = []
  const server = await faultyServer({
    nameOf: (request) => {
      asked.push(request.target.split('?')[0] ?? '')
      return readTarget(request).name
    },
    answer: (request) => {
      const { name, deviceId } = readTarget(request)
      const device = devices.get(deviceId)
      if (name === 'managed') {
        const value = device ? managedOf(deviceId, device) : []
        return Promise.resolve(json(200, { value }))
      }
      if (!device) return Promise.resolve(notFound)
      const users = { value: objects(device.users) }
      return Promise.resolve(json(200, name === 'users' ? users : recordOf(deviceId, device)))
    },
  })
  return {
    ...server,
    devices,
    asked,
    deviceId: randomUUID(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
