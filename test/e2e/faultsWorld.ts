import { randomUUID } from 'node:crypto'
import { type App, composeApp } from '../../lib/app.ts'
import { initAuthority } from '../../lib/authority/change/initAuthority.ts'
import type { KeyProvider, SignerSource } from '../../lib/keys/signer.ts'
import { type Entry, entryFromRow } from '../../lib/ledger/record/entry.ts'
import {
  ledgerTable,
  type LedgerToken,
  refusalsTable,
  tenantPartitions,
} from '../../lib/ledger/record/ledgerKey.ts'
import { type Settings, partsFrom } from '../../lib/settings.ts'
import type { StoredRow, Tables } from '../../lib/store/tables.ts'
import { parseTenantId, type TenantId } from '../../lib/tenant/tenantId.ts'
import { testConnectionString } from '../azurite.ts'
import { policyDocument } from '../policies.ts'
import { genericTrust, type Members, tenantDocument } from '../tenants.ts'
import { genericTestIssuer, type TestIssuer, type TokenChanges } from '../tokens.ts'
import { applyDocument, ceremonyOf, temporaryKeys, uniqueTenantId, type WatchedKeys } from '../world.ts'
import { type EvidenceSource, type FaultsEvidence, openEvidenceSource } from './faultsEvidence.ts'
import { type Asked, type FaultyServer, faultyServer, passedOnTo } from './faultsServer.ts'

const day = 86_400_000

/** Where the keys of issuers are, when not in a folder. */
export interface FaultyKeys {
  readonly keys: KeyProvider
  readonly signers: () => SignerSource
}

/** What of a world a case chooses. */
export interface FaultsWorldOptions {
  /** Tables to arrange and to look at what became of them: nothing is wrong with these. */
  readonly tables: Tables
  readonly requestSeconds?: number
  readonly vault?: FaultyKeys
  readonly trust?: Members
  readonly evidence?: FaultsEvidence | undefined
}

/** A token, and what of it tells where its row is. */
export interface FaultsToken {
  readonly text: string
  readonly of: LedgerToken
}

/** One tenant with an instance of the app of its own, between which and the world everything can go wrong. */
export interface FaultsWorld extends AsyncDisposable {
  readonly tenant: TenantId
  readonly app: App
  /** Before Azurite. */
  readonly storage: FaultyServer
  readonly issuer: FaultyServer
  readonly testIssuer: TestIssuer
  /** Who tells of the device beside the token, where the tenant wants that. */
  readonly source: EvidenceSource | undefined
  readonly keys: WatchedKeys
  /** The request id of every signature that was asked for. */
  readonly requestIds: string[]
  now(): Date
  /** Moves the time of the app and of the token issuer. */
  pass(milliseconds: number): void
  /** Ends everything that is wrong outside the tables of the test. */
  heal(): void
  /** Waits until no call of the tables is under way, not even one that a request left behind: the next would share its fate. */
  settled(): Promise<void>
  token(changes?: TokenChanges): Promise<FaultsToken>
  /** Every ledger row of the token, wherever it is. */
  rows(token: FaultsToken): Promise<readonly Entry[]>
  /** The codes of the tenant's recorded refusals. */
  refusals(): Promise<readonly string[]>
}

const rowKeyOf = ({ body }: Asked): string =>
  (JSON.parse(body.toString()) as { readonly RowKey: string }).RowKey

