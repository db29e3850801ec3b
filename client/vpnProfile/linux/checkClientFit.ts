import { Refusal } from '../../../lib/errors/refusal.ts'
import type { VpnProfile, VpnTunnel } from '../vpnProfile.ts'

const refuse = (why: string): Refusal =>
  new Refusal('configuration-invalid', `Cannot use the profile: ${why}.`)

/**
 * Makes sure that a client of Linux can have a tunnel: it takes files, so it wants the roots of the server themselves.
 * @throws {Refusal} `configuration-invalid`
 */
export const checkClientFit = ({ server }: VpnProfile, { kind }: VpnTunnel): void => {
  if (kind === 'device') throw refuse('a device tunnel is of Windows alone')
  if (server.authorities.length === 0)
    throw refuse('server.ca is missing, a file with the roots of the server; digests alone do for Windows')
}
