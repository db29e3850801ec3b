import { createHash } from 'node:crypto'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
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

export interface ClientFile {
  /** Where it is on the client: absolute. */
  readonly path: string
  readonly content: string
}

/** Files of a client's machine, which hold no secret. What the program reads first is the last: it names the others. */
export interface ClientFiles {
  readonly files: readonly ClientFile[]
  /** What to do once, each a command or a sentence. */
  readonly steps: readonly string[]
}

/** Names a tunnel among the files of its machine. */
export const clientName = ({ profile, tunnel }: Pick<ClientSettings, 'profile' | 'tunnel'>): string =>
  `mayfly-${profile.tenant}-${tunnel.kind}`

/** NetworkManager takes no profile that others can read. */
export const clientFileMode = (path: string): number => (path.endsWith('.nmconnection') ? 0o600 : 0o644)

/** The roots of the server, each a file whose name tells what is in it: another root never takes the place of one in use. */
export const authorityFiles = (settings: ClientSettings, folder: string): readonly ClientFile[] =>
  settings.profile.server.authorities.map((der) => ({
    path: `${folder}/${clientName(settings)}-${createHash('sha256').update(der).digest('hex').slice(0, 16)}.pem`,
    content: encodePem('CERTIFICATE', der),
  }))
