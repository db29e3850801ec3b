import { Refusal } from '../errors/refusal.ts'
import { hashParts } from '../store/hashParts.ts'
import type { NewRow, StoredRow, Tables, Write } from '../store/tables.ts'
import { configurationFreshMilliseconds, configurationStaleMilliseconds } from './configuration.ts'
import type { TenantId } from './tenantId.ts'
import type { TokenSource } from './tokenSource.ts'

export interface Claimant {
  readonly tenant: TenantId
  readonly now: Date
}

/** All sources of one issuer and audience live in one partition, so that one transaction can compare them. */
const partitionOf = ({ issuer, audience }: TokenSource) => `~source~${hashParts(issuer, audience)}`

/** Written with every claim of the partition: its ETag serialises administrators. */
const lockRow = 'lock'
const ownerRow = ({ tenantClaim }: TokenSource) =>
  `owner~${hashParts(tenantClaim?.claim ?? '', tenantClaim?.value ?? '')}`

/**
 * For how long a source that was given up stays closed to other tenants: instances may go on with the configuration
 * that named it.
 */
export const releasedHoldMilliseconds = configurationStaleMilliseconds + configurationFreshMilliseconds

/** Tells whether the owner of a row has the source, or had it a moment ago. `releasedAt` is empty while it has it. */
const isHeld = ({ values }: StoredRow, now: Date): boolean => {
  const releasedAt = String(values['releasedAt'])
  return releasedAt === '' || now.getTime() < Date.parse(releasedAt) + releasedHoldMilliseconds
}

const heldByOthers = (rows: readonly StoredRow[], { tenant, now }: Claimant) =>
  rows.filter((row) => row.row !== lockRow && row.values['tenant'] !== tenant && isHeld(row, now))

const refuse = ({ issuer, audience }: TokenSource, why: string) =>
  new Refusal('token-source-claimed', `Cannot claim tokens of ${issuer} for ${audience}: ${why}.`)

/** Tokens of two tenants are told apart by one claim: every owner names the same one, each with its own value. */
const checkClaimable = (rows: readonly StoredRow[], source: TokenSource, claimant: Claimant): void => {
  const { claim, value } = source.tenantClaim ?? { claim: '', value: '' }
  for (const { values } of heldByOthers(rows, claimant)) {
    const theirs = String(values['claim'])
    if (claim === '' || theirs === '')
      throw refuse(source, 'another tenant uses them, and no claim tells the two apart')
    if (theirs !== claim) throw refuse(source, `another tenant tells its tokens by the claim "${theirs}"`)
    if (values['value'] === value) throw refuse(source, 'they belong to another tenant')
  }
}

const upsert = (rows: readonly StoredRow[], row: NewRow): Write => {
  const existing = rows.find((candidate) => candidate.row === row.row)
  return existing ? { kind: 'replace', row, etag: existing.etag } : { kind: 'insert', row }
}

/**
 * Checks that a tenant may claim a source, and claims nothing.
 * @throws {Refusal} `token-source-claimed` or `tables-unavailable`
 */
export const checkTokenSource = async (
  tables: Tables,
  source: TokenSource,
  claimant: Claimant,
): Promise<void> => checkClaimable(await tables.list('tenants', partitionOf(source)), source, claimant)

/**
 * Finds the claim of a source that the tenant is about to give up. Read before the configuration changes, so that
 * the release fails when somebody claims the source anew in between.
 */
export const findClaim = async (
  tables: Tables,
  source: TokenSource,
  tenant: TenantId,
): Promise<StoredRow | undefined> => {
  const rows = await tables.list('tenants', partitionOf(source))
  const owner = rows.find(({ row }) => row === ownerRow(source))
  return owner?.values['tenant'] === tenant && owner.values['releasedAt'] === '' ? owner : undefined
}

/**
 * Claims a source for a tenant, or refreshes its claim.
 * @throws {Refusal} `token-source-claimed`, `tables-unavailable`, or `configuration-conflict` when another administrator was
 *   faster.
 */
export const claimTokenSource = async (
  tables: Tables,
  source: TokenSource,
  claimant: Claimant,
): Promise<void> => {
  const partition = partitionOf(source)
  const rows = await tables.list('tenants', partition)
  checkClaimable(rows, source, claimant)
  const { claim, value } = source.tenantClaim ?? { claim: '', value: '' }
  const { issuer, audience } = source
  const { tenant } = claimant
  const done = await tables.transact('tenants', [
    upsert(rows, { partition, row: lockRow, values: { issuer, audience } }),
    upsert(rows, { partition, row: ownerRow(source), values: { tenant, claim, value, releasedAt: '' } }),
  ])
  // A lost reply makes the SDK repeat the transaction, which then meets its own rows.
  if (!done && !(await findClaim(tables, source, tenant)))
    throw new Refusal(
      'configuration-conflict',
      `Cannot claim tokens of ${issuer}: somebody else did just now.`,
    )
}

/** Gives a source up: after the hold other tenants may claim it. Does nothing when it was claimed anew since it was found. */
export const releaseClaim = async (tables: Tables, claim: StoredRow, now: Date): Promise<void> => {
  const { partition, row, values, etag } = claim
  const released = { partition, row, values: { ...values, releasedAt: now.toISOString() } }
  await tables.transact('tenants', [{ kind: 'replace', row: released, etag }])
}
