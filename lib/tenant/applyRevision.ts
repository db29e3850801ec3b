import { Refusal } from '../errors/refusal.ts'
import type { StoredRow, Tables } from '../store/tables.ts'
import type { Author } from './actor.ts'
import { checkRevision } from './checkRevision.ts'
import { checkTokenSource, claimTokenSource, findClaim, releaseClaim } from './claimTokenSource.ts'
import { currentRevision, pointerRow, readCurrent, recordedRevision, type Revision } from './revision.ts'
import { contentDifferences, contentOf, type RevisionContent } from './revisionContent.ts'
import { revisionParts, writeParts } from './revisionParts.ts'
import {
  newRevisionRow,
  type RevisionRecord,
  revisionRow,
  revisionRows,
  type StoredRevision,
} from './storedRevision.ts'
import { parseTenantId, type TenantId } from './tenantId.ts'
import { isSameSource, type TokenSource, tokenSourceOf } from './tokenSource.ts'

const conflict = (tenant: TenantId, why = 'it changed just now') =>
  new Refusal('configuration-conflict', `Cannot apply the configuration of ${tenant}: ${why}.`)

/** An application of a revision: by whom, when, why, and on top of what. */
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
  const { tenant, configuration, policySet } = revision
  const document = JSON.stringify(configuration)
  const sources = JSON.stringify(configuration.tokenIssuers.map(tokenSourceOf))
  const row = newRevisionRow({ ...revision, document }, { sources })
  const next = { partition: tenant, row: pointerRow, values: { revision: row.row } }
  if (!(await writeParts(tables, row, revisionParts(policySet)))) throw conflict(tenant)
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
 * Checks what applying a content would meet, and changes nothing.
 * @throws {Refusal} `policies-invalid`, `configuration-conflict`, `token-source-claimed` or `tables-unavailable`
 */
export const checkApplication = async (
  tables: Tables,
  content: RevisionContent,
  { base, now }: Pick<Application, 'base' | 'now'>,
): Promise<void> => {
  checkRevision(content)
  const { configuration } = content
  const tenant = parseTenantId(configuration.tenant)
  checkBase(tenant, (await readCurrent(tables, tenant))?.stored, base)
  const sources = configuration.tokenIssuers.map(tokenSourceOf)
  for (const source of sources) await checkTokenSource(tables, source, { tenant, now })
}

/** The revision in force, where applying a content would change nothing of it. */
const sameRevision = (
  tenant: TenantId,
  content: RevisionContent,
  current: StoredRevision | undefined,
): Revision | undefined => {
  const inForce = current && contentOf(tenant, current)
  if (!inForce || contentDifferences(inForce, content).length > 0) return undefined
  return recordedRevision(tenant, current, inForce)
}

/** Makes the revision that follows the one in force. @throws {Refusal} `policies-invalid` or `configuration-conflict` */
const nextRevision = (
  tenant: TenantId,
  content: RevisionContent,
  current: StoredRevision | undefined,
  { actor: appliedBy, now: appliedAt, reason, base, action, forced }: Application,
): Revision => {
  const understood = checkRevision(content)
  checkBase(tenant, current, base)
  const number = (current?.number ?? 0) + 1
  const stored = { document: JSON.stringify(content.configuration), parts: revisionParts(content.policySet) }
  const record = { row: revisionRow(number, stored), number, action, appliedAt, appliedBy, reason, forced }
  return recordedRevision(tenant, record, understood)
}

/**
 * Puts a content into force as a new revision; the one in force already is not written again, whatever its base.
 *
 * Token sources are claimed before the pointer flips and given up after it, so a crash in between leaves a claim
 * too many, never one too few; applying again completes the job. Policies and locations are written before it, too: a
 * crash in between leaves rows that no revision has.
 * @throws {Refusal} `policies-invalid`, `token-source-claimed`, `configuration-conflict` or `tables-unavailable`
 */
export const applyRevision = async (
  tables: Tables,
  content: RevisionContent,
  application: Application,
): Promise<Revision & { readonly changed: boolean }> => {
  const { now } = application
  const tenant = parseTenantId(content.configuration.tenant)
  const current = await readCurrent(tables, tenant)
  const same = sameRevision(tenant, content, current?.stored)
  const revision = same ?? nextRevision(tenant, content, current?.stored, application)
  const changed = revision !== same
  const sources = content.configuration.tokenIssuers.map(tokenSourceOf)
  const dropped = await droppedSources(tables, tenant, sources)
  const claims = await Promise.all(dropped.map((source) => findClaim(tables, source, tenant)))
  // A configuration that is refused for one of its sources claims none of the others.
  for (const source of sources) await checkTokenSource(tables, source, { tenant, now })
  for (const source of sources) await claimTokenSource(tables, source, { tenant, now })
  if (changed) await writeRevision(tables, revision, current?.pointer)
  const found = claims.filter((claim) => claim !== undefined)
  await releaseDropped(tables, found, { pointer: changed ? undefined : current?.pointer, now })
  return { ...revision, changed }
}
