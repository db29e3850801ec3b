import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCsr } from '../../client/credential/createCsr.ts'
import { prepareTables } from '../../lib/deployment/openDeploymentTables.ts'
import { localKeys } from '../../lib/keys/localKeys.ts'
import { openTables } from '../../lib/store/openTables.ts'
import { encodePem } from '../../lib/x509/pemBlock.ts'
import { addTenant, type FloodTenant } from '../../test/e2e/floodWorld.ts'
import { type IssuerSite, openIssuerSite } from '../../test/e2e/issuerSite.ts'
import type { LoadRequest } from '../../test/e2e/sendRequests.ts'
import type { Settings } from '../../test/e2e/startFunctions.ts'
import { makeTokenKey } from '../../test/tokens.ts'

/** One tenant in tables that a functions host serves, with an issuer of RS256 tokens and keys in files. */
export interface MayflyWorld extends AsyncDisposable {
  readonly tenant: FloodTenant
  readonly settings: Settings
  /** Makes requests of as many users, each with a new token. */
  makeRequests(count: number): Promise<readonly LoadRequest[]>
}

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** The request that all are sent, without a name: one P-256 key is as good as another. */
export const benchCsr: string = encodePem('CERTIFICATE REQUEST', createCsr(privateKey, publicKey))

const requestOf = async ({ tenant, issuer }: FloodTenant): Promise<LoadRequest> => {
  const user = `user-${randomUUID()}`
  const token = await issuer.token({ claims: { sub: user, upn: `${user}@contoso.example` } })
  return {
    path: `/v1/${tenant}/certificates`,
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      'content-type': 'application/json',
    },
    body: Buffer.from(JSON.stringify({ csr: benchCsr })),
  }
}

const openTenant = async (connectionString: string, keyFolder: string, site: IssuerSite) => {
  const tables = openTables({ kind: 'connectionString', connectionString })
  await prepareTables(tables, new Date())
  const keys = localKeys(keyFolder)
  const place = { site, tables, rootKeys: keys, issuerKeys: keys }
  return addTenant('bench', place, await makeTokenKey('RS256'))
}

/** Makes a tenant in the tables behind a connection string. */
export const openMayflyWorld = async (connectionString: string): Promise<MayflyWorld> => {
  const keyFolder = await mkdtemp(join(tmpdir(), 'mayfly-bench-'))
  const site = await openIssuerSite()
  const tenant = await openTenant(connectionString, keyFolder, site)
  return {
    tenant,
    settings: {
      MAYFLY_ROLE: 'enroll',
      MAYFLY_TABLES_CONNECTION_STRING: connectionString,
      MAYFLY_KEY_FOLDER: keyFolder,
      MAYFLY_ALLOW_LOOPBACK_HTTP: 'true',
    },
    makeRequests: (count) => Promise.all(Array.from({ length: count }, () => requestOf(tenant))),
    async [Symbol.asyncDispose]() {
      await site[Symbol.asyncDispose]()
      await rm(keyFolder, { recursive: true, force: true })
    },
  }
}
