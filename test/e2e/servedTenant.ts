import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepareTables } from '../../lib/deployment/openDeploymentTables.ts'
import { initAuthority } from '../../lib/authority/change/initAuthority.ts'
import { openTables } from '../../lib/store/openTables.ts'
import type { Tables } from '../../lib/store/tables.ts'
import { applyRevision } from '../../lib/tenant/applyRevision.ts'
import type { PolicySet } from '../../lib/tenant/policySet.ts'
import type { Tenant } from '../../lib/tenant/tenants.ts'
import { type FaultyVault, faultyVault, vaultToken } from '../faultyVault.ts'
import { genericTrust, type Members, tenantDocument } from '../tenants.ts'
import { genericTestIssuer, type TestIssuer } from '../tokens.ts'
import { type IssuerSite, openIssuerSite } from './issuerSite.ts'
import type { Settings } from './startFunctions.ts'
import { applicationOf, contentOf, tester } from '../world.ts'

/** All that a functions host in another process needs to serve a tenant. */
export interface ServedTenant extends AsyncDisposable {
  readonly tenant: string
  readonly tables: Tables
  readonly site: IssuerSite
  /** The issuer of the tenant's tokens. */
  readonly issuer: TestIssuer
  /** Where the issuer's key is. */
  readonly vault: FaultyVault
  /** What the host reads from its environment. */
  readonly settings: Settings
  /** Puts a document into force, with these policies alone. */
  apply(document: Members, policySet?: Partial<PolicySet>): Promise<Tenant>
  /** Makes a tenant's root and issuer. */
  makeAuthority(tenant: Tenant): Promise<void>
}

/** What of it a test chooses. */
export interface ServedTenantOptions {
  readonly tenant: string
  readonly connectionString: string
  /** Changes of what the tenant says about its token issuer. */
  readonly trust?: Members
  /** Changes of the tenant's document. */
  readonly document?: Members
}

/** Makes a tenant that trusts an issuer on loopback, with keys in a stand-in for Key Vault; all of it in this process. */
export const serveTenant = async (options: ServedTenantOptions): Promise<ServedTenant> => {
  const { tenant, connectionString, trust, document } = options
  const now = () => new Date()
  const tables = openTables({ kind: 'connectionString', connectionString })
  await prepareTables(tables, now())
  const site = await openIssuerSite()
  const issuer = await genericTestIssuer(`${site.url}/${tenant}`, { now })
  site.issuers.push(issuer)
  const vault = await faultyVault()
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-served-'))
  const caFile = join(folder, 'vault-ca.pem')
  await writeFile(caFile, vault.location().ca ?? '')
  const served: ServedTenant = {
    tenant,
    tables,
    site,
    issuer,
    vault,
    settings: {
      MAYFLY_ROLE: 'enroll',
      MAYFLY_TABLES_CONNECTION_STRING: connectionString,
      MAYFLY_ALLOW_LOOPBACK_HTTP: 'true',
      MAYFLY_KEY_VAULT_HOST: vault.host,
      MAYFLY_KEY_VAULT_CA_FILE: caFile,
      MAYFLY_KEY_VAULT_TOKEN: vaultToken,
      NODE_COMPILE_CACHE: join(folder, 'compiled'),
    },
    apply: (wanted, policySet) => applyRevision(tables, contentOf(wanted, policySet), applicationOf(now())),
    async makeAuthority(of) {
      const keys = vault.keys()
      const chance = { random: (octets: number) => randomBytes(octets), uuid: randomUUID }
      const ceremony = { tables, rootKeys: keys, issuerKeys: keys, ...tester(now()), ...chance }
      await initAuthority(of, ceremony)
    },
    async [Symbol.asyncDispose]() {
      await site[Symbol.asyncDispose]()
      await vault[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
  const applied = await served.apply(tenantDocument(tenant, [genericTrust(issuer, trust)], document))
  await served.makeAuthority(applied)
  return served
}
