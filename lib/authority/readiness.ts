import type { Tables } from '../store/tables.ts'
import { parseTenantId, type TenantId } from '../tenant/tenantId.ts'
import { type Issuer, readAuthority } from './authority.ts'
import type { SignerPool, SigningIds } from './signerPool.ts'

/** Whether the parts that every certificate needs answer; no names, no reasons: anyone may ask. */
export interface Readiness {
  readonly ready: boolean
  readonly tables: 'ok' | 'unavailable'
  /** `none` before the first `mayfly authority init`. */
  readonly signer: 'ok' | 'unavailable' | 'none'
}

/** What the probe needs from outside. */
export interface ReadinessOptions {
  readonly tables: Tables
  /** The tables that enrolling reads or writes now, beside the authorities. */
  readonly neededTables: () => readonly string[]
  readonly signers: SignerPool
  readonly now: () => Date
  readonly uuid: () => string
  /**
   * Told of each signature that was given: the key's log shows it, and no row of the ledger does. Of those that may have
   * been made in vain the pool tells. Must not throw.
   */
  readonly onProbe: (issuer: Issuer, ids: SigningIds) => void
}

/** Octets that are no DER, so that the signature over them can never be part of a certificate. */
const probeText = Buffer.from('mayfly readiness probe: not a certificate')

const sharedMilliseconds = 10_000

/** How many tenants' issuers are asked: one sick tenant does not make the process unready. */
const maxTenants = 3

const probeTenant = async (
  { tables, signers, uuid, onProbe }: ReadinessOptions,
  tenant: TenantId,
): Promise<boolean> => {
  const authority = await readAuthority(tables, tenant)
  const [issuer] = authority?.issuers ?? []
  if (!issuer) return false
  const { requestId, vaultRequestId } = await signers.sign(issuer, probeText, uuid())
  onProbe(issuer, { requestId, vaultRequestId })
  return true
}

/** Reads a row that does not exist from each table, which fails when the table does not, and finds whom to ask. */
const probeTables = async ({ tables, neededTables }: ReadinessOptions): Promise<readonly TenantId[]> => {
  const where = { property: 'state', value: 'active', limit: 2 * maxTenants }
  const [rows] = await Promise.all([
    tables.find('authorities', where),
    ...neededTables().map((table) => tables.get(table, { partition: '~', row: 'readiness' })),
  ])
  return [...new Set(rows.map(({ partition }) => parseTenantId(partition)))]
}

const probe = async (options: ReadinessOptions): Promise<Readiness> => {
  let tenants: readonly TenantId[]
  try {
    tenants = await probeTables(options)
  } catch {
    return { ready: false, tables: 'unavailable', signer: 'unavailable' }
  }
  const answers = await Promise.allSettled(
    tenants.slice(0, maxTenants).map((tenant) => probeTenant(options, tenant)),
  )
  if (answers.some((answer) => answer.status === 'fulfilled' && answer.value)) {
    return { ready: true, tables: 'ok', signer: 'ok' }
  }
  return { ready: false, tables: 'ok', signer: tenants.length === 0 ? 'none' : 'unavailable' }
}

/**
 * Probes tables and a signer. All callers share one probe at a time and its result for 10 s, so that probing costs
 * nothing however often it is asked.
 */
export const readinessOf = (options: ReadinessOptions): (() => Promise<Readiness>) => {
  let shared: { until: number; readonly result: Promise<Readiness> } | undefined
  return () => {
    if (shared && options.now().getTime() < shared.until) return shared.result
    const current = { until: Number.POSITIVE_INFINITY, result: probe(options) }
    void current.result.finally(() => (current.until = options.now().getTime() + sharedMilliseconds))
    shared = current
    return current.result
  }
}
