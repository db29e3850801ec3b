import { AlteredRow, type Generation } from '../generation.ts'
import { type Authority, readAuthority } from '../authority.ts'
import { type Ceremony, type Change, changeAuthority } from '../change/changeAuthority.ts'
import { listEventRows } from '../authorityEvent.ts'
import { initAuthority } from '../change/initAuthority.ts'
import type { Tables } from '../../store/tables.ts'
import type { TenantId } from '../../tenant/tenantId.ts'
import type { Tenant } from '../../tenant/tenants.ts'
import type { AnchorStore, Remembered } from './anchorStore.ts'
import { strayFault } from './rowFaults.ts'
import { altered, type VerifiedAuthority, verifyAuthority, type Vouching } from './verifyAuthority.ts'

/** Holds what a command relies on beside the tables. */
export interface Trust {
  readonly store: AnchorStore
  /** SHA-256 of the roots that `--anchor` names, lower-case hex. */
  readonly anchors: readonly string[]
}

const readRows = async (tables: Tables, tenant: TenantId) => {
  try {
    // First, so that of a change which is made meanwhile the bundle is read as well.
    const events = await listEventRows(tables, tenant)
    const authority = await readAuthority(tables, tenant)
    const current = authority?.bundle.sequence ?? 0
    const strayEvents = events.filter(({ sequence }) => !(sequence <= current)).map(({ row }) => row)
    return { authority, strayEvents }
  } catch (error) {
    throw error instanceof AlteredRow ? altered(tenant, error.message.replace(/\.$/, '')) : error
  }
}

/** Without rows there was no bundle yet, unless one was seen. */
const checkNone = async (tenant: TenantId, { store }: Trust): Promise<void> => {
  const { sequence = 0 } = (await store.read(tenant)) ?? {}
  if (sequence === 0) return
  throw altered(tenant, `its bundle ${sequence} was seen here, and the table has none any more`)
}

/**
 * Reads an authority that nobody has verified, to show it; undefined when the tenant has none.
 * @throws {Refusal} `authority-altered` when it cannot be read or is gone, or `tables-unavailable`
 */
export const readStored = async (
  tables: Tables,
  tenant: TenantId,
  trust: Trust,
): Promise<Authority | undefined> => {
  const { authority, strayEvents } = await readRows(tables, tenant)
  if (authority) return { ...authority, strayEvents }
  await checkNone(tenant, trust)
  if (strayEvents.length > 0) throw altered(tenant, strayEvents.map(strayFault).join('; '))
  return undefined
}

/** Tells what this machine knows of a tenant's authority. @throws {Refusal} `anchors-refused` */
export const vouchingFor = async (tenant: TenantId, { store, anchors }: Trust): Promise<Vouching> => ({
  remembered: await store.read(tenant),
  anchors,
})

/**
 * Verifies an authority as it was read, by what is known here; changes nothing.
 * @throws {Refusal} `authority-altered` or `anchors-refused`
 */
export const verifyStored = async (authority: Authority, trust: Trust): Promise<VerifiedAuthority> =>
  verifyAuthority(authority, await vouchingFor(authority.tenant, trust))

/** Adds a verified bundle to what is known, whatever another command came to know meanwhile. */
const later = (known: Remembered | undefined, next: Remembered): Remembered => {
  const ended = [...new Set([...(known?.ended ?? []), ...next.ended])]
  return { ...(known && known.sequence >= next.sequence && known.sequence > 0 ? known : next), ended }
}

/** Moves the anchors on to the roots of a verified bundle. */
const moveOn = async ({ authority, next }: VerifiedAuthority, { store }: Trust): Promise<void> =>
  store.update(authority.tenant, (known) => later(known, next))

/**
 * Reads the authority of a tenant, verified by what is known here, which moves on by it; undefined when it has none.
 * @throws {Refusal} `authority-altered`, `anchors-refused` or `tables-unavailable`
 */
export const readTrusted = async (
  tables: Tables,
  tenant: TenantId,
  trust: Trust,
): Promise<VerifiedAuthority | undefined> => {
  const authority = await readStored(tables, tenant, trust)
  if (!authority) return undefined
  const verified = await verifyStored(authority, trust)
  await moveOn(verified, trust)
  return verified
}

/** Verifies what a change made, and moves on: after a crash before this, the next command does. */
export const settle = async (after: Authority, trust: Trust): Promise<Authority> => {
  await moveOn(await verifyStored(after, trust), trust)
  return after
}

/**
 * The roots that this command made or was handed are known before they are written: when the keys of all others are lost,
 * it is a new one that signs. A command that was interrupted may have made others of the same keys.
 */
const expectRoots = async (
  tenant: TenantId,
  generations: readonly Generation[],
  { store }: Trust,
): Promise<void> => {
  const roots = generations.filter(({ kind }) => kind === 'root').map(({ digest }) => digest)
  if (roots.length === 0) return
  await store.update(tenant, (known) => {
    const anchors = [...new Set([...(known?.anchors ?? []), ...roots])]
    return { ended: [], sequence: 0, bundle: '', ...known, anchors }
  })
}

/**
 * Carries out a change of a verified authority.
 * @throws {Refusal} those of changeAuthority(), and `authority-altered` when somebody else wrote rows meanwhile
 */
export const changeTrusted = async (
  tenant: Tenant,
  { change, before, trust }: { readonly change: Change; readonly before: Authority; readonly trust: Trust },
  ceremony: Ceremony,
): Promise<Authority> => {
  const added = change.generations.filter((one) => !before.generations.some(({ id }) => id === one.id))
  await expectRoots(tenant.tenant, added, trust)
  return settle(await changeAuthority(tenant, { change, before }, ceremony), trust)
}

/** An authority, and whether it was made now. */
interface Initialized {
  readonly authority: Authority
  readonly created: boolean
}

/**
 * Makes the first authority of a tenant that has none, its anchors before its rows.
 * @throws {Refusal} those of initAuthority(), and `authority-altered` for one that somebody else made meanwhile
 */
export const makeTrusted = async (tenant: Tenant, trust: Trust, ceremony: Ceremony): Promise<Initialized> => {
  const made = await initAuthority(tenant, ceremony, (roots) => expectRoots(tenant.tenant, roots, trust))
  return { ...made, authority: await settle(made.authority, trust) }
}

/**
 * Makes a tenant's first authority; leaves one that exists alone if it can be verified.
 * @throws {Refusal} those of makeTrusted(), and `anchors-refused` for rows that were found and not made here
 */
export const initTrusted = async (tenant: Tenant, trust: Trust, ceremony: Ceremony): Promise<Initialized> => {
  const existing = await readTrusted(ceremony.tables, tenant.tenant, trust)
  return existing ? { authority: existing.authority, created: false } : makeTrusted(tenant, trust, ceremony)
}
