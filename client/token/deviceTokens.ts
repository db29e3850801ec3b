import { type ClientKey, keySha256 } from '../credential/clientKey.ts'
import { commandSource } from './commandSource.ts'
import { fileSource } from './fileSource.ts'
import type { TokenSource } from './tokenSource.ts'

/** What a client tells of its device beside the compliance token. */
export interface DeviceTokens {
  readonly posture?: string | undefined
  readonly attestation?: string | undefined
}

/** Gets what tells of the device and vouches for a key. @throws {Refusal} those of TokenSource.get() */
export type ReadDeviceTokens = (key: ClientKey, signal: AbortSignal) => Promise<DeviceTokens>

/** Where one of these tokens comes from: a file, or a command that the shell runs. */
export type DeviceTokenPlace =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'command'; readonly command: string }

/** Tells for which key an attestation is: the digest of its SubjectPublicKeyInfo, in the encodings that services take. */
const environmentOf = (key: ClientKey) => {
  const digest = keySha256(key)
  return {
    MAYFLY_KEY_SHA256: digest.toString('hex'),
    MAYFLY_KEY_SHA256_BASE64URL: digest.toString('base64url'),
  }
}

const sourceOf = (name: 'posture' | 'attestation', place: DeviceTokenPlace, environment = {}): TokenSource =>
  place.kind === 'file' ? fileSource(name, place.file) : commandSource(name, place.command, environment)

/** Reads both tokens where they are given; that of the device first, which does not depend on the key. */
export const deviceTokens =
  (places: {
    readonly posture?: DeviceTokenPlace | undefined
    readonly attestation?: DeviceTokenPlace | undefined
  }): ReadDeviceTokens =>
  async (key, signal) => {
    const wanted = { isInteractive: false }
    const { posture, attestation } = places
    return {
      posture: posture && (await sourceOf('posture', posture).get(wanted, signal)),
      attestation:
        attestation && (await sourceOf('attestation', attestation, environmentOf(key)).get(wanted, signal)),
    }
  }
