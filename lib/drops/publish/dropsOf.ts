import type { DenyEntry } from '../../tenant/denyEntry.ts'
import type { DenyList } from '../../tenant/denyList.ts'
import type { TenantId } from '../../tenant/tenantId.ts'
import { dropHintSeconds, type DropList, isInForce } from '../dropList.ts'

/** A drop list, and the first instant at which one of its entries ends. */
interface Made {
  readonly list: DropList
  readonly until: number
}

const listOf = (tenant: TenantId, number: number, entries: readonly DenyEntry[]): DropList => ({
  tenant,
  sequence: number,
  hintSeconds: dropHintSeconds,
  drops: entries.map(({ kind, value, at, until, users }) => ({ kind, value, at, until, users })),
})

const firstEnd = (entries: readonly DenyEntry[]): number =>
  entries.reduce((first, { until }) => Math.min(first, until?.getTime() ?? Infinity), Infinity)

const make = (tenant: TenantId, { number, entries }: DenyList, now: Date): Made => {
  const standing = entries.filter((entry) => isInForce(entry, now))
  return { list: listOf(tenant, number, standing), until: firstEnd(standing) }
}

/** Makes the drop lists of deny lists: the entries in force. The same object is given until the deny list changes, or an entry ends. */
export const dropsOf = (): ((tenant: TenantId, denyList: DenyList, now: Date) => DropList) => {
  const known = new WeakMap<DenyList, Made>()
  return (tenant, denyList, now) => {
    const before = known.get(denyList)
    const made = before && now.getTime() < before.until ? before : make(tenant, denyList, now)
    known.set(denyList, made)
    return made.list
  }
}
