import { Refusal } from '../../lib/errors/refusal.ts'
import type { RoutedPrefixes } from './routedPrefixes.ts'
import type { Platform } from './settings.ts'
import type { VpnProfile, VpnTunnel } from './vpnProfile.ts'

/**
 * A profile in the form of its platform, part by part.
 * Linux: an absolute path, and what the file holds; Windows: `ProfileXML`, and `phonebook`, what is set beside it, as canonical JSON.
 */
export interface ProfileForm {
  readonly name: string
  readonly parts: ReadonlyMap<string, string>
}

/** A setting that is not as it is wanted; undefined: it is not there. */
export interface Difference {
  readonly setting: string
  readonly wanted: string | undefined
  readonly installed: string | undefined
}

/** Whether traffic flows through a tunnel; what cannot be told is taken for up by whoever would change it. */
export type TunnelState = 'up' | 'down' | 'unknown'

/** The profiles of one kind of VPN client on this machine. Calls are made one after another. */
export interface ProfilePlace {
  readonly platform: Platform
  /** Names the profile of a tunnel as it is installed; pure. */
  nameOf(profile: VpnProfile, tunnel: VpnTunnel): string
  /** Makes the form of a tunnel; pure. @throws {Refusal} `configuration-invalid` where the platform would not take it */
  make(profile: VpnProfile, tunnel: VpnTunnel, routed: RoutedPrefixes): ProfileForm
  /** Reads all VPN profiles that are installed, others' as well. @param isLook whether nothing is mended first that was left under way */
  installed(signal: AbortSignal, isLook?: boolean): Promise<readonly ProfileForm[]>
  /** Compares by meaning; order counts where the platform uses it; pure. */
  differences(wanted: ProfileForm, installed: ProfileForm): readonly Difference[]
  /** Tells whether the tunnel of a profile is up; never rejects because that cannot be told. */
  state(name: string, signal: AbortSignal): Promise<TunnelState>
  /**
   * Validates in full before anything is touched, creates, reads back, and removes the old; puts the old back where one of these
   * fails. Ends within five seconds of the signal, and leaves the old or the new, whole.
   * @throws {Refusal} `profile-not-applied`
   */
  apply(wanted: ProfileForm, installed: ProfileForm | undefined, signal: AbortSignal): Promise<void>
  /** Removes a profile. @throws {Refusal} `profile-not-applied` */
  remove(installed: ProfileForm, signal: AbortSignal): Promise<void>
}

/** Refuses a profile that did not come into force. @param why what happened, and what is in force now */
export const notApplied = (name: string, why: string): Refusal =>
  new Refusal('profile-not-applied', `Cannot apply the profile "${name}": ${why}.`)
