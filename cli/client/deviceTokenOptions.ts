import { type ClientKey, keySha256 } from '../../client/credential/clientKey.ts'
import { text } from '../commandLine/option.ts'
import { type Environment, readSource } from './tokenSource.ts'

/** The options with which a client tells of its device beside the compliance token. */
export const deviceTokenOptions = {
  postureFile: text('FILE', 'holds a posture token, which tells facts of the device'),
  postureCommand: text('COMMAND', 'prints it, run by the shell'),
  attestationFile: text('FILE', 'holds an attestation token for the key that is left in the folder'),
  attestationCommand: text(
    'COMMAND',
    'prints one for the new key, whose SHA-256 it finds in MAYFLY_KEY_SHA256 (hex) and MAYFLY_KEY_SHA256_BASE64URL',
  ),
}

type DeviceTokenValues = Readonly<Record<keyof typeof deviceTokenOptions, string | undefined>>

/**
 * Reads the posture token, where there is one.
 * @throws {Refusal} `usage-wrong`
 */
export const readPosture = ({ postureFile: file, postureCommand: command }: DeviceTokenValues) =>
  readSource({ kind: 'posture', file, command })

/** Tells for which key an attestation is: the digest of its SubjectPublicKeyInfo, in the encodings that services take. */
const environmentOf = (key: ClientKey): Environment => {
  const digest = keySha256(key)
  return {
    MAYFLY_KEY_SHA256: digest.toString('hex'),
    MAYFLY_KEY_SHA256_BASE64URL: digest.toString('base64url'),
  }
}

/**
 * Reads the attestation token for a key, where there is one.
 * @throws {Refusal} `usage-wrong`
 */
export const readAttestation = (
  { attestationFile: file, attestationCommand: command }: DeviceTokenValues,
  key: ClientKey,
) => readSource({ kind: 'attestation', file, command }, environmentOf(key))
