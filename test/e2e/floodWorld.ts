import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { prepareTables } from '../../lib/deployment/openDeploymentTables.ts'
import { addRelyingParty } from '../../lib/authority/adopt/relyingParty.ts'
import type { PartyCredential } from '../../lib/authority/adopt/parties.ts'
import { initAuthority } from '../../lib/authority/change/initAuthority.ts'
import { localKeys } from '../../lib/keys/localKeys.ts'
import { openTables } from '../../lib/store/openTables.ts'
import { parseTenantId } from '../../lib/tenant/tenantId.ts'
import { faultyVault, vaultToken } from '../faultyVault.ts'
import type { KeyProvider } from '../../lib/keys/signer.ts'
import type { Tables } from '../../lib/store/tables.ts'
import { azuriteConnectionString, startAzurite } from '../../local/azurite.ts'
import { freePort } from '../../local/freePort.ts'
import { genericTrust, tenantDocument } from '../tenants.ts'
import { genericTestIssuer, makeTokenKey, type TestIssuer, type TokenKey } from '../tokens.ts'
import { applyDocument, partyTester, tester } from '../world.ts'
import { type IssuerSite, openIssuerSite } from './issuerSite.ts'
import { type RunningFunctions, startFunctions } from './startFunctions.ts'

/** A tenant that a functions host serves. */
export interface FloodTenant {
  readonly tenant: string
  readonly issuer: TestIssuer
}

/** A functions host in a process of its own, with a tenant that behaves well and one that does not. */
export interface FloodWorld extends AsyncDisposable {
  readonly url: string
  readonly calm: FloodTenant
  readonly greedy: FloodTenant
  /** Signs as nobody whose keys are published. */
  readonly stranger: TokenKey
  /** A good token of the tenant that behaves well. */
  readonly replayed: string
  /** A relying party of that tenant, and what it installed. */
  readonly party: PartyCredential
  readonly sha256: string
  readonly site: IssuerSite
  /** Makes the vault slow to sign for a tenant. @returns what makes it fast again. */
  readonly slowDown: (tenant: FloodTenant) => () => void
}

/** Undoes what was done, the last first. */
export type Undo = (() => Promise<unknown>)[]

/** Starts an Azurite of its own, for whoever has none. */
export const ownTables = async (undo: Undo): Promise<string> => {
  const account = { name: 'mayflyflood', key: randomBytes(64).toString('base64') }
  const azurite = await startAzurite({ port: await freePort(), accounts: [account] })
  undo.push(() => azurite.stop())
  return azuriteConnectionString(azurite.port, account)
}

/** As a vault takes, next door and on a bad day. */
const [usualMilliseconds, slowMilliseconds] = [50, 3_000]

/** A vault in which the keys of each tenant sign as fast as it is told. */
const openVault = async (undo: Undo, folder: string) => {
  const vault = await faultyVault()
  undo.push(async () => vault[Symbol.asyncDispose]())
  const slow = new Set<string>()
  vault.fault = async ({ url: { pathname } }, answer) => {
    const isSlow = [...slow].some((tenant) => pathname.startsWith(`/keys/${tenant}--`))
    if (pathname.endsWith('/sign')) await sleep(isSlow ? slowMilliseconds : usualMilliseconds)
    return answer()
  }
  const caFile = join(folder, 'vault.pem')
  await writeFile(caFile, vault.location().ca ?? '')
  return {
    keys: vault.keys(),
    slowDown: ({ tenant }: FloodTenant) => {
      slow.add(tenant)
      return () => void slow.delete(tenant)
    },
    settings: {
      MAYFLY_KEY_VAULT_HOST: vault.host,
      MAYFLY_KEY_VAULT_TOKEN: vaultToken,
      MAYFLY_KEY_VAULT_CA_FILE: caFile,
    },
  }
}

/** Where a tenant is made. */
interface Place {
  readonly site: IssuerSite
  readonly tables: Tables
  readonly rootKeys: KeyProvider
  readonly issuerKeys: KeyProvider
}

/** Makes a tenant with a token issuer of its own; @param key what that signs with. */
export const addTenant = async (
  name: string,
  { site, ...place }: Place,
  key?: TokenKey,
): Promise<FloodTenant & Pick<FloodWorld, 'sha256'>> => {
  const now = new Date()
  const tenant = `${name}-${randomUUID()}`
  const issuer = await genericTestIssuer(`${site.url}/${tenant}`, {
    now: () => new Date(),
    ...(key ? { key } : {}),
  })
  site.issuers.push(issuer)
  const revision = await applyDocument(place.tables, tenantDocument(tenant, [genericTrust(issuer)]), now)
  const chance = { random: (octets: number) => randomBytes(octets), uuid: randomUUID }
  const { authority } = await initAuthority(revision, { ...place, ...tester(now), ...chance })
  return { tenant, issuer, sha256: authority.bundle.digests['trust.json'] }
}

const startHost = async (settings: Readonly<Record<string, string>>): Promise<RunningFunctions> => {
  const host = startFunctions(await freePort(), settings)
  await host.serving
  return host
}

/** What of the world whoever makes it chooses. */
export interface FloodWorldOptions {
  /** Of an Azurite that is there; one of its own when left out. */
  readonly connectionString?: string
  /** What the host reads besides from its environment. */
  readonly settings?: Readonly<Record<string, string>>
}

/** Makes the world. */
export const createFloodWorld = async ({
  connectionString,
  settings: more = {},
}: FloodWorldOptions = {}): Promise<FloodWorld> => {
  const undo: Undo = []
  const location = connectionString ?? (await ownTables(undo))
  const tables = openTables({ kind: 'connectionString', connectionString: location })
  await prepareTables(tables, new Date())
  const site = await openIssuerSite()
  undo.push(async () => site[Symbol.asyncDispose]())
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-flood-'))
  undo.push(() => rm(folder, { recursive: true, force: true }))
  const { keys: issuerKeys, slowDown, settings } = await openVault(undo, folder)
  const place = { site, tables, rootKeys: localKeys(folder), issuerKeys }
  const [{ sha256, ...calm }, greedy] = [await addTenant('calm', place), await addTenant('greedy', place)]
  const party = { name: 'vpn-1', secret: 'a secret' }
  await addRelyingParty(tables, { tenant: parseTenantId(calm.tenant), ...party }, partyTester(new Date()))
  const host = await startHost({
    MAYFLY_TABLES_CONNECTION_STRING: location,
    MAYFLY_ALLOW_LOOPBACK_HTTP: 'true',
    ...settings,
    ...more,
  })
  undo.push(() => host.stop())
  return {
    url: host.url,
    calm,
    greedy,
    stranger: await makeTokenKey('ES256'),
    replayed: await calm.issuer.token({ claims: { sub: 'replayer' } }),
    party,
    sha256,
    site,
    slowDown,
    async [Symbol.asyncDispose]() {
      for (const step of undo.toReversed()) await step()
    },
  }
}
