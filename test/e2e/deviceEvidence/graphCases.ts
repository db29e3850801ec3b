import { randomUUID } from 'node:crypto'
import { says, page, slow, cut, refused } from '../faultsKinds.ts'
import type { Fault } from '../faultsServer.ts'
import { type GraphDevice, type GraphSite, healthyDevice } from './graphSite.ts'

/** The object id of the user in the directory. */
export const userId = '8d7f0c52-6a4e-4f0b-9f77-2f0b6d1c5e90'

/** What the directory has and does while one request is under way, and what the request has to get. */
export interface GraphCase {
  readonly tenant: 'directory' | 'intune' | 'joined' | 'beside-a-claim'
  readonly directory: string
  readonly arrange: (graph: GraphSite) => void
  /** Claims of the compliance token. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly status: number
  readonly code: string
  /** The exact Retry-After, where Graph tells one. */
  readonly retryAfter?: string
  /** How many requests Graph gets at most; none where that is said. */
  readonly asks?: number
}

const has =
  (device: GraphDevice | undefined): GraphCase['arrange'] =>
  ({ devices, deviceId }) =>
    void (device ? devices.set(deviceId, device) : devices.delete(deviceId))

const record = (changes: GraphDevice['record']) => has(healthyDevice(userId, { record: changes }))
const managed = (changes: GraphDevice['managed']) => has(healthyDevice(userId, { managed: changes }))

const fails =
  (name: string, fault: Fault): GraphCase['arrange'] =>
  (graph) => {
    has(healthyDevice(userId))(graph)
    graph.fail(name, fault)
  }

const throttled =
  (seconds?: string): Fault =>
  async (answer) => {
    const { status, body, headers } = (await says(429, { error: { code: 'TooManyRequests' } })(answer)) ?? {
      status: 429,
      body: Buffer.alloc(0),
      headers: {},
    }
    return { status, body, headers: seconds === undefined ? headers : { ...headers, 'retry-after': seconds } }
  }

const stranger = randomUUID()

type Row = readonly [
  directory: string,
  arrange: GraphCase['arrange'],
  code: string,
  more?: Partial<GraphCase>,
]

const statuses: Readonly<Record<string, number>> = { ok: 201, 'directory-unavailable': 503 }

const rows = (tenant: GraphCase['tenant'], of: readonly Row[]): readonly GraphCase[] =>
  of.map(([directory, arrange, code, more]) => ({
    tenant,
    directory,
    arrange,
    code,
    status: statuses[code] ?? 403,
    ...more,
  }))

const no = 'device-not-compliant'
const out = 'directory-unavailable'

const ofDevices = rows('directory', [
  ['has it compliant', has(healthyDevice(userId)), 'ok'],
  ['has it compliant no more', record({ isCompliant: false }), no],
  ['has it compliant again', has(healthyDevice(userId)), 'ok'],
  ['has it unmanaged', record({ isManaged: false }), no],
  ['never judged it', record({ isCompliant: null }), no],
  [
    'has it compliant until an hour ago',
    record({ complianceExpirationDateTime: '2020-01-01T00:00:00Z' }),
    no,
  ],
  ['has no record of it', has(undefined), no],
  ['has it disabled', record({ accountEnabled: false }), no],
  ['has it registered to another user', has(healthyDevice(stranger)), no],
  ['has it registered to nobody', has(healthyDevice(userId, { owners: [], users: [] })), no],
  ['has the user as a user alone', has(healthyDevice(stranger, { users: [stranger, userId] })), 'ok'],
  ['says of another device', record({ deviceId: randomUUID() }), out],
  ['says something else than it should', record({ isCompliant: 'yes' }), out],
  [
    'is not asked where the token names no device',
    has(healthyDevice(userId)),
    no,
    { claims: { device_id: undefined }, asks: 0 },
  ],
  [
    'is not asked where the token names no user',
    has(healthyDevice(userId)),
    no,
    { claims: { oid: undefined } },
  ],
  ['throttles without a time', fails('device', throttled()), out],
  ['is slow', fails('device', slow), out],
  ['refuses the connection', fails('device', refused), out],
  ['breaks off its answer', fails('device', cut), out],
  ['answers with a page and 200', fails('device', page), out],
  ['answers with an empty object', fails('device', says(200)), out],
  ['answers 500', fails('device', says(500)), out],
  ['answers 401: the token does not count', fails('device', says(401)), out],
  ['answers 403: nobody granted the permission', fails('device', says(403)), out],
])

const ofJoined = rows('joined', [
  ['has it joined to the domain', record({ trustType: 'ServerAd', isCompliant: false }), 'ok'],
  ['has it joined to the directory alone', record({ trustType: 'AzureAd' }), 'policy-not-satisfied'],
])

const ofClaims = rows('beside-a-claim', [
  ['says no to a stale claim', record({ isCompliant: false }), no, { claims: { device_compliant: true } }],
  [
    'says yes to a claim that says no',
    has(healthyDevice(userId)),
    no,
    { claims: { device_compliant: false }, asks: 0 },
  ],
  ['and the claim say yes', has(healthyDevice(userId)), 'ok', { claims: { device_compliant: true } }],
  [
    'is out, and a stale claim says yes',
    fails('device', says(500)),
    out,
    { claims: { device_compliant: true } },
  ],
  [
    'is out, and the claim says no',
    fails('device', says(500)),
    no,
    { claims: { device_compliant: false }, asks: 0 },
  ],
])

const ofIntune = rows('intune', [
  ['has it encrypted', managed({}), 'ok'],
  ['has it unencrypted', managed({ isEncrypted: false }), no],
  ['has an old system', managed({ osVersion: '10.0.19045.1' }), no],
  ['does not know it', managed(undefined), no],
  ['answers with a page and 200', fails('managed', page), out],
])

/** Last: it is left alone for as long as it asks for. */
const ofThrottled = [
  ...rows('intune', [
    ['throttles Intune', fails('managed', throttled('19')), out, { retryAfter: '19' }],
    ['is left alone by Intune', has(healthyDevice(userId)), out, { asks: 2 }],
  ]),
  ...rows('directory', [
    ['throttles', fails('device', throttled('17')), out, { retryAfter: '17' }],
    ['is left alone', has(healthyDevice(userId)), out, { asks: 0 }],
  ]),
]

/** What the word of the directory is worth, in the order in which it is asked: nothing of it is kept. */
export const graphCases: readonly GraphCase[] = [
  ...ofDevices,
  ...ofJoined,
  ...ofClaims,
  ...ofIntune,
  ...ofThrottled,
]