/** What a request means to the tables: the name that faults are told by. A row is read back once it was inserted. */
const storageNames = (): ((asked: Asked) => string) => {
  const inserted = new Set<string>()
  const forms: readonly (readonly [RegExp, string])[] = [
    [/^GET \/\w+\/tenants\(.*RowKey='current'/, 'pointer'],
    [/^GET \/\w+\/tenants\(.*RowKey='revision/, 'revision'],
    [/^GET \/\w+\/tenants\(\).*'part~/, 'policies'],
    [/^GET \/\w+\/tenants\(\)/, 'deny list'],
    [/^GET \/\w+\/authorities\(\)/, 'authority'],
    [/^GET \/\w+\/relyingParties\(\)/, 'relying parties'],
    [/^GET \/\w+\/ledger\d+\(/, 'look-up'],
    [/^POST \/\w+\/ledger\d+/, 'insert'],
    [/^POST \/\w+\/refusals\d+/, 'refusal'],
  ]
  return (asked) => {
    const text = `${asked.method} ${decodeURIComponent(asked.target)}`
    const [, name] = forms.find(([form]) => form.test(text)) ?? []
    if (!name) throw new Error(`The test does not know what ${text.slice(0, 80)} is for.`)
    if (name === 'insert') inserted.add(rowKeyOf(asked))
    const isReadBack = name === 'look-up' && inserted.has(/RowKey='([^']+)'/.exec(text)?.[1] ?? '')
    return isReadBack ? 'read-back' : name
  }
}

const storageOf = (connectionString: string): Promise<FaultyServer> => {
  const [, origin = ''] = /TableEndpoint=(http:\/\/[^/]+)/.exec(connectionString) ?? []
  return faultyServer({ answer: passedOnTo(origin), nameOf: storageNames() })
}

/** Serves what the token issuer of a tenant publishes, beneath its name: another world may get the port of one that ended. */
const issuerServer = async (tenant: string, now: () => Date) => {
  const parts: { testIssuer?: TestIssuer } = {}
  const server = await faultyServer({
    nameOf: ({ target }) => (target.endsWith('/keys') ? 'keys' : 'discovery'),
    answer: async ({ target }) => {
      const document = parts.testIssuer?.documents()[`${server.url}${target}`]
      const headers = { 'content-type': 'application/json' }
      return { status: document ? 200 : 404, headers, body: Buffer.from(JSON.stringify(document ?? {})) }
    },
  })
  const testIssuer = await genericTestIssuer(`${server.url}/${tenant}`, { now })
  parts.testIssuer = testIssuer
  return { server, testIssuer }
}

const readAll = async (rows: AsyncIterable<StoredRow>): Promise<readonly StoredRow[]> => {
  const all: StoredRow[] = []
  for await (const row of rows) all.push(row)
  return all
}

/** The settings of an app whose tables are behind a faulty server. */
const settingsOf = (storage: FaultyServer, requestSeconds: number): Settings => ({
  MAYFLY_TABLES_CONNECTION_STRING: testConnectionString().replace(/http:\/\/127[^/]+/, storage.url),
  MAYFLY_REQUEST_SECONDS: String(requestSeconds),
  MAYFLY_ALLOW_LOOPBACK_HTTP: 'true',
})

/** Follows the calls of tables until they end. */
const followed = (tables: Tables) => {
  const pending = new Set<Promise<unknown>>()
  const follow = <Answer>(call: Promise<Answer>): Promise<Answer> => {
    const end = () => void pending.delete(call)
    pending.add(call)
    call.then(end, end)
    return call
  }
  const followedTables: Tables = {
    ...tables,
    get: (...asked) => follow(tables.get(...asked)),
    list: (...asked) => follow(tables.list(...asked)),
    insert: (...asked) => follow(tables.insert(...asked)),
    transact: (...asked) => follow(tables.transact(...asked)),
  }
  const settled = async (): Promise<void> => {
    while (pending.size > 0) await Promise.allSettled(pending)
  }
  return { tables: followedTables, settled }
}

/** Makes a tenant with its authority, and composes an instance of the app for it alone. */
export const faultsWorld = async (options: FaultsWorldOptions): Promise<FaultsWorld> => {
  const { tables, requestSeconds = 10, vault, trust, evidence } = options
  let passed = 0
  const now = () => new Date(Date.now() + passed)
  const id = uniqueTenantId()
  const tenant = parseTenantId(id)
  const storage = await storageOf(testConnectionString())
  const { server: issuer, testIssuer } = await issuerServer(id, now)
  const source = evidence && (await openEvidenceSource[evidence](now))
  const keys = await temporaryKeys()
  const told = source ? { evidence: source.evidence } : {}
  const document = tenantDocument(id, [genericTrust(testIssuer, { ...source?.trust, ...trust })], told)
  const policies = { policies: [policyDocument('Compliant')], ...source?.policySet }
  const revision = await applyDocument(tables, document, now(), policies)
  const ceremony = { ...ceremonyOf(tables, keys, now()), ...(vault ? { issuerKeys: vault.keys } : {}) }
  await initAuthority(revision, ceremony)
  const requestIds: string[] = []
  keys.signInstead = (signer, tbs, requestId) => {
    requestIds.push(requestId)
    return signer.sign(tbs, requestId)
  }
  const parts = await partsFrom(settingsOf(storage, requestSeconds))
  const signerSource = vault?.signers() ?? keys
  const clock = () => performance.now() + passed
  const directory = source?.directory({ times: parts.times, now, clock })
  const appTables = followed(parts.tables)
  const ledgers = [-1, 0, 1, 2].map((days) => ledgerTable(new Date(now().getTime() + days * day)))
  const of = (table: string, where: Readonly<Record<string, string>>) =>
    readAll(tables.scan(table, { partitions: tenantPartitions(tenant), where }))
  return {
    tenant,
    app: composeApp({ ...parts, tables: appTables.tables, signerSource, now, directory }),
    storage,
    issuer,
    testIssuer,
    source,
    keys,
    requestIds,
    now,
    pass: (milliseconds) => void (passed += milliseconds),
    heal() {
      for (const server of [storage, issuer, ...(source ? [source.server] : [])]) server.heal()
      if (source) source.isIdentityGone = false
    },
    settled: appTables.settled,
    async token(changes = {}) {
      const tokenId = randomUUID()
      const claims = { jti: tokenId, ...source?.claims, ...changes.claims }
      const expiresAt = Math.floor(now().getTime() / 1000) + 3600
      const text = await testIssuer.token({ ...changes, claims: { exp: expiresAt, ...claims } })
      return { text, of: { tenant, issuer: testIssuer.url, subject: 'alice', tokenId, expiresAt } }
    },
    async rows({ of: { tokenId } }) {
      const found = await Promise.all(ledgers.map((table) => of(table, { tokenId })))
      return found.flat().map(entryFromRow)
    },
    async refusals() {
      const rows = await of(refusalsTable(now()), {})
      return rows.map(({ values }) => String(values['code']))
    },
    async [Symbol.asyncDispose]() {
      const opened = [storage, issuer, keys, ...(source ? [source] : [])]
      await Promise.all(opened.map((one) => one[Symbol.asyncDispose]()))
    },
  }
}
