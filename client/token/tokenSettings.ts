/** A client of a provider at which people sign in. */
interface SignInSettings {
  readonly clientId: string
  /** Beside those that the sign-in itself needs. */
  readonly scopes: readonly string[]
  /** Whether a code may be entered into a browser elsewhere where there is none here. */
  readonly allowDeviceCode: boolean
  /** Whether the sign-in outlives the program. */
  readonly remember: boolean
}

/** A client of any OpenID provider. */
export interface OidcSettings extends SignInSettings {
  readonly kind: 'oidc'
  /** The issuer identifier: https, or http on this machine. */
  readonly issuer: string
  /** For providers that choose the API by `audience`. */
  readonly audience: string | undefined
  /** For providers that choose it by RFC 8707. */
  readonly resource: string | undefined
  /** As it is registered, on this machine; without a port any one is taken (RFC 8252 section 7.3). */
  readonly redirectUri: string | undefined
}

/** A client of Microsoft Entra. */
export interface EntraSettings extends SignInSettings {
  readonly kind: 'entra'
  /** The directory: its id or one of its domains. */
  readonly tenant: string
}

/** Describes a source of tokens, as options and the configuration file do. */
export type TokenSettings =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'command'; readonly command: string }
  | OidcSettings
  | EntraSettings
