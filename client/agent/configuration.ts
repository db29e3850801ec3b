import { resolve } from 'node:path'
import * as z from 'zod'
import { Refusal } from '../../lib/errors/refusal.ts'
import { parseSha256 } from '../../lib/text/parseUuid.ts'
import { checkServiceUrl } from '../callService.ts'
import { keyAlgorithms, keyProviderNames, type KeySettings, storeNames } from '../credential/keySettings.ts'
import type { DeviceTokenPlace } from '../token/deviceTokens.ts'
import { parseRedirectUri } from '../token/parseRedirectUri.ts'
import type { TokenSettings } from '../token/tokenSettings.ts'
import { eventLevels, type EventLevel } from './agentEvent.ts'
import { type ProfilesConfiguration, profilesSchema } from './profilesConfiguration.ts'

/** A service, and the file of the authorities to trust for it. */
export interface ServiceSettings {
  readonly url: string
  /** PEM or DER, instead of the system's. */
  readonly caFile: string | undefined
}

/** What mayfly.toml says of a credential. Paths are absolute. */
export interface CredentialConfiguration {
  readonly service: ServiceSettings
  readonly tenant: string
  readonly folder: string
  readonly token: TokenSettings
  readonly posture: DeviceTokenPlace | undefined
  readonly attestation: DeviceTokenPlace | undefined
  readonly keys: KeySettings
  readonly onRenew: string | undefined
  readonly onRefused: string | undefined
}

/** A VPN server of this machine, and how its sessions are reached. Paths are absolute. */
export type GuardedServerConfiguration =
  | { readonly kind: 'strongswan'; readonly socket: string; readonly connections: readonly string[] }
  | { readonly kind: 'openvpn'; readonly socket: string; readonly certificates: string | undefined }
  | { readonly kind: 'ocserv'; readonly socket: string }

/** Whose sessions end with the right to them. */
export interface GuardConfiguration {
  /** How long a certificate of the tenant lives at the most. */
  readonly lifetimeSeconds: number
  /** May be none: sessions are told by a file then. */
  readonly servers: readonly GuardedServerConfiguration[]
}

/** What mayfly.toml says of a trust bundle. Paths are absolute. */
export interface BundleConfiguration {
  /** Asked after the mirrors, and the only one that is told what is installed. */
  readonly service: ServiceSettings
  readonly tenant: string
  readonly folder: string
  readonly mirrors: readonly ServiceSettings[]
  /** SHA-256 of roots, 64 lower-case hexadecimal digits. */
  readonly anchors: readonly string[]
  readonly relyingParty: { readonly name: string; readonly secretFile: string } | undefined
  readonly onTrustChange: string | undefined
  readonly guard: GuardConfiguration | undefined
}

/** What mayfly.toml says. */
export interface Configuration {
  readonly logFile: string | undefined
  /** Events below it are not told. */
  readonly logLevel: EventLevel
  readonly credentials: readonly CredentialConfiguration[]
  readonly bundles: readonly BundleConfiguration[]
  readonly profiles: readonly ProfilesConfiguration[]
}

/** How many credentials, and how many bundles, one agent keeps at the most. */
const most = 100

const text = z.string().min(1, 'is empty')

/** Takes what a function takes that throws a refusal of anything else. */
const accepted = (check: (given: string) => unknown) =>
  text.check(({ value, issues }) => {
    try {
      check(value)
    } catch (error) {
      const message = error instanceof Refusal ? error.detail.replace(/\.$/, '') : 'cannot be read'
      issues.push({ code: 'custom', input: value, message })
    }
  })

const url = accepted(checkServiceUrl)

const tenant = text.regex(
  /^[a-z0-9][a-z0-9-]{0,62}$/,
  'must be 1 to 63 lower-case letters, digits and hyphens',
)

const anchor = text.transform((given, { issues }) => {
  const digest = parseSha256(given)
  if (digest !== undefined) return digest
  issues.push({ code: 'custom', input: given, message: 'must be the SHA-256 of a root, 64 hex digits' })
  return z.NEVER
})

const signIn = {
  client: text,
  'allow-device-code': z.boolean().default(false),
  remember: z.boolean().default(false),
}

type SignIn = z.output<z.ZodObject<typeof signIn>>

const signInOf = ({ client, remember, 'allow-device-code': allowDeviceCode }: SignIn) => ({
  clientId: client,
  allowDeviceCode,
  remember,
})

const oidc = z
  .strictObject({
    kind: z.literal('oidc'),
    issuer: accepted(checkServiceUrl),
    ...signIn,
    scopes: z.array(text).default([]),
    audience: text.optional(),
    resource: text.optional(),
    redirect: accepted(parseRedirectUri).optional(),
  })
  .transform(({ kind, issuer, scopes, audience, resource, redirect: redirectUri, ...rest }) => ({
    kind,
    issuer,
    scopes,
    audience,
    resource,
    redirectUri,
    ...signInOf(rest),
  }))

const entra = z
  .strictObject({
    kind: z.literal('entra'),
    tenant: text,
    ...signIn,
    scopes: z.array(text).min(1, 'must name a scope of the API'),
  })
  .transform(({ kind, tenant: directory, scopes, ...rest }) => ({
    kind,
    tenant: directory,
    scopes,
    ...signInOf(rest),
  }))

/** @param folder that relative paths begin at. */
const pathIn = (folder: string) => text.transform((given) => resolve(folder, given))

const unionOf = (kinds: readonly string[]) => `must be one of ${kinds.join(', ')}`

