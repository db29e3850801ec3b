import { calculateJwkThumbprint, exportJWK } from 'jose'
import { createPublicKey } from 'node:crypto'
import { unsigned } from '../../tokens.ts'
import type { Members } from '../../tenants.ts'
import { type DeviceKey, makeDeviceKey } from '../../world.ts'
import { ended, healthyPosture, postureToken, tooNew, tooOld } from './deviceIssuer.ts'
import { casesOf, type EvidenceCase, noDevice, type Presenting } from './evidenceCase.ts'
import { signedByStranger } from './signedByStranger.ts'

const otherDevice = '5d6f9f0e-7a31-4c1b-8a52-9c3f7f0f6a10'

/** Presents a good token with other claims; those of a member replace the whole member. */
const says =
  (claims: Members): EvidenceCase['present'] =>
  async ({ posture }) => ({ posture: await postureToken(posture, { claims }) })

const device = (changes: Members): Members => ({
  device: { ...(healthyPosture['device'] as Members), ...changes },
})

const forged = signedByStranger.map(
  ([how, by]) =>
    [
      how,
      async ({ posture, stranger }: Presenting) => ({
        posture: await postureToken(posture, await by(posture, stranger)),
      }),
      'posture-refused',
      'its signature does not verify',
    ] as const,
)

const ofDevice = casesOf('posture', [
  ['present', says({}), 'ok'],
  ['absent', () => ({}), 'posture-refused', 'the request has no posture token'],
  ['expired', (at) => says(ended())(at), 'posture-refused', 'it expired'],
  ['too old', (at) => says(tooOld())(at), 'posture-refused', 's ago, the limit is 3600 s'],
  ['of the future', (at) => says(tooNew())(at), 'posture-refused', 'it is valid in'],
  ['without an end', says({ exp: undefined }), 'posture-refused', 'its claim "exp" is missing'],
  ['of another device', says(device({ id: otherDevice })), 'posture-refused', 'it is of another device'],
  ['of no device', says(device({ id: undefined })), 'posture-refused', 'it names no device'],
  [
    "of another user's device",
    says(device({ owner: 'mallory@contoso.example' })),
    'posture-refused',
    'it is of another user',
  ],
  [
    'for a token that names no device',
    async (at) => ({ ...(await says({})(at)), claims: noDevice }),
    'posture-refused',
    'the compliance token does not name the device',
  ],
  [
    'of a wrong issuer',
    says({ iss: 'https://mdm.example' }),
    'posture-refused',
    'its "iss" is not one that the tenant lists',
  ],
  [
    'of an issuer of another tenant',
    async ({ stranger }) => ({ posture: await postureToken(stranger) }),
    'posture-refused',
    'its "iss" is not one that the tenant lists',
  ],
  ['for another audience', says({ aud: 'urn:other' }), 'posture-refused', 'its only "aud" is not the one'],
  [
    'for several audiences',
    says({ aud: [healthyPosture['aud'], 'urn:other'] }),
    'posture-refused',
    'its only "aud" is not the one',
  ],
  ...forged,
  [
    'unsigned',
    async ({ posture }) => ({ posture: unsigned(await postureToken(posture)) }),
    'posture-refused',
    'it is not a JWS',
  ],
  ['no token at all', () => ({ posture: 'healthy' }), 'posture-refused', 'it is not a JWS'],
  ['replayed with another CSR for the same device', says({}), 'ok'],
  [
    'of a device that fails',
    says({ disk: { system: 'plain' } }),
    'device-not-compliant',
    'the device does not meet the compliance policy "Windows laptops"',
    { storageRequireEncryption: 'systemDriveEncrypted: no, by the posture token' },
  ],
  [
    'silent about a setting',
    says({ firewall: undefined }),
    'device-not-compliant',
    'nobody tells whether the device meets',
    { activeFirewallRequired: 'firewallEnabled: unknown, by the posture token' },
  ],
])

const thumbprint = async ({ spki }: DeviceKey): Promise<string> =>
  calculateJwkThumbprint(
    await exportJWK(createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })),
  )

/** Presents a token that is bound to a key, beside a compliance token that names no device. */
const boundTo =
  (
    keyOf: (presenting: Presenting) => DeviceKey,
    claims: Members = { device: undefined },
  ): EvidenceCase['present'] =>
  async (at) => {
    const cnf = { jkt: await thumbprint(keyOf(at)) }
    return { posture: await postureToken(at.posture, { claims: { cnf, ...claims } }), claims: noDevice }
  }

const ofAnyMachine = casesOf('any-machine', [
  ['bound to the key', boundTo(({ key }) => key), 'ok'],
  [
    'replayed with another CSR',
    boundTo(makeDeviceKey),
    'posture-refused',
    'it is bound to another key than that of the request',
  ],
  [
    'bound to no key',
    async (at) => ({ ...(await says({ device: undefined })(at)), claims: noDevice }),
    'posture-refused',
    'it names neither a device nor the key of the request',
  ],
  [
    'bound to the key, and of a device',
    boundTo(({ key }) => key, {}),
    'posture-refused',
    'the compliance token does not name the device',
  ],
])

/** A tenant that has no posture issuer takes no notice of what it is sent. */
const notConfigured = casesOf('claims-alone', [
  [
    'sent to a tenant that has no posture issuer',
    () => ({ posture: 'x.y.z', claims: { device_compliant: true } }),
    'ok',
  ],
])

/** What a posture token gets. */
export const postureCases: readonly EvidenceCase[] = [...ofDevice, ...ofAnyMachine, ...notConfigured]
