import * as z from 'zod'

/** What a VPN client of this machine is told, by the platform that it belongs to. Paths are absolute. */
export type ProfilePlaceConfiguration =
  | { readonly platform: 'windows' | 'windows-entra' }
  | {
      readonly platform: 'openvpn' | 'strongswan' | 'networkmanager'
      /** The folder of the credential that the client shows. */
      readonly credential: string
      /** The UPN in its certificate. */
      readonly user: string | undefined
    }

/** What mayfly.toml says of VPN profiles that are kept current. Paths are absolute. */
export interface ProfilesConfiguration {
  /** A vpn.toml. */
  readonly file: string
  /** What is remembered of them, across restarts. */
  readonly folder: string
  readonly place: ProfilePlaceConfiguration
  /** The kinds of tunnels whose profiles this machine gets. */
  readonly tunnels: readonly ('user' | 'backup' | 'device')[]
  /** Where the trust bundle is installed, which tells issuers and marker. */
  readonly trust: string | undefined
  readonly checkMinutes: number
}

const kinds = ['user', 'backup', 'device'] as const

const between = 'must be a whole number from 1 to 1440'

/** Paths and names that clients read in files of their own. */
const plain = (text: z.ZodString) => text.regex(/^[^\p{C}"'\\#]+$/u, 'has quotes, \\ or #')

/** How profiles are kept current. @param path of a text, as pathIn() makes it. */
export const profilesSchema = (text: z.ZodString, path: z.ZodType<string, string>) => {
  const common = {
    file: path,
    folder: path,
    tunnels: z
      .array(z.enum(kinds, { error: `must be one of ${kinds.join(', ')}` }))
      .min(1, 'must name a tunnel')
      .optional(),
    trust: path.optional(),
    'check-minutes': z.int(between).min(1, between).max(1_440, between).default(60),
  }
  const windows = (platform: 'windows' | 'windows-entra') =>
    z.strictObject({ ...common, platform: z.literal(platform) })
  const files = (platform: 'openvpn' | 'strongswan' | 'networkmanager') =>
    z.strictObject({
      ...common,
      platform: z.literal(platform),
      credential: plain(text).pipe(path),
      user: text.regex(/^[^\s\p{C}"\\]+@[^\s\p{C}"\\]+$/u, 'must be a UPN').optional(),
    })
  const platforms = [
    windows('windows'),
    windows('windows-entra'),
    files('openvpn'),
    files('strongswan'),
    files('networkmanager'),
  ] as const
  return z
    .discriminatedUnion('platform', platforms, {
      error: 'must be one of windows, windows-entra, openvpn, strongswan, networkmanager',
    })
    .transform((own): ProfilesConfiguration => {
      const { file, folder, trust, 'check-minutes': checkMinutes } = own
      const isWindows = own.platform === 'windows' || own.platform === 'windows-entra'
      // A machine's own tunnel is of Windows alone.
      const tunnels = own.tunnels ?? kinds.filter((kind) => isWindows || kind !== 'device')
      const place: ProfilePlaceConfiguration =
        'credential' in own
          ? { platform: own.platform, credential: own.credential, user: own.user }
          : { platform: own.platform }
      return { file, folder, place, tunnels, trust, checkMinutes }
    })
}
