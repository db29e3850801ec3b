import { randomUUID } from 'node:crypto'
import { initAuthority } from '../../../lib/authority/change/initAuthority.ts'
import { enroll, type Enrolled } from '../../../lib/enroll/enroll.ts'
import { type FaultyVault, faultyVault, type LoggedRequest } from '../../faultyVault.ts'
import { genericTrust, tenantDocument } from '../../tenants.ts'
import { genericTestIssuer, testNetwork } from '../../tokens.ts'
import {
  applyDocument,
  ceremonyOf,
  servicesOf,
  enrollmentOf,
  makeDeviceKey,
  testTime,
  uniqueTenantId,
  watchedTestTables,
} from '../../world.ts'
import type { WatchedTables } from '../store/watchTables.ts'

/** A record as diagnostic settings write it to a storage account. */
export interface AuditRecord {
  readonly time: string
  readonly category: string
  readonly operationName: string
  readonly resultType: string
  readonly callerIpAddress: string
  readonly correlationId: string
  readonly identity: object
  readonly properties: {
    readonly id?: string
    readonly requestUri: string
    readonly httpStatusCode: number
    readonly clientInfo?: string
  }
}

/** A tenant whose keys are in a vault that logs, as Azure's does. */
export interface AuditedWorld extends AsyncDisposable {
  readonly tenant: string
  readonly tables: WatchedTables
  readonly vault: FaultyVault
  now: Date
  /** The vault's log. */
  readonly log: AuditRecord[]
  /** Enrolls a new key with a new token. */
  enroll(): Promise<Enrolled>
  /** Signs with the issuer's key and records nothing, as a thief of the app's identity would. */
  steal(requestId?: string): Promise<void>
}

const operations: Readonly<Record<string, string>> = { GET: 'KeyGet', create: 'KeyCreate', sign: 'KeySign' }

/** The application that the vault sees. */
export const callingApplication = '1950a258-227b-4e31-a9cf-000000000001'

/** A record of Key Vault's audit log about a request to a vault. */
export const auditRecord = (
  vaultUrl: string,
  { operation, path, id }: LoggedRequest,
  at: Date,
): AuditRecord => ({
  time: at.toISOString().replace('Z', '1234Z'),
  category: 'AuditEvent',
  operationName: operations[operation] ?? operation,
  resultType: 'Success',
  callerIpAddress: '203.0.113.7',
  correlationId: id,
  identity: { claim: { appid: callingApplication } },
  properties: {
    id: `${vaultUrl}${path.replace(/\/sign$/, '')}`,
    requestUri: `${vaultUrl}${path}?api-version=7.6`,
    httpStatusCode: 200,
    clientInfo: 'azsdk-js-keyvault-keys',
  },
})

/** Makes a tenant with an authority in a stand-in for Key Vault, whose requests become records of an audit log. */
export const auditedWorld = async (): Promise<AuditedWorld> => {
  const vault = await faultyVault()
  const tenant = uniqueTenantId()
  const now = () => world.now
  const issuer = await genericTestIssuer(`https://issuer.example/${tenant}`, { now })
  const tables = await watchedTestTables()
  const revision = await applyDocument(tables, tenantDocument(tenant, [genericTrust(issuer)]), testTime)
  const { authority } = await initAuthority(revision, ceremonyOf(tables, vault.keys(), testTime))
  const source = vault.signers()
  const services = servicesOf(tables, { network: testNetwork([issuer]), source, now })
  const log: AuditRecord[] = []
  let read = 0
  const takeLog = (): void => {
    const added = vault.log.slice(read).filter(({ isKnown }) => isKnown)
    read = vault.log.length
    log.push(...added.map((request) => auditRecord(vault.url, request, world.now)))
  }
  const world: AuditedWorld = {
    tenant,
    tables,
    vault,
    log,
    now: testTime,
    async enroll() {
      const [token, csr] = [await issuer.token(), makeDeviceKey().csr()]
      try {
        return await enroll(enrollmentOf({ tenant, token, csr }), services)
      } finally {
        takeLog()
      }
    },
    async steal(requestId = randomUUID()) {
      const [generation] = authority.issuers.map((one) => one.generation)
      if (!generation) throw new Error('The tenant has no issuer.')
      const key = await source.open(generation.keyReference, generation.algorithm)
      await key.probe(requestId)
      takeLog()
    },
    [Symbol.asyncDispose]: () => vault[Symbol.asyncDispose](),
  }
  takeLog()
  return world
}
