import { createHash, timingSafeEqual } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { deviceNames, type GraphObject, type GraphRecords, managedDeviceNames } from './graphRecords.ts'

/** One request of Microsoft Graph. */
export interface GraphRequest {
  readonly method: string
  /** Path and query. */
  readonly url: URL
  readonly authorization: string | undefined
}

/** An answer. The body becomes JSON, unless it is a text. */
export interface GraphResponse {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

/** Answers requests as Graph would; `undefined` in place of an answer breaks the connection. */
export type Graph = (request: GraphRequest) => Promise<GraphResponse | undefined>

/** The permissions that an app may have here. */
export const graphRoles = ['Device.Read.All', 'DeviceManagementManagedDevices.Read.All'] as const
export type GraphRole = (typeof graphRoles)[number]

export interface StandInGraphOptions {
  readonly records: () => Promise<GraphRecords>
  /** The bearer token that its clients send. */
  readonly token: string
  /** What they may do: all of it when left out. */
  readonly roles?: readonly GraphRole[]
}

const failure = (status: number, code: string, message: string): GraphResponse => ({
  status,
  body: { error: { code, message } },
})

const badRequest = (message: string) => failure(400, 'BadRequest', message)

const digest = (value: string) => createHash('sha256').update(value).digest()

const same = (a: unknown, b: string): boolean => typeof a === 'string' && a.toLowerCase() === b.toLowerCase()

/** Shows the properties that are asked for; those that the object lacks are null, as in Graph. */
const select = (object: GraphObject, names: readonly string[]): GraphObject =>
  Object.fromEntries(names.map((name) => [name, object[name] ?? null]))

const users = (ids: unknown): readonly GraphObject[] =>
  (Array.isArray(ids) ? ids : []).map((id: unknown) => ({ '@odata.type': '#microsoft.graph.user', id }))

/** Reads `$select`, of which all is shown when it is left out. */
const selected = (url: URL, known: readonly string[]): readonly string[] | GraphResponse => {
  const names = url.searchParams.get('$select')?.split(',') ?? known
  const unknown = names.find((name) => !known.includes(name))
  return unknown === undefined ? names : badRequest(`Could not find a property named '${unknown}'.`)
}

const strangeParameter = (url: URL, known: readonly string[]): GraphResponse | undefined => {
  const name = [...url.searchParams.keys()].find((one) => !known.includes(one))
  return name === undefined ? undefined : badRequest(`The query parameter '${name}' is not supported.`)
}

const context = (url: URL, what: string) => ({ '@odata.context': `${url.origin}/v1.0/$metadata#${what}` })

const showDevice = (url: URL, device: GraphObject): GraphResponse => {
  const names = selected(url, deviceNames)
  if ('status' in names) return names
  const expand = url.searchParams.get('$expand')
  if (expand !== null && expand !== 'registeredOwners($select=id)')
    return badRequest(`Parsing $expand failed: '${expand}'.`)
  const owners = expand === null ? {} : { registeredOwners: users(device['registeredOwners']) }
  return { status: 200, body: { ...context(url, 'devices/$entity'), ...select(device, names), ...owners } }
}

const showUsers = (url: URL, device: GraphObject): GraphResponse => {
  const names = selected(url, ['id'])
  if ('status' in names) return names
  const value = users(device['registeredUsers'])
  return { status: 200, body: { ...context(url, 'directoryObjects'), value } }
}

const showManagedDevices = (url: URL, { managedDevices }: GraphRecords): GraphResponse => {
  const names = selected(url, managedDeviceNames)
  if ('status' in names) return names
  const [, deviceId] = /^azureADDeviceId eq '([^']+)'$/.exec(url.searchParams.get('$filter') ?? '') ?? []
  // As Intune does with a filter that it does not understand: all are shown.
  const shown = managedDevices.filter(
    (one) => deviceId === undefined || same(one['azureADDeviceId'], deviceId),
  )
  const value = shown.map((one) => select(one, names))
  return { status: 200, body: { ...context(url, 'deviceManagement/managedDevices'), value } }
}

const devicePath = /^\/v1\.0\/devices\(deviceId='([0-9a-f-]{36})'\)(\/registeredUsers)?$/i

const answerDevice = (url: URL, { devices }: GraphRecords): GraphResponse | undefined => {
  const [, deviceId, isOfUsers] = devicePath.exec(decodeURIComponent(url.pathname)) ?? []
  if (deviceId === undefined) return undefined
  const strange = strangeParameter(url, ['$select', '$expand'])
  if (strange) return strange
  const device = devices.find((one) => same(one['deviceId'], deviceId))
  if (device) return isOfUsers === undefined ? showDevice(url, device) : showUsers(url, device)
  const message = `Resource '${deviceId}' does not exist or one of its queried reference-property objects are not present.`
  return failure(404, 'Request_ResourceNotFound', message)
}

const denied = failure(
  403,
  'Authorization_RequestDenied',
  'Insufficient privileges to complete the operation.',
)

const answerKnown = (url: URL, records: GraphRecords, roles: readonly GraphRole[]): GraphResponse => {
  if (url.pathname === '/v1.0/deviceManagement/managedDevices')
    return roles.includes('DeviceManagementManagedDevices.Read.All')
      ? (strangeParameter(url, ['$select', '$filter']) ?? showManagedDevices(url, records))
      : denied
  const answer = answerDevice(url, records)
  if (!answer) return failure(404, 'ResourceNotFound', 'Resource not found for the segment.')
  return roles.includes('Device.Read.All') ? answer : denied
}

const throttled = ({ trouble = {} }: GraphRecords): GraphResponse | undefined => {
  const { status, retryAfterSeconds } = trouble
  if (status === undefined) return undefined
  const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
  return { ...failure(status, 'TooManyRequests', 'Please retry again later.'), headers }
}

/** The stand-in's answers: GET devices(deviceId='...'), its registeredUsers, and Intune's managedDevices. */
export const standInGraph =
  ({ records, token, roles = graphRoles }: StandInGraphOptions): Graph =>
  async ({ method, url, authorization }) => {
    if (!timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${token}`)))
      return failure(401, 'InvalidAuthenticationToken', 'Access token is empty.')
    if (method !== 'GET') return failure(405, 'Request_BadRequest', 'Specified HTTP method is not allowed.')
    const known = await records()
    await delay((known.trouble?.delaySeconds ?? 0) * 1000)
    return throttled(known) ?? answerKnown(url, known, roles)
  }
