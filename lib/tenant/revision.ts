import { Refusal } from '../errors/refusal.ts'
import type { NamedLocation, Policy } from '../policy/model/policy.ts'
import type { StoredRow, Tables } from '../store/tables.ts'
import type { Author } from './actor.ts'
import { type Configuration, parseConfiguration } from './configuration.ts'
import { checkTokenSource, claimTokenSource, findClaim, releaseClaim } from './claimTokenSource.ts'
import {
  newRevisionRow,
  type RevisionRecord,
  revisionRows,
  storedRevision,
  type StoredRevision,
} from './storedRevision.ts'
import { parseTenantId, type TenantId } from './tenantId.ts'
import { isSameSource, type TokenSource, tokenSourceOf } from './tokenSource.ts'

/** One immutable revision of a tenant's configuration. */
export interface Revision extends RevisionRecord {
  readonly tenant: TenantId
  readonly configuration: Configuration
  /** Conditional-access policies; where there are none, a compliant device is what every user needs. */
  readonly policies: readonly Policy[]
  /** The named locations that policies refer to. */
  readonly locations: readonly NamedLocation[]
}

/** The row that names the revision in force. */
export const pointerRow = 'current'

/** Understands a revision; undefined when this version does not, or when it is not the one that was applied. */
export const configurationOf = (
  tenant: TenantId,
  { document, isIntact }: StoredRevision,
): Configuration | undefined => {
  if (!isIntact) return undefined
  try {
    const configuration = parseConfiguration(JSON.parse(document))
    return configuration.tenant === tenant ? configuration : undefined
  } catch {
    return undefined
  }
}

/** Reads a document that was accepted once. One that is not any more is a defect of ours, not a refusal of the request that meets it. */
const toRevision = (tenant: TenantId, stored: StoredRevision): Revision => {
  const configuration = configurationOf(tenant, stored)
  if (configuration) return recordedRevision(tenant, stored, configuration)
  const why = stored.isIntact ? 'cannot be read, or is of another tenant' : 'is not the one that was applied'
  throw new Error(`The configuration in force of ${tenant} ${why}.`)
}

const recordedRevision = (
  tenant: TenantId,
  { number, action, appliedAt, appliedBy, reason, forced }: RevisionRecord,
  configuration: Configuration,
): Revision => ({
  tenant,
  number,
  action,
  appliedAt,
  appliedBy,
  reason,
  forced,
  configuration,
  policies: [],
  locations: [],
})

interface Current {
  readonly stored: StoredRevision
  readonly pointer: StoredRow
}

const readCurrent = async (tables: Tables, tenant: TenantId): Promise<Current | undefined> => {
  const pointer = await tables.get('tenants', { partition: tenant, row: pointerRow })
  if (!pointer) return undefined
  const row = await tables.get('tenants', { partition: tenant, row: String(pointer.values['revision']) })
  if (!row) throw new Error(`The tenant ${tenant} points to a revision that does not exist.`)
  return { stored: storedRevision(row), pointer }
}

/** Reads the revision in force; undefined when there is no such tenant. @throws {Refusal} `tables-unavailable` */
export const currentRevision = async (tables: Tables, tenant: TenantId): Promise<Revision | undefined> => {
  const current = await readCurrent(tables, tenant)
  return current && toRevision(tenant, current.stored)
}

/**
 * Reads the revision in force as its row has it, also one that was altered or that this version does not understand.
 * @throws {Refusal} `tables-unavailable`
 */
export const currentStoredRevision = async (
  tables: Tables,
  tenant: TenantId,
): Promise<StoredRevision | undefined> => (await readCurrent(tables, tenant))?.stored

const conflict = (tenant: TenantId, why = 'it changed just now') =>
  new Refusal('configuration-conflict', `Cannot apply the configuration of ${tenant}: ${why}.`)

/** An application of a configuration: by whom, when, why, and on top of what. */
export interface Application extends Author {
  /** The number of the revision that it changes, 0 where there is none yet; `any` for whichever is in force. */
  readonly base: number | 'any'
  readonly action: string
  readonly forced: readonly string[]
}

