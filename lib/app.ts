import { randomBytes, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type Adopted, type Adoption, recordAdoption } from './authority/adoption.ts'
import { type Authorities, authoritiesOf, type Issuer } from './authority/authority.ts'
import { type Readiness, readinessOf } from './authority/readiness.ts'
import { signerPool } from './authority/signerPool.ts'
import { enroll, type Enrolled, type Enrollment } from './enroll/enroll.ts'
import { type Serve, serving } from './http/serve.ts'
import { signersByScheme } from './keys/byScheme.ts'
import { fixedCredential } from './keys/fixedCredential.ts'
import type { Credential, KeyVaultAccess } from './keys/keyVaultAccess.ts'
import { keyVaultSigners } from './keys/keyVaultSigners.ts'
import { lazyCredential } from './keys/lazyCredential.ts'
import { localKeys } from './keys/local.ts'
import type { SignerSource } from './keys/signer.ts'
import { ledgerOf } from './ledger/ledger.ts'
import { ledgerTablesAhead } from './ledger/ledgerKey.ts'
import { openTables, type Tables, type TablesLocation } from './store/tables.ts'
import { formatIssuerFailure } from './telemetry/issuerFailure.ts'
import { type Tenants, tenantsOf } from './tenant/tenants.ts'
import { fetchJson } from './token/fetchJson.ts'
import { keySets } from './token/keySets.ts'

/** What the app is composed of: everything that has a state, or reaches the world outside. */
export interface Parts {
  readonly tables: Tables
  readonly signerSource: SignerSource
  /** Whether token issuers may be fetched over plain http from this machine. */
  readonly allowLoopbackHttp: boolean
  readonly now: () => Date
}

/** What the functions work with. */
export interface App {
  readonly serve: Serve
  readonly tenants: Tenants
  readonly authorities: Authorities
  readonly enroll: (enrollment: Enrollment) => Promise<Enrolled>
  readonly adopt: (adoption: Adoption) => Promise<Adopted>
  readonly readiness: () => Promise<Readiness>
}

/** The host forwards what is written to standard error. */
const reportFailure = ({ generation }: Issuer, cause: unknown): void =>
  void process.stderr.write(`${formatIssuerFailure(generation.tenant, generation.id, cause)}\n`)

/** Composes the app of its parts. Sends nothing: the app starts when its dependencies are down. */
export const composeApp = ({ tables, signerSource, allowLoopbackHttp, now }: Parts): App => {
  const tenants = tenantsOf(tables, now)
  const authorities = authoritiesOf(tables, now)
  const signers = signerPool({ source: signerSource, now, onFailure: reportFailure })
  // A token that is good now expires today or at the latest 28 hours from now.
  const neededTables = () => ['tenants', ...ledgerTablesAhead(now(), 2)]
  const enrolling = {
    tenants,
    authorities,
    signers,
    now,
    keys: keySets({ fetchJson: fetchJson({ allowLoopbackHttp }), now }),
    ledger: ledgerOf(tables),
    random: (octets: number) => randomBytes(octets),
    uuid: randomUUID,
  }
  return {
    serve: serving(() => performance.now()),
    tenants,
    authorities,
    enroll: (enrollment) => enroll(enrollment, enrolling),
    adopt: (adoption) => recordAdoption(adoption, { tables, tenants, authorities, now }),
    readiness: readinessOf({ tables, neededTables, signers, now, uuid: randomUUID }),
  }
}

/** Settings by name, as `process.env` gives them. */
export type Environment = Readonly<Record<string, string | undefined>>

const managedIdentity = async (environment: Environment): Promise<Credential> => {
  // Loaded only where it is used: it is larger than the rest of the app.
  const { ManagedIdentityCredential } = await import('@azure/identity')
  const clientId = environment['AZURE_CLIENT_ID']
  return new ManagedIdentityCredential(clientId ? { clientId } : {})
}

const tablesLocation = async (environment: Environment): Promise<TablesLocation> => {
  const connectionString = environment['MAYFLY_TABLES_CONNECTION_STRING']
  if (connectionString) return { kind: 'connectionString', connectionString }
  const endpoint = environment['MAYFLY_TABLES_ENDPOINT']
  if (!endpoint)
    throw new Error('Set MAYFLY_TABLES_ENDPOINT, or MAYFLY_TABLES_CONNECTION_STRING on one machine.')
  return { kind: 'endpoint', endpoint, credential: await managedIdentity(environment) }
}

/** Azure's vaults by the managed identity, or a stand-in on one machine by its token. */
const keyVaultAccess = async (environment: Environment): Promise<KeyVaultAccess> => {
  const host = environment['MAYFLY_KEY_VAULT_HOST']
  if (!host) return { credential: lazyCredential(() => managedIdentity(environment)) }
  const [caFile, token] = [environment['MAYFLY_KEY_VAULT_CA_FILE'], environment['MAYFLY_KEY_VAULT_TOKEN']]
  if (!caFile || !token)
    throw new Error('Set MAYFLY_KEY_VAULT_CA_FILE and MAYFLY_KEY_VAULT_TOKEN beside MAYFLY_KEY_VAULT_HOST.')
  return { credential: fixedCredential(token), host, ca: await readFile(caFile, 'utf8') }
}

/** Each key is opened where its reference says that it is: nothing is asked before the first signature. */
const signerSourceFrom = async (environment: Environment): Promise<SignerSource> => {
  const keyFolder = environment['MAYFLY_KEY_FOLDER']
  return signersByScheme({
    'local:': keyFolder ? localKeys(keyFolder) : undefined,
    'https:': keyVaultSigners(await keyVaultAccess(environment)),
  })
}

/**
 * Reads the parts from the settings of the function app, which the README lists.
 * @throws {Error} naming the setting that is missing.
 */
export const partsFrom = async (environment: Environment = process.env): Promise<Parts> => ({
  tables: openTables(await tablesLocation(environment)),
  signerSource: await signerSourceFrom(environment),
  allowLoopbackHttp: environment['MAYFLY_ALLOW_LOOPBACK_HTTP'] === 'true',
  now: () => new Date(),
})
