import { randomBytes, randomUUID } from 'node:crypto'
import { type Authorities, authoritiesOf } from './authority/authority.ts'
import { type Readiness, readinessOf } from './authority/readiness.ts'
import { signerPool } from './authority/signerPool.ts'
import { enroll, type Enrolled, type Enrollment } from './enroll/enroll.ts'
import { type Serve, serving } from './http/serve.ts'
import { localKeys } from './keys/local.ts'
import type { SignerSource } from './keys/signer.ts'
import { ledgerOf } from './ledger/ledger.ts'
import { ledgerTablesAhead } from './ledger/ledgerKey.ts'
import { openTables, type Tables, type TablesLocation } from './store/tables.ts'
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
  readonly readiness: () => Promise<Readiness>
}

/** Composes the app of its parts. Sends nothing: the app starts when its dependencies are down. */
export const composeApp = ({ tables, signerSource, allowLoopbackHttp, now }: Parts): App => {
  const tenants = tenantsOf(tables, now)
  const authorities = authoritiesOf(tables, now)
  const signers = signerPool(signerSource)
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
    readiness: readinessOf({ tables, neededTables, signers, now, uuid: randomUUID }),
  }
}

/** Settings by name, as `process.env` gives them. */
export type Environment = Readonly<Record<string, string | undefined>>

const tablesLocation = async (environment: Environment): Promise<TablesLocation> => {
  const connectionString = environment['MAYFLY_TABLES_CONNECTION_STRING']
  if (connectionString) return { kind: 'connectionString', connectionString }
  const endpoint = environment['MAYFLY_TABLES_ENDPOINT']
  if (!endpoint)
    throw new Error('Set MAYFLY_TABLES_ENDPOINT, or MAYFLY_TABLES_CONNECTION_STRING on one machine.')
  // Loaded only where it is used: it is larger than the rest of the app.
  const { ManagedIdentityCredential } = await import('@azure/identity')
  const clientId = environment['AZURE_CLIENT_ID']
  return {
    kind: 'endpoint',
    endpoint,
    credential: new ManagedIdentityCredential(clientId ? { clientId } : {}),
  }
}

/**
 * Reads the parts from the settings of the function app, which the README lists.
 * @throws {Error} naming the setting that is missing.
 */
export const partsFrom = async (environment: Environment = process.env): Promise<Parts> => {
  const keyFolder = environment['MAYFLY_KEY_FOLDER']
  if (!keyFolder) throw new Error('Set MAYFLY_KEY_FOLDER to the folder of the local keys.')
  return {
    tables: openTables(await tablesLocation(environment)),
    signerSource: localKeys(keyFolder),
    allowLoopbackHttp: environment['MAYFLY_ALLOW_LOOPBACK_HTTP'] === 'true',
    now: () => new Date(),
  }
}
