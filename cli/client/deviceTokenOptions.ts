import type { DeviceTokenPlace } from '../../client/token/deviceTokens.ts'
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

type DeviceTokenValues = Readonly<Record<keyof typeof deviceTokenOptions, string | undefined>>

const placeOf = (
  name: string,
  file: string | undefined,
  command: string | undefined,
): DeviceTokenPlace | undefined => {
  if (file !== undefined && command !== undefined)
    throw new Refusal('usage-wrong', `Cannot get a token: give either --${name}-file or --${name}-command.`)
  if (file !== undefined) return { kind: 'file', file }
  return command === undefined ? undefined : { kind: 'command', command }
}

/** Where the tokens come from that options name. @throws {Refusal} `usage-wrong` where a file and a command are given */
export const deviceTokenPlacesOf = (options: DeviceTokenValues) => ({
  posture: placeOf('posture', options.postureFile, options.postureCommand),
  attestation: placeOf('attestation', options.attestationFile, options.attestationCommand),
})
