import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { initAuthority } from '../lib/authority/change/initAuthority.ts'
import { openServices, type Services } from '../lib/enroll/services.ts'
import type { SingleFlight } from '../lib/enroll/singleFlight.ts'
import { localKeys } from '../lib/keys/localKeys.ts'
import type { KeyProvider } from '../lib/keys/signer.ts'
import type { Tables } from '../lib/store/tables.ts'
import { parseConfiguration } from '../lib/tenant/configuration.ts'
import { applyRevision } from '../lib/tenant/applyRevision.ts'
import { noPolicies } from '../lib/tenant/policySet.ts'
import { createCsr } from '../client/credential/createCsr.ts'
import { encodePem } from '../lib/x509/pemBlock.ts'
import { genericTrust, tenantDocument } from '../test/tenants.ts'
import { memoryTables } from '../test/memoryTables.ts'
import { genericTestIssuer, makeTokenKey, type TestIssuer, testNetwork } from '../test/tokens.ts'

/** The algorithms whose tokens are measured, the default first. */
const tokenAlgorithms = ['RS256', 'ES256'] as const

/** The algorithm of a token's signature. */
export type TokenAlgorithm = (typeof tokenAlgorithms)[number]

/** A certification request of a device. */
export interface DeviceCsr {
  readonly der: Uint8Array
  /** RFC 7468 text, as `mayfly enroll` sends it. */
  readonly pem: string
}

/** One tenant with an authority, and all that its users send. */
export interface BenchWorld extends AsyncDisposable {
  readonly tenant: string
  readonly keys: KeyProvider
  readonly services: Services
  readonly issuers: Readonly<Record<TokenAlgorithm, TestIssuer>>
  /** Several, so that no measurement rests on one lucky input. */
  readonly tokens: Readonly<Record<TokenAlgorithm, readonly string[]>>
  readonly csrs: readonly DeviceCsr[]
}

const tenant = 'bench'
const inputs = 8
const now = () => new Date()

const issuerOf = async (algorithm: TokenAlgorithm): Promise<TestIssuer> =>
  genericTestIssuer(`https://${algorithm.toLowerCase()}.example`, {
    now,
    key: await makeTokenKey(algorithm),
  })

const makeCsr = async (): Promise<DeviceCsr> => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const der = createCsr(privateKey, publicKey)
  return { der, pem: encodePem('CERTIFICATE REQUEST', der) }
}

const several = <T>(make: () => Promise<T>): Promise<readonly T[]> =>
  Promise.all(Array.from({ length: inputs }, make))

const isLedger = (table: string) => table.startsWith('ledger')

/** Keeps tables in memory, and takes rows of ledgers at once and forgets them: a token enrolls again and again. */
const forgetfulTables = (): Tables => {
  const tables = memoryTables()
  return {
    ...tables,
    get: (table, ...rest) => (isLedger(table) ? Promise.resolve(undefined) : tables.get(table, ...rest)),
    insert: (table, ...rest) => (isLedger(table) ? Promise.resolve(true) : tables.insert(table, ...rest)),
  }
}

const openBenchServices = async (issuers: readonly TestIssuer[], keys: KeyProvider): Promise<Services> => {
  const tables = forgetfulTables()
  await tables.create(['tenants', 'authorities'])
  const trust = issuers.map((issuer) => genericTrust(issuer))
  const configuration = parseConfiguration(tenantDocument(tenant, trust))
  const author = { actor: { kind: 'local', name: 'bench' }, now: now(), reason: '' } as const
  const application = { ...author, base: 0, action: 'apply', forced: [] }
  const revision = await applyRevision(tables, { configuration, policySet: noPolicies }, application)
  const chance = { random: randomBytes, uuid: randomUUID }
  const ceremony = { tables, rootKeys: keys, issuerKeys: keys, ...author, ...chance }
  await initAuthority(revision, ceremony)
  const { fetchJson } = testNetwork(issuers)
  const times = { now, clock: () => performance.now(), chance: Math.random }
  const parts = { tables, signerSource: keys, fetchJson, ...times }
  // The tables forget their ledgers, so that a token buys again and again: so does what remembers them in the instance.
  const flights: SingleFlight = { once: (_, issue) => issue(true), remembered: 0 }
  return { ...openServices({ ...parts, ...chance }), flights }
}

/** Makes a tenant that trusts an issuer of each algorithm: production parts on tables in memory and local keys. */
export const createBenchWorld = async (): Promise<BenchWorld> => {
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-bench-'))
  const keys = localKeys(folder)
  const issuers = { RS256: await issuerOf('RS256'), ES256: await issuerOf('ES256') }
  return {
    tenant,
    keys,
    services: await openBenchServices(Object.values(issuers), keys),
    issuers,
    tokens: {
      RS256: await several(() => issuers.RS256.token()),
      ES256: await several(() => issuers.ES256.token()),
    },
    csrs: await several(makeCsr),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
