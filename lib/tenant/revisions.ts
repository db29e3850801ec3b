import { createHash } from 'node:crypto'
import { Refusal } from '../errors/refusal.ts'
import type { PartitionPart, StoredRow, Tables } from '../store/tables.ts'
import { type Configuration, parseConfiguration } from './configuration.ts'
import { parseTenantId, type TenantId } from './tenantId.ts'
import { checkTokenSource, claimTokenSource, findClaim, releaseClaim } from './sourceClaims.ts'
import { isSameSource, type TokenSource, tokenSourceOf } from './tokenSource.ts'

/** One immutable revision of a tenant's configuration. */
export interface Revision {
  readonly tenant: TenantId
  /** 1 for the first. */
  readonly number: number
  readonly configuration: Configuration
  readonly appliedAt: Date
  /** Who applied it, as the CLI knows its user. */
  readonly appliedBy: string
}

const pointerRow = 'current'

/** The rows of revisions, whose keys go on with digits: all of them sort before `~`. */
const revisionRows: PartitionPart = { only: { from: 'revision~', before: 'revision~~' } }

/** The row key of a revision: its number, and the SHA-256 of its document, cut short. */
export const revisionRow = (number: number, document: string): string => {
  const digest = createHash('sha256').update(document).digest('hex').slice(0, 16)
  return `revision~${String(number).padStart(8, '0')}~${digest}`
}

/** What was accepted once and is not any more is a defect of ours, not a refusal of the request that meets it. */
const parseStored = (tenant: TenantId, document: string): Configuration => {
  try {
    return parseConfiguration(JSON.parse(document))
  } catch (error) {
    throw new Error(`The configuration in force of ${tenant} cannot be read.`, { cause: error })
  }
}

/** Reads a revision, which was written once: a document that is not the one its row is named after was tampered with. */
const toRevision = (tenant: TenantId, { row, values }: StoredRow): Revision => {
  const number = Number(values['number'])
  const document = String(values['document'])
  const configuration = parseStored(tenant, document)
  if (row !== revisionRow(number, document) || configuration.tenant !== tenant) {
    throw new Error(`The configuration in force of ${tenant} is not the one that was applied.`)
  }
  const { appliedAt, appliedBy } = values
  return {
    tenant,
    number,
    configuration,
    appliedAt: new Date(String(appliedAt)),
    appliedBy: String(appliedBy),
  }
}

interface Current {
  readonly revision: Revision
  readonly pointer: StoredRow
}

const readCurrent = async (tables: Tables, tenant: TenantId): Promise<Current | undefined> => {
  const pointer = await tables.get('tenants', { partition: tenant, row: pointerRow })
  if (!pointer) return undefined
  const row = await tables.get('tenants', { partition: tenant, row: String(pointer.values['revision']) })
  if (!row) throw new Error(`The tenant ${tenant} points to a revision that does not exist.`)
  return { revision: toRevision(tenant, row), pointer }
}

/** Reads the revision in force; undefined when there is no such tenant. @throws {Refusal} `tables-unavailable` */
export const currentRevision = async (tables: Tables, tenant: TenantId): Promise<Revision | undefined> =>
  (await readCurrent(tables, tenant))?.revision

const conflict = (tenant: TenantId) =>
  new Refusal('configuration-conflict', `Cannot apply the configuration of ${tenant}: it changed just now.`)

/** Who applies a configuration, and when. */
export interface Application {
  readonly appliedBy: string
  readonly now: Date
}

/** Whether a write that failed was our own, done before: its reply was lost, and the SDK repeated it. */
const isInForce = async (tables: Tables, revision: Revision): Promise<boolean> =>
  JSON.stringify(await currentRevision(tables, revision.tenant)) === JSON.stringify(revision)

const writeRevision = async (
  tables: Tables,
  revision: Revision,
  pointer: StoredRow | undefined,
): Promise<void> => {
  const { tenant, number, configuration, appliedAt, appliedBy } = revision
  const document = JSON.stringify(configuration)
  const sources = JSON.stringify(configuration.tokenIssuers.map(tokenSourceOf))
  const row = revisionRow(number, document)
  const values = { number, document, sources, appliedAt: appliedAt.toISOString(), appliedBy }
  const next = { partition: tenant, row: pointerRow, values: { revision: row } }
  const done = await tables.transact('tenants', [
    { kind: 'insert', row: { partition: tenant, row, values } },
    pointer ? { kind: 'replace', row: next, etag: pointer.etag } : { kind: 'insert', row: next },
  ])
  if (!done && !(await isInForce(tables, revision))) throw conflict(tenant)
}

/**
 * The sources that any earlier revision named and the new configuration does not. Each revision lists its own, so
 * that documents of old need not be understood.
 */
const droppedSources = async (
  tables: Tables,
  tenant: TenantId,
  kept: readonly TokenSource[],
): Promise<readonly TokenSource[]> => {
  const rows = await tables.list('tenants', tenant, revisionRows)
  return rows
    .flatMap(({ values }) => JSON.parse(String(values['sources'])) as TokenSource[])
    .filter((source) => !kept.some((other) => isSameSource(other, source)))
}

/**
 * Gives up what no revision in force names. `dropped` was found beside a pointer that may have moved since, unless
 * this command moved it itself: so the pointer is written as it was, which fails if it moved.
 */
const releaseDropped = async (
  tables: Tables,
  claims: readonly StoredRow[],
  { pointer, now }: { readonly pointer: StoredRow | undefined; readonly now: Date },
): Promise<void> => {
  const [first] = claims
  if (!first) return
  if (
    pointer &&
    !(await tables.transact('tenants', [{ kind: 'replace', row: pointer, etag: pointer.etag }]))
  ) {
    throw conflict(parseTenantId(pointer.partition))
  }
  for (const claim of claims) await releaseClaim(tables, claim, now)
}

/**
 * Puts a configuration into force as a new revision; the one in force already is not written again.
 *
 * Token sources are claimed before the pointer flips and given up after it, so a crash in between leaves a claim
 * too many, never one too few; applying again completes the job.
 * @throws {Refusal} `token-source-claimed`, `configuration-conflict` or `tables-unavailable`
 */
export const applyConfiguration = async (
  tables: Tables,
  configuration: Configuration,
  { appliedBy, now }: Application,
): Promise<Revision & { readonly changed: boolean }> => {
  const tenant = parseTenantId(configuration.tenant)
  const current = await readCurrent(tables, tenant)
  const sources = configuration.tokenIssuers.map(tokenSourceOf)
  const dropped = await droppedSources(tables, tenant, sources)
  const claims = await Promise.all(dropped.map((source) => findClaim(tables, source, tenant)))
  // A configuration that is refused for one of its sources claims none of the others.
  for (const source of sources) await checkTokenSource(tables, source, { tenant, now })
  for (const source of sources) await claimTokenSource(tables, source, { tenant, now })
  const changed = JSON.stringify(current?.revision.configuration) !== JSON.stringify(configuration)
  const number = (current?.revision.number ?? 0) + 1
  const revision =
    current && !changed ? current.revision : { tenant, number, configuration, appliedAt: now, appliedBy }
  if (changed) await writeRevision(tables, revision, current?.pointer)
  const found = claims.filter((claim) => claim !== undefined)
  await releaseDropped(tables, found, { pointer: changed ? undefined : current?.pointer, now })
  return { ...revision, changed }
}
