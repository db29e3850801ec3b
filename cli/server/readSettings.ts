import { checkSettings } from '../../client/serverConfig/checkSettings.ts'
import { checkWindowsSettings } from '../../client/serverConfig/checkWindowsSettings.ts'
import { markersOf } from '../../client/serverConfig/markersOf.ts'
import type { ServerSettings } from '../../client/serverConfig/recipe.ts'
import { serverKinds, type ServerKind } from '../../client/serverConfig/recipes.ts'
import { isWindowsKind, windowsTrust } from '../../client/serverConfig/windowsFiles.ts'
import { trustFiles } from '../../client/trustFiles.ts'
import { readTrusted } from '../../client/trustFolder.ts'
import type { TrustBundle } from '../../lib/bundle/trustBundle.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { serviceOptions } from '../client/serviceOptions.ts'
import { trustOptions } from '../client/trustOptions.ts'
import type { CommandContext } from '../commandLine/command.ts'
import { parsed, required, text, type Option, type Told, type Values } from '../commandLine/option.ts'
import { parseDuration } from '../commandLine/timeOption.ts'
import { openTenant } from '../tenant/openTenant.ts'
import { tenantOption } from '../tenant/tenantOption.ts'

const oidForm = /^[0-2](\.(0|[1-9]\d{0,9})){1,30}$/

const parseOid = (given: string, { option }: Told): string => {
  if (oidForm.test(given)) return given
  throw new Refusal('usage-wrong', `Cannot read --${option}: it takes a dotted object identifier.`)
}

const parseLifetime = (given: string, told: Told): number => {
  const seconds = parseDuration(given, told) / 1000
  if (seconds >= 300 && seconds <= 86_400) return seconds
  throw new Refusal('usage-wrong', 'Cannot read --lifetime: certificates live from 5m to 1d.')
}

const networkOption: Option<readonly string[]> = {
  value: 'CIDR',
  help: 'what clients reach through the tunnel (10.0.0.0/8); may be repeated',
  isRepeatable: true,
  read: (texts = ['10.0.0.0/8']) => texts,
}

const folderOf = '/etc/mayfly'

/** The options that say what a server is to be. */
export const serverOptions = {
  tenant: tenantOption,
  serverName: required(text('NAME', 'the DNS name that clients dial')),
  bundle: text(
    'FOLDER',
    'where trust fetch or the agent installed the bundle on this machine; --trust when left out',
  ),
  trust: text(
    'FOLDER',
    `where the agent keeps it on the server; ${folderOf}/trust when left out, ${windowsTrust} for nps and rras`,
  ),
  service: text('URL', 'the service, for the agent; that of the deployment when left out'),
  ca: serviceOptions.ca,
  relyingParty: trustOptions.relyingParty,
  secretFile: trustOptions.secretFile,
  lifetime: parsed(
    'DURATION',
    'how long certificates live at the most (certificate.lifetimeSeconds); asked of the deployment when left out',
    parseLifetime,
  ),
  policyOid: parsed('OID', 'the policy that certificates carry (certificate.policyOid)', parseOid),
  certificate: text('FILE', 'what the server shows, on the server', {
    byDefault: `${folderOf}/server/certificate.pem`,
  }),
  key: text('FILE', 'its key', { byDefault: `${folderOf}/server/key.pem` }),
  pool: text('CIDR', 'what clients get addresses from', { byDefault: '10.20.0.0/24' }),
  network: networkOption,
  networkPolicy: text('NAME', 'the network policy that lets clients in, for nps', { byDefault: 'Mayfly' }),
}

type ServerValues = Values<typeof serverOptions>

/** Finds a server by what the command line calls it. @throws {Refusal} `usage-wrong` */
export const parseServerKind = (argument: string): ServerKind => {
  const found = serverKinds.find((kind) => kind === argument)
  if (found !== undefined) return found
  throw new Refusal('usage-wrong', `Cannot configure the server: it is one of ${serverKinds.join(', ')}.`)
}

