import { type ClientKey, keySha256 } from '../credential/clientKey.ts'
import { readTokenFile } from './fileSource.ts'
import { type Environment, printedToken } from './printedToken.ts'

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

/** Where the tokens come from, and what commands find in their environment beside the digest of the key. */
export interface DeviceTokenPlaces {
  readonly posture?: DeviceTokenPlace | undefined
  readonly attestation?: DeviceTokenPlace | undefined
  readonly environment: Environment
}

/** Tells for which key an attestation is: the digest of its SubjectPublicKeyInfo, in the encodings that services take. */
const environmentOf = (key: ClientKey): Environment => {
  const digest = keySha256(key)
  return {
    MAYFLY_KEY_SHA256: digest.toString('hex'),
    MAYFLY_KEY_SHA256_BASE64URL: digest.toString('base64url'),
  }
}

/** Reads both tokens where they are given; that of the device first, which does not depend on the key. */
export const deviceTokens =
  ({ posture, attestation, environment }: DeviceTokenPlaces): ReadDeviceTokens =>
  async (key, signal) => {
    const read = async (kind: 'posture' | 'attestation', place?: DeviceTokenPlace, more = {}) => {
      if (place?.kind !== 'command') return place && readTokenFile(kind, place.file)
      return printedToken(kind, place.command, { environment: { ...environment, ...more }, signal })
    }
    return {
      posture: await read('posture', posture),
      attestation: await read('attestation', attestation, environmentOf(key)),
    }
  }
