import type { ProfilesConfiguration } from '../../client/agent/profilesConfiguration.ts'
import { networkManagerPlace } from '../../client/vpnProfile/linux/place/networkManagerPlace.ts'
import { openVpnPlace } from '../../client/vpnProfile/linux/place/openVpnPlace.ts'
import { strongSwanPlace } from '../../client/vpnProfile/linux/place/strongSwanPlace.ts'
import type { ProfilePlace } from '../../client/vpnProfile/profilePlace.ts'
import { windowsPlace } from '../../client/vpnProfile/windows/place/windowsPlace.ts'
import { Refusal } from '../../lib/errors/refusal.ts'

type Environment = Readonly<Record<string, string | undefined>>

const linuxPlaces = {
  openvpn: openVpnPlace,
  strongswan: strongSwanPlace,
  networkmanager: networkManagerPlace,
} as const

/** Opens the place that a configuration has its profiles in. @throws {Refusal} `usage-wrong` where this machine has none */
export const openPlace = ({ place }: ProfilesConfiguration, environment: Environment): ProfilePlace => {
  if (!('credential' in place) && process.platform === 'win32')
    return windowsPlace(environment, place.platform)
  if (!('credential' in place) || process.platform !== 'linux')
    throw new Refusal(
      'usage-wrong',
      `Cannot keep profiles of ${place.platform}: this machine has no such client.`,
    )
  const { platform, credential: folder, user } = place
  if (user === undefined && platform !== 'openvpn')
    throw new Refusal(
      'configuration-invalid',
      `Cannot keep profiles of ${platform}: user is missing, by whose name the server knows the client.`,
    )
  return linuxPlaces[platform]({ root: '', environment }, { folder, user: user ?? '' })
}
