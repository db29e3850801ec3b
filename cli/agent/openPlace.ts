import type { ProfilesConfiguration } from '../../client/agent/profilesConfiguration.ts'
import type { ProfilePlace } from '../../client/vpnProfile/profilePlace.ts'
import { Refusal } from '../../lib/errors/refusal.ts'

/** Opens the place that a configuration has its profiles in. @throws {Refusal} `usage-wrong` where this machine has none */
export const openPlace = ({ place }: ProfilesConfiguration): ProfilePlace => {
  throw new Refusal(
    'usage-wrong',
    `Cannot keep profiles of ${place.platform}: this machine has no such client.`,
  )
}
