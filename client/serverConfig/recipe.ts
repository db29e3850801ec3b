/** What a configuration is made of: the tenant as it is now, and the server as it is to be. */
export interface ServerSettings {
  /** Lower-case letters, digits and hyphens. */
  readonly tenant: string
  /** Base URL of the service, and the file of the authorities to trust for it instead of the system's. */
  readonly url: string
  readonly caFile: string | undefined
  /** SHA-256 of the roots of the bundle, lower-case hex: who may sign the first bundle that the agent installs. */
  readonly anchors: readonly string[]
  readonly relyingParty: { readonly name: string; readonly secretFile: string } | undefined
  /** Key purposes that the issuers of the bundle may sign for, beside clientAuth: one, or two while the tenant changes it. */
  readonly markerOids: readonly string[]
  readonly policyOid: string | undefined
  /** How long a certificate lives at the most. */
  readonly lifetimeSeconds: number
  /** Whether users whose UPN is long have their object id as common name. */
  readonly longUpn: 'refuse' | 'objectId'
  /** Whether certificates carry the SID of the user; undefined where nobody said it. */
  readonly sid: 'off' | 'whenPresent' | 'required' | undefined
  /** The network policy of NPS that lets clients in. */
  readonly networkPolicy: string
  /** A folder of the server, as all paths here: absolute, checked by checkSettings(). */
  readonly trust: string
  /** The name that clients dial, and the certificate that the server shows them, which is none of the tenant's. */
  readonly serverName: string
  readonly certificate: string
  readonly key: string
  /** CIDR: what clients get addresses from, and what they reach. */
  readonly pool: string
  readonly networks: readonly string[]
}

/** A file of a server. */
export interface RecipeFile {
  /**
   * A configuration of the server, which may get additions; a program that it or the agent runs, which may not; or what the
   * agent and systemd read.
   */
  readonly kind: 'configuration' | 'program' | 'agent'
  /** Absolute. */
  readonly path: string
  readonly mode: number
  readonly content: string
}

/** A complete configuration of a server. */
export interface Recipe {
  readonly files: readonly RecipeFile[]
  /** What to do once, in this order, each a sentence or a command. */
  readonly steps: readonly string[]
  /** What the server does not see of a certificate, whatever it is configured with; and what stands in for it. */
  readonly cannotCheck: readonly string[]
  /** When a session ends whose user gets no other certificate. */
  readonly ends: string
}

/** Makes the configuration of one kind of server. */
export type MakeRecipe = (settings: ServerSettings) => Recipe
