import { Refusal } from '../../lib/errors/refusal.ts'
import { lackingNotes, serverNotes } from '../vpnProfile/settings.ts'
import type { VpnProfile, VpnTunnel } from '../vpnProfile/vpnProfile.ts'
import type { WantedProfile } from './decideChange.ts'
import type { FollowedTunnels, WatchSpec } from './watchSpec.ts'

/** What the file comes to at one moment. */
export interface Wanted {
  readonly profiles: readonly WantedProfile[]
  readonly followed: FollowedTunnels
  /** What of the file the platform does not do, one line each. */
  readonly notes: readonly string[]
}

const profileOf = (
  { place }: WatchSpec,
  {
    profile,
    tunnel,
    followed,
  }: { readonly profile: VpnProfile; readonly tunnel: VpnTunnel; readonly followed: FollowedTunnels },
): readonly WantedProfile[] => {
  const lacking = followed.lacking.get(tunnel.name) ?? []
  const routed = followed.routed.get(tunnel.name)
  if (!routed) return []
  try {
    const form = place.make(profile, tunnel, routed)
    const { name } = form
    if (!followed.isSilent || lacking.length === 0) return [{ kind: 'formed', name, form, lacking }]
    // A machine whose network is still to come would lose routes that it does not remember.
    const text = `Nothing is changed: no name has an answer, and of ${lacking.join(', ')} nothing is remembered.`
    return [{ kind: 'held', name, condition: 'held', text }]
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return [{ kind: 'held', name: place.nameOf(profile, tunnel), condition: 'failed', text: error.detail }]
  }
}

/**
 * Reads the file, and makes of it what is to be installed.
 * @param follow tells the addresses of names and lists.
 * @throws {Refusal} `configuration-invalid`, `path-shared`
 */
export const wantedProfiles = async (
  spec: WatchSpec,
  follow: (profile: VpnProfile, tunnels: readonly VpnTunnel[]) => Promise<FollowedTunnels>,
): Promise<Wanted> => {
  const profile = await spec.read()
  const tunnels = profile.tunnels.filter(({ kind }) => spec.tunnels.includes(kind))
  const followed = await follow(profile, tunnels)
  const { platform } = spec.place
  return {
    profiles: tunnels.flatMap((tunnel) => profileOf(spec, { profile, tunnel, followed })),
    followed,
    notes: [
      ...serverNotes(profile, platform),
      ...tunnels.flatMap((tunnel) => lackingNotes(tunnel, platform)),
    ],
  }
}