/** Reads the bundle that was verified and installed. @throws {Refusal} `usage-wrong` where there is none, `trust-bundle-refused` */
const readBundle = async (folder: string, tenant: string): Promise<TrustBundle> => {
  const { installed } = await readTrusted(trustFiles(folder), tenant)
  if (installed) return installed
  throw new Refusal(
    'usage-wrong',
    `Cannot write the configuration: there is no bundle of ${tenant} in ${folder}. Install it with mayfly trust fetch --out FOLDER, and name the folder with --bundle.`,
  )
}

type Certificates = Pick<ServerSettings, 'lifetimeSeconds' | 'policyOid' | 'longUpn' | 'sid'>

const unlessUnknown = async <Value>(asked: Promise<Value>): Promise<Value | undefined> =>
  asked.catch((error: unknown) => {
    if (error instanceof Refusal && error.code === 'deployment-unknown') return undefined
    throw error
  })

/** What the tenant says of its certificates: by its deployment where that is known, else by options. */
const readCertificates = async (
  { tenant, lifetime, policyOid }: ServerValues,
  context: CommandContext,
): Promise<Certificates> => {
  const isKnown = (await unlessUnknown(context.deployment())) !== undefined
  const told = isKnown ? (await openTenant(context, tenant)).configuration.certificate : undefined
  const lifetimeSeconds = lifetime ?? told?.lifetimeSeconds
  if (lifetimeSeconds === undefined)
    throw new Refusal(
      'usage-wrong',
      'Cannot write the configuration: give --lifetime, by which sessions are limited. An administrator of the tenant sees it with mayfly tenant show (certificate.lifetimeSeconds).',
    )
  return {
    lifetimeSeconds,
    policyOid: policyOid ?? told?.policyOid,
    longUpn: told?.longUpn ?? 'refuse',
    sid: told?.sid.mode,
  }
}

const readParty = ({ relyingParty: name, secretFile }: ServerValues): ServerSettings['relyingParty'] => {
  if (name === undefined && secretFile === undefined) return undefined
  if (name !== undefined && secretFile !== undefined) return { name, secretFile }
  throw new Refusal(
    'usage-wrong',
    'Cannot write the configuration: --relying-party and --secret-file go together.',
  )
}

/** What configurations are made of, and of which bundle. */
export interface ReadSettings {
  readonly settings: ServerSettings
  readonly bundle: TrustBundle
}

/**
 * Reads what a configuration is made of: the tenant as it is now, and what the options say of the server.
 * @throws {Refusal} `usage-wrong`, `trust-bundle-refused`, `deployment-unknown`, `tenant-unknown`, `tables-unavailable`
 */
export const readSettings = async (
  kind: ServerKind,
  values: ServerValues,
  context: CommandContext,
): Promise<ReadSettings> => {
  const relyingParty = readParty(values)
  const isWindows = isWindowsKind(kind)
  const trust = values.trust ?? (isWindows ? windowsTrust : `${folderOf}/trust`)
  const bundle = await readBundle(values.bundle ?? trust, values.tenant)
  const markerOids = markersOf(bundle)
  if (markerOids.length === 0)
    throw new Refusal(
      'usage-wrong',
      `Cannot write the configuration: bundle ${bundle.sequence} has no issuer that is held to a marker.`,
    )
  const certificates = await readCertificates(values, context)
  const service =
    values.service === undefined ? (await context.deployment()).service : { url: values.service }
  const { tenant, certificate = '', key = '', pool = '', network, serverName, networkPolicy = '' } = values
  const check = isWindows ? checkWindowsSettings : checkSettings
  const settings = check({
    ...certificates,
    tenant,
    url: service.url,
    caFile: values.ca ?? ('caFile' in service ? service.caFile : undefined),
    anchors: bundle.roots.map(({ sha256 }) => sha256),
    relyingParty,
    markerOids,
    policyOid: certificates.policyOid,
    trust,
    serverName,
    certificate,
    key,
    pool,
    networks: network,
    networkPolicy,
  })
  return { settings, bundle }
}