const sources = (folder: string) => {
  const file = z.strictObject({ kind: z.literal('file'), file: pathIn(folder) })
  const command = z.strictObject({ kind: z.literal('command'), command: text })
  return {
    token: z.discriminatedUnion('kind', [file, command, oidc, entra], {
      error: unionOf(['file', 'command', 'oidc', 'entra']),
    }),
    deviceToken: z.discriminatedUnion('kind', [file, command], { error: unionOf(['file', 'command']) }),
  }
}

/** The connection that the recipes of strongSwan have. */
const usualConnection = 'mayfly'

/** How sessions are guarded. @param path of a text, as pathIn() makes it. */
const guardSchema = (path: ReturnType<typeof pathIn>) => {
  const strongSwan = z.strictObject({
    kind: z.literal('strongswan'),
    socket: path.default('/run/charon.vici'),
    connections: z.array(text).min(1, 'must name a connection').default([usualConnection]),
  })
  const openVpn = z
    .strictObject({ kind: z.literal('openvpn'), socket: path, certificates: path.optional() })
    .transform(({ certificates, ...server }) => ({ ...server, certificates }))
  const ocserv = z.strictObject({ kind: z.literal('ocserv'), socket: path.default('/run/occtl.socket') })
  return z
    .strictObject({
      'lifetime-seconds': z
        .int('must be a whole number')
        .min(300, 'must be 300 to 86400')
        .max(86_400, 'must be 300 to 86400'),
      servers: z
        .array(
          z.discriminatedUnion('kind', [strongSwan, openVpn, ocserv], {
            error: unionOf(['strongswan', 'openvpn', 'ocserv']),
          }),
        )
        .max(most)
        .default([]),
    })
    .transform(({ 'lifetime-seconds': lifetimeSeconds, servers }) => ({ lifetimeSeconds, servers }))
}

/** What stands at the top for whoever does not say it, or is said there. */
const shared = (path: ReturnType<typeof pathIn>) => ({
  url: url.optional(),
  ca: path.optional(),
  tenant: tenant.optional(),
})

/** The schema of mayfly.toml: its members are called as the options of the command line are. */
export const configurationSchema = (folder: string) => {
  const path = pathIn(folder)
  const { token, deviceToken } = sources(folder)
  const credential = z.strictObject({
    ...shared(path),
    folder: path,
    token,
    posture: deviceToken.optional(),
    attestation: deviceToken.optional(),
    'key-algorithm': z.enum(keyAlgorithms, { error: unionOf(keyAlgorithms) }).optional(),
    'key-provider': z.enum(keyProviderNames, { error: unionOf(keyProviderNames) }).optional(),
    'reuse-key': z.boolean().default(false),
    store: z.enum(storeNames, { error: unionOf(storeNames) }).optional(),
    'keychain-program': path.optional(),
    'pkcs12-password': path.optional(),
    'pkcs11-module': path.optional(),
    'pkcs11-token': text.optional(),
    'pkcs11-pin-file': path.optional(),
    'on-renew': path.optional(),
    'on-refused': path.optional(),
  })
  const bundle = z.strictObject({
    ...shared(path),
    folder: path,
    mirrors: z.array(z.strictObject({ url, ca: path.optional() })).default([]),
    anchors: z.array(anchor).default([]),
    'relying-party': z.strictObject({ name: text, 'secret-file': path }).optional(),
    'on-trust-change': path.optional(),
    guard: guardSchema(path).optional(),
  })
  return z.strictObject({
    ...shared(path),
    'log-file': path.optional(),
    'log-level': z.enum(eventLevels, { error: unionOf(eventLevels) }).default('info'),
    credentials: z.array(credential).max(most).default([]),
    bundles: z.array(bundle).max(most).default([]),
    profiles: z.array(profilesSchema(text, path)).max(most).default([]),
  })
}

/** What the schema makes of a document that has no fault. */
export type ConfigurationDocument = z.output<ReturnType<typeof configurationSchema>>

type Shared = Pick<ConfigurationDocument, 'url' | 'ca' | 'tenant'>

/** Fills in what stands at the top. The authorities at the top are those of the URL there. */
const placed = (top: Shared, own: Shared) => {
  const { url: at = '', ca: caFile } = own.url === undefined ? { ...top, ca: own.ca ?? top.ca } : own
  return { service: { url: at, caFile }, tenant: own.tenant ?? top.tenant ?? '' }
}

/** Gives the members of a document their meaning; that what must be there is, was checked before. */
export const configurationOf = (document: ConfigurationDocument): Configuration => ({
  logFile: document['log-file'],
  logLevel: document['log-level'],
  credentials: document.credentials.map((own) => ({
    ...placed(document, own),
    folder: own.folder,
    token: own.token,
    posture: own.posture,
    attestation: own.attestation,
    keys: {
      keyAlgorithm: own['key-algorithm'],
      keyProvider: own['key-provider'],
      reuseKey: own['reuse-key'],
      store: own.store,
      keychainProgram: own['keychain-program'],
      pkcs12Password: own['pkcs12-password'],
      pkcs11Module: own['pkcs11-module'],
      pkcs11Token: own['pkcs11-token'],
      pkcs11PinFile: own['pkcs11-pin-file'],
    },
    onRenew: own['on-renew'],
    onRefused: own['on-refused'],
  })),
  bundles: document.bundles.map(({ 'relying-party': party, ...own }) => ({
    ...placed(document, own),
    folder: own.folder,
    mirrors: own.mirrors.map(({ url: at, ca: caFile }) => ({ url: at, caFile })),
    anchors: own.anchors,
    relyingParty: party && { name: party.name, secretFile: party['secret-file'] },
    onTrustChange: own['on-trust-change'],
    guard: own.guard,
  })),
  profiles: document.profiles,
})