/**
 * Checks that a document was made from the revision in force: else it would take back what a colleague did meanwhile.
 * @throws {Refusal} `configuration-conflict`
 */
const checkBase = (
  tenant: TenantId,
  current: RevisionRecord | undefined,
  base: Application['base'],
): void => {
  if (base === 'any' || base === (current?.number ?? 0)) return
  const inForce = current
    ? `revision ${current.number} is in force, of ${current.appliedAt.toISOString()}`
    : 'there is no such tenant'
  throw conflict(
    tenant,
    `it changes ${base === 0 ? 'no revision' : `revision ${base}`}, and ${inForce}; mayfly tenant history tells what changed since`,
  )
}

/** Tells whether the revision is in force although its write failed: the reply of a write that was done may be lost, and the SDK repeats it. */
const isInForce = async (tables: Tables, revision: Revision): Promise<boolean> =>
  JSON.stringify(await currentRevision(tables, revision.tenant)) === JSON.stringify(revision)

const writeRevision = async (
  tables: Tables,
  revision: Revision,
  pointer: StoredRow | undefined,
): Promise<void> => {
  const { tenant, configuration, ...record } = revision
  const document = JSON.stringify(configuration)
  const sources = JSON.stringify(configuration.tokenIssuers.map(tokenSourceOf))
  const row = newRevisionRow(tenant, { ...record, document }, { sources })
  const next = { partition: tenant, row: pointerRow, values: { revision: row.row } }
  const done = await tables.transact('tenants', [
    { kind: 'insert', row },
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
 * Checks what applying a configuration would meet, and changes nothing.
 * @throws {Refusal} `configuration-conflict`, `token-source-claimed` or `tables-unavailable`
 */
export const checkApplication = async (
  tables: Tables,
  configuration: Configuration,
  { base, now }: Pick<Application, 'base' | 'now'>,
): Promise<void> => {
  const tenant = parseTenantId(configuration.tenant)
  checkBase(tenant, (await readCurrent(tables, tenant))?.stored, base)
  const sources = configuration.tokenIssuers.map(tokenSourceOf)
  for (const source of sources) await checkTokenSource(tables, source, { tenant, now })
}

/**
 * Puts a configuration into force as a new revision; the one in force already is not written again, whatever its base.
 *
 * Token sources are claimed before the pointer flips and given up after it, so a crash in between leaves a claim
 * too many, never one too few; applying again completes the job.
 * @throws {Refusal} `token-source-claimed`, `configuration-conflict` or `tables-unavailable`
 */
export const applyConfiguration = async (
  tables: Tables,
  configuration: Configuration,
  { actor: appliedBy, now, reason, base, action, forced }: Application,
): Promise<Revision & { readonly changed: boolean }> => {
  const tenant = parseTenantId(configuration.tenant)
  const current = await readCurrent(tables, tenant)
  const inForce = current && configurationOf(tenant, current.stored)
  const changed = JSON.stringify(inForce) !== JSON.stringify(configuration)
  if (changed) checkBase(tenant, current?.stored, base)
  const sources = configuration.tokenIssuers.map(tokenSourceOf)
  const dropped = await droppedSources(tables, tenant, sources)
  const claims = await Promise.all(dropped.map((source) => findClaim(tables, source, tenant)))
  // A configuration that is refused for one of its sources claims none of the others.
  for (const source of sources) await checkTokenSource(tables, source, { tenant, now })
  for (const source of sources) await claimTokenSource(tables, source, { tenant, now })
  const number = (current?.stored.number ?? 0) + 1
  const record =
    current && !changed ? current.stored : { number, action, appliedAt: now, appliedBy, reason, forced }
  const revision = recordedRevision(tenant, record, configuration)
  if (changed) await writeRevision(tables, revision, current?.pointer)
  const found = claims.filter((claim) => claim !== undefined)
  await releaseDropped(tables, found, { pointer: changed ? undefined : current?.pointer, now })
  return { ...revision, changed }
}
