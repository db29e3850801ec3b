import { azureVbsClaims } from '../../attestations.ts'
import { makeDeviceKey } from '../../world.ts'
import type { Members } from '../../tenants.ts'
import { unsigned } from '../../tokens.ts'
import { ended, keyDigest, tooOld } from './deviceIssuer.ts'
import { casesOf, type EvidenceCase, type Presenting } from './evidenceCase.ts'
import { signedByStranger } from './signedByStranger.ts'

type ClaimsOf = (presenting: Presenting) => Members

/** Presents a token of Azure Attestation for a TPM, bound to the key of the request unless a case says otherwise. */
const tpm =
  (claimsOf: ClaimsOf = () => ({})): EvidenceCase['present'] =>
  async (at) => ({ attestation: await at.azure.attest(keyDigest(at.key), { claims: claimsOf(at) }) })

const nonce = (nonceOf: (presenting: Presenting) => unknown) => tpm((at) => ({ nonce: nonceOf(at) }))

const forged = signedByStranger.map(
  ([how, by]) =>
    [
      how,
      async ({ azure, stranger, key }: Presenting) => ({
        attestation: await azure.attest(keyDigest(key), await by(azure, stranger)),
      }),
      'attestation-refused',
      'its signature does not verify',
    ] as const,
)

const ofTpm = casesOf('tpm', [
  ['present', tpm(), 'ok'],
  [
    'absent',
    () => ({}),
    'attestation-refused',
    'the request has no attestation',
    { secureBootEnabled: 'secureBoot: unknown, by the attestation' },
  ],
  ['expired', tpm(ended), 'attestation-refused', 'it expired'],
  ['too old', tpm(tooOld), 'attestation-refused', 's ago, the limit is 3600 s'],
  [
    'of a wrong issuer',
    tpm(({ stranger }) => ({ iss: stranger.url })),
    'attestation-refused',
    'its "iss" is not one that the tenant lists',
  ],
  [
    'judged by another policy',
    tpm(() => ({ 'x-ms-policy-hash': 'A'.repeat(43) })),
    'attestation-refused',
    'its "x-ms-policy-hash" is none that the tenant lists',
  ],
  [
    'judged by no policy',
    tpm(() => ({ 'x-ms-policy-hash': undefined })),
    'attestation-refused',
    'its "x-ms-policy-hash" is none that the tenant lists',
  ],
  ...forged,
  [
    'unsigned',
    async (at) => ({ attestation: unsigned(String((await tpm()(at)).attestation)) }),
    'attestation-refused',
    'it is not a JWS',
  ],
  ['no token at all', () => ({ attestation: 'healthy' }), 'attestation-refused', 'it is not a JWS'],
  [
    'replayed with another CSR',
    async ({ azure }) => ({ attestation: await azure.attest(keyDigest(makeDeviceKey())) }),
    'attestation-unbound',
    "is not the SHA-256 of the request's key as base64url",
  ],
  [
    'bound to nothing',
    nonce(() => undefined),
    'attestation-unbound',
    "is not the SHA-256 of the request's key as base64url",
  ],
  [
    'with the hash at the end of a longer value',
    nonce(({ key }) => `AA${keyDigest(key, 'base64url')}`),
    'attestation-unbound',
    "is not the SHA-256 of the request's key as base64url",
  ],
  [
    'with the hash at the beginning of a longer value',
    nonce(({ key }) => `${keyDigest(key, 'base64url')}AA`),
    'attestation-unbound',
    "is not the SHA-256 of the request's key as base64url",
  ],
  [
    'with a part of the hash',
    nonce(({ key }) => keyDigest(key, 'base64url').slice(0, 42)),
    'attestation-unbound',
    "is not the SHA-256 of the request's key as base64url",
  ],
  [
    'with the hash, padded',
    nonce(({ key }) => `${keyDigest(key, 'base64url')}=`),
    'attestation-unbound',
    "is not the SHA-256 of the request's key as base64url",
  ],
  [
    'with the hash in another encoding',
    nonce(({ key }) => keyDigest(key, 'hex')),
    'attestation-unbound',
    "is not the SHA-256 of the request's key as base64url",
  ],
  [
    'with the hash in a list',
    nonce(({ key }) => [keyDigest(key, 'base64url')]),
    'attestation-unbound',
    "is not the SHA-256 of the request's key as base64url",
  ],
  [
    'with the hash in another claim',
    tpm(({ key }) => ({ nonce: 'AQIDBA', rp_data: keyDigest(key, 'base64url') })),
    'attestation-unbound',
    "is not the SHA-256 of the request's key as base64url",
  ],
  [
    'of a machine that fails',
    tpm(() => ({ secureBootEnabled: false })),
    'device-not-compliant',
    'secureBootEnabled wants secure boot on',
    { secureBootEnabled: 'secureBoot: no, by the attestation' },
  ],
  [
    'silent about a setting',
    tpm(() => ({ bitlockerEnabled: undefined })),
    'device-not-compliant',
    'nobody tells whether the device meets',
    { bitLockerEnabled: 'systemDriveEncrypted: unknown, by the attestation' },
  ],
])

const ofVbs = casesOf('vbs', [
  ['of virtual secure mode', tpm(({ key }) => azureVbsClaims(keyDigest(key))), 'ok'],
  [
    'of virtual secure mode, replayed with another CSR',
    tpm(() => azureVbsClaims(keyDigest(makeDeviceKey()))),
    'attestation-unbound',
    "is not the SHA-256 of the request's key as base64url",
  ],
])

const eat =
  (claimsOf: ClaimsOf = () => ({})): EvidenceCase['present'] =>
  async (at) => ({ attestation: await at.eat.attest(keyDigest(at.key), { claims: claimsOf(at) }) })

const ofEat = casesOf('eat', [
  ['an EAT, of the device', eat(), 'ok'],
  [
    'an EAT, of another device',
    eat(() => ({ device_id: '5d6f9f0e-7a31-4c1b-8a52-9c3f7f0f6a10' })),
    'attestation-refused',
    'it is of another device',
  ],
  [
    'an EAT, of no device',
    eat(() => ({ device_id: undefined })),
    'attestation-refused',
    'it names no device',
  ],
  ['an EAT, expired', eat(ended), 'attestation-refused', 'it expired'],
  [
    'an EAT, replayed with another CSR',
    eat(() => ({ eat_nonce: keyDigest(makeDeviceKey(), 'base64url') })),
    'attestation-unbound',
    "is not the SHA-256 of the request's key as base64url",
  ],
  [
    'an EAT, with several nonces',
    eat(({ key }) => ({ eat_nonce: [keyDigest(key, 'base64url'), 'AQIDBAUG'] })),
    'attestation-unbound',
    "is not the SHA-256 of the request's key as base64url",
  ],
  [
    'an EAT, with the hash in capitals',
    eat(({ key }) => ({ eat_nonce: keyDigest(key, 'hex').toUpperCase() })),
    'attestation-unbound',
    "is not the SHA-256 of the request's key as base64url",
  ],
])

/** A tenant that wants a certain machine: what names none does not count, however healthy it is. */
const ofNamed = casesOf('tpm-of-devices', [
  ['of a machine that it does not name', tpm(), 'attestation-refused', 'it names no device'],
])

/** What an attestation gets. */
export const attestationCases: readonly EvidenceCase[] = [...ofTpm, ...ofVbs, ...ofEat, ...ofNamed]
