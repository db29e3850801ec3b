import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepareTables } from '../../cli/deployment/prepareTables.ts'
import { initAuthority } from '../../lib/authority/change/initAuthority.ts'
import { localKeys } from '../../lib/keys/localKeys.ts'
import { openTables } from '../../lib/store/openTables.ts'
import type { Tables } from '../../lib/store/tables.ts'
import { azuriteConnectionString, startAzurite } from '../../local/azurite.ts'
import { freePort } from '../../local/freePort.ts'
import { genericTrust, tenantDocument } from '../tenants.ts'
import { genericTestIssuer, makeTokenKey, type TestIssuer, type TokenKey } from '../tokens.ts'
import { applyDocument, tester } from '../world.ts'
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
}

/** Undoes what was done, the last first. */
type Undo = (() => Promise<unknown>)[]

/** Starts an Azurite of its own, for whoever has none. */
const ownTables = async (undo: Undo): Promise<string> => {
  const account = { name: 'mayflyflood', key: randomBytes(64).toString('base64') }
  const azurite = await startAzurite({ port: await freePort(), accounts: [account] })
  undo.push(() => azurite.stop())
  return azuriteConnectionString(azurite.port, account)
}

interface Place {
  readonly site: IssuerSite
  readonly tables: Tables
  readonly keyFolder: string
}

const addTenant = async (name: string, { site, tables, keyFolder }: Place): Promise<FloodTenant> => {
  const now = new Date()
  const tenant = `${name}-${randomUUID()}`
  const issuer = await genericTestIssuer(`${site.url}/${tenant}`, { now: () => new Date() })
  site.issuers.push(issuer)
  const revision = await applyDocument(tables, tenantDocument(tenant, [genericTrust(issuer)]), now)
  const keys = localKeys(keyFolder)
  const chance = { random: (octets: number) => randomBytes(octets), uuid: randomUUID }
  await initAuthority(revision, { tables, rootKeys: keys, issuerKeys: keys, ...tester(now), ...chance })
  return { tenant, issuer }
}

const startHost = async (settings: Readonly<Record<string, string>>): Promise<RunningFunctions> => {
  const host = startFunctions(await freePort(), settings)
  await host.serving
  return host
}

/** Makes the world; on an Azurite of its own unless there is one. */
export const createFloodWorld = async (connectionString?: string): Promise<FloodWorld> => {
  const undo: Undo = []
  const location = connectionString ?? (await ownTables(undo))
  const tables = openTables({ kind: 'connectionString', connectionString: location })
  await prepareTables(tables, new Date())
  const site = await openIssuerSite()
  undo.push(async () => site[Symbol.asyncDispose]())
  const keyFolder = await mkdtemp(join(tmpdir(), 'mayfly-flood-'))
  undo.push(() => rm(keyFolder, { recursive: true, force: true }))
  const place = { site, tables, keyFolder }
  const [calm, greedy] = [await addTenant('calm', place), await addTenant('greedy', place)]
  const host = await startHost({
    MAYFLY_TABLES_CONNECTION_STRING: location,
    MAYFLY_KEY_FOLDER: keyFolder,
    MAYFLY_ALLOW_LOOPBACK_HTTP: 'true',
  })
  undo.push(() => host.stop())
  return {
    url: host.url,
    calm,
    greedy,
    stranger: await makeTokenKey('ES256'),
    async [Symbol.asyncDispose]() {
      for (const step of undo.toReversed()) await step()
    },
  }
}
