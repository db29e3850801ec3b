import type { Tables } from '../../store/tables.ts'
import { parseTenantId, type TenantId } from '../../tenant/tenantId.ts'
import { type Issuer, readAuthority } from '../authority.ts'
import type { SignerPool, SigningIds } from './signerPool.ts'

/** Whether the parts that every certificate needs answer; no names, no reasons: anyone may ask. */
export interface Readiness {
  readonly ready: boolean
  readonly tables: 'ok' | 'unavailable'
  /** `none` before the first `mayfly authority init`. */
  readonly signer: 'ok' | 'unavailable' | 'none'
}

/** Tells of nothing that it is ready: for whoever cannot wait for the probe. */
export const unready: Readiness = { ready: false, tables: 'unavailable', signer: 'unavailable' }

/** Gives the probe what it asks. */
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

const sharedMilliseconds = 10_000

/** How long a signature shows that signers answer. */
const latelyMilliseconds = 60_000

/** How many tenants' issuers are asked: one sick tenant does not make the process unready. */
const maxTenants = 3

/** Above every tenant id, and what follows an id at once. */
const [aboveIds, justAbove] = ['~', '!']

const probeTenant = async (
  { tables, signers, uuid, onProbe }: ReadinessOptions,
  tenant: TenantId,
): Promise<void> => {
  const authority = await readAuthority(tables, tenant)
  const [issuer] = authority?.issuers ?? []
  if (!issuer) throw new Error(`No issuer of ${tenant} is active.`)
  onProbe(issuer, await signers.probe(issuer, { requestId: uuid() }))
}

/** Reads a row that does not exist from each table, which fails when the table does not. */
const probeTables = async ({ tables, neededTables }: ReadinessOptions): Promise<void> => {
  const needed = ['authorities', ...neededTables()]
  await Promise.all(needed.map((table) => tables.get(table, { partition: '~', row: 'readiness' })))
}

/** The next tenants of which something is active, in the order of their ids; from the first on after the last. */
const tenantsAfter = async (tables: Tables, last: string): Promise<readonly TenantId[]> => {
  const found = new Set<string>()
  const ranges = [
    { from: `${last}${justAbove}`, before: aboveIds },
    { from: justAbove, before: `${last}${justAbove}` },
  ]
  for (const partitions of ranges)
    for await (const { partition } of tables.scan('authorities', {
      partitions,
      where: { state: 'active' },
    })) {
      found.add(partition)
      if (found.size === maxTenants) return [...found].map(parseTenantId)
    }
  return [...found].map(parseTenantId)
}

/** Asks the issuer of one tenant, and those of the others only if that does not sign. */
const anySigns = async (
  options: ReadinessOptions,
  [first, ...others]: readonly TenantId[],
): Promise<boolean> => {
  const signs = (tenant: TenantId) =>
    probeTenant(options, tenant).then(
      () => true,
      () => false,
    )
  if (first !== undefined && (await signs(first))) return true
  return (await Promise.all(others.map(signs))).includes(true)
}

/**
 * Probes tables and a signer. All callers share one probe at a time and its result for 10 s, so that probing costs
 * nothing however often it is asked. A key signs for it only where none has signed within a minute, or one failed since:
 * that of one tenant after the other.
 */
export const readinessOf = (options: ReadinessOptions): (() => Promise<Readiness>) => {
  const { tables, signers, now } = options
  let asked = ''
  let shared: { until: number; readonly result: Promise<Readiness> } | undefined

  const probeSigner = async (): Promise<Readiness['signer']> => {
    if (signers.signedWithin(latelyMilliseconds)) return 'ok'
    const tenants = await tenantsAfter(tables, asked)
    if (tenants.length === 0) return 'none'
    asked = tenants[0] ?? ''
    return (await anySigns(options, tenants)) ? 'ok' : 'unavailable'
  }

  const probe = async (): Promise<Readiness> => {
    try {
      await probeTables(options)
      const signer = await probeSigner()
      return { ready: signer === 'ok', tables: 'ok', signer }
    } catch {
      return unready
    }
  }

  return () => {
    if (shared && now().getTime() < shared.until) return shared.result
    const current = { until: Number.POSITIVE_INFINITY, result: probe() }
    void current.result.finally(() => (current.until = now().getTime() + sharedMilliseconds))
    shared = current
    return current.result
  }
}
