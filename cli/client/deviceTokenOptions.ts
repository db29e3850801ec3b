import { type ClientKey, keySha256 } from '../../client/credential/clientKey.ts'
import { readTokenFile } from '../../client/token/fileSource.ts'
import { type Environment, printedToken, type TokenKind } from '../../client/token/printedToken.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { text } from '../commandLine/option.ts'

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

interface DeviceToken {
  readonly kind: TokenKind
  readonly file: string | undefined
  readonly command: string | undefined
}

/** @returns undefined where neither is given. @throws {Refusal} `usage-wrong`, or those of the command */
const read = async (
  { kind, file, command }: DeviceToken,
  environment: Environment = {},
): Promise<string | undefined> => {
  if (file !== undefined && command !== undefined)
    throw new Refusal('usage-wrong', `Cannot get a token: give either --${kind}-file or --${kind}-command.`)
  if (file !== undefined) return readTokenFile(kind, file)
  if (command === undefined) return undefined
  return printedToken(kind, command, { environment: { ...process.env, ...environment } })
}

type DeviceTokenValues = Readonly<Record<keyof typeof deviceTokenOptions, string | undefined>>

/**
 * Reads the posture token, where there is one.
 * @throws {Refusal} `usage-wrong`, or those of the command
 */
export const readPosture = ({ postureFile: file, postureCommand: command }: DeviceTokenValues) =>
  read({ kind: 'posture', file, command })

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
 * @throws {Refusal} `usage-wrong`, or those of the command
 */
export const readAttestation = (
  { attestationFile: file, attestationCommand: command }: DeviceTokenValues,
  key: ClientKey,
) => read({ kind: 'attestation', file, command }, environmentOf(key))
