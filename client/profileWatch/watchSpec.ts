import { join } from 'node:path'
import type { ProfilePlace } from '../vpnProfile/profilePlace.ts'
import type { RoutedPrefixes } from '../vpnProfile/routedPrefixes.ts'
import type { SourceNote } from '../vpnProfile/sources/sourceNote.ts'
import type { TunnelKind, VpnProfile, VpnTunnel } from '../vpnProfile/vpnProfile.ts'

/** What names and lists of tunnels come to. */
export interface FollowedTunnels {
  /** Of each tunnel, by the name that the file has for it. */
  readonly routed: ReadonlyMap<string, RoutedPrefixes>
  /** Names of routes that never had an address, by that too. */
  readonly lacking: ReadonlyMap<string, readonly string[]>
  /** Whether nothing answered, and nothing is remembered: the network may be still to come. */
  readonly isSilent: boolean
  /** What is not as it should be, one line each; those that stay the same are told once. */
  readonly faults: readonly SourceFault[]
}

/** A name or a list that did not answer, or answered what is not taken. */
export interface SourceFault {
  readonly source: string
  /** It is told again when this changes. */
  readonly kind: SourceNote['kind'] | 'refused'
  readonly text: string
  /** Whether asking again soon may help. */
  readonly mayPass: boolean
}

/** Names and lists, with their last good answers across restarts. */
export interface TunnelSources {
  /** Asks for them, and remembers what is answered. @throws the reason of the signal */
  follow(profile: VpnProfile, tunnels: readonly VpnTunnel[], signal: AbortSignal): Promise<FollowedTunnels>
  /** The same, and remembers nothing. @param asks whether anybody is asked; else what was answered last counts */
  glance(
    profile: VpnProfile,
    tunnels: readonly VpnTunnel[],
    options: { readonly asks: boolean; readonly signal: AbortSignal },
  ): Promise<FollowedTunnels>
}

/** Profiles to keep current, and with what. */
export interface WatchSpec {
  /** A vpn.toml. */
  readonly file: string
  /** It, and what else is read with it: a change there is one of the profiles, as is one of a file that it names. */
  readonly inputs: readonly string[]
  /** Has the state: how events call it. */
  readonly folder: string
  /** Folders of the watches of the same client that come before: what one of them manages is not this one's. */
  readonly earlier: readonly string[]
  readonly tunnels: readonly TunnelKind[]
  readonly checkMinutes: number
  /** @throws {Refusal} `configuration-invalid`, `path-shared` */
  readonly read: () => Promise<VpnProfile>
  readonly sources: TunnelSources
  readonly place: ProfilePlace
}

/** What is done with profiles that are not this watch's. */
export interface WatchOptions {
  /** Takes over a profile that has the name of a tunnel. */
  readonly adopt: boolean
  /** Removes all others, unless none is managed. */
  readonly removeUnmanaged: boolean
}

/** The files of a watch. */
export const watchFiles = (folder: string) =>
  ({
    state: join(folder, 'profiles.json'),
    /** Last good answers. */
    sources: join(folder, 'sources.json'),
    /** Held by whoever changes profiles. */
    lock: join(folder, 'profiles.lock'),
  }) as const
