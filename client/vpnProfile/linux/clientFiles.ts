import type { RoutedPrefixes } from '../routedPrefixes.ts'
import type { VpnProfile, VpnTunnel } from '../vpnProfile.ts'

/** What a client's configuration is made of. */
export interface ClientSettings {
  readonly profile: VpnProfile
  readonly tunnel: VpnTunnel
  readonly routed: RoutedPrefixes
  /** Where the agent keeps the credential: absolute. */
  readonly folder: string
  /** The UPN in the certificate. */
  readonly user: string
}

/** Files of a client's machine, which hold no secret. */
export interface ClientFiles {
  readonly files: readonly { readonly path: string; readonly content: string }[]
  /** What to do once, each a command or a sentence. */
  readonly steps: readonly string[]
}
