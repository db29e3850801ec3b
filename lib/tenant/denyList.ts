import type { Wait } from '../deadline/deadline.ts'
import { Refusal } from '../errors/refusal.ts'
import { cachedLookup } from '../store/cachedLookup.ts'
import type { Tables } from '../store/tables.ts'
import { configurationFreshMilliseconds } from './configuration.ts'
import { type DenyEntry, type DenyKind, readDenyList, type StoredDenyList } from './denyEntry.ts'
import { parseTenantId, type TenantId } from './tenantId.ts'
import { oneSpelling } from '../text/oneSpelling.ts'
import { rfc3339 } from '../text/rfc3339.ts'

/** The user, device and key that ask for a certificate, by verified evidence. */
export interface Applicant {
  /** Lower case. */
  readonly upn: string
  /** UUID in lower case; undefined when the token names no device. */
  readonly deviceId: string | undefined
  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hex. */
  readonly keyHash: string
  /** Whether tokens of this issuer name the device, as the tenant is configured. */
  readonly namesDevices: boolean
}

/** Whom the administrators of a tenant stopped. */
export interface DenyList {
  /** The number of the last change; 0 before the first. */
  readonly number: number
  /** Those that ended included, in the order in which they were stopped. */
  readonly entries: readonly DenyEntry[]
  /**
   * Checks that nobody stopped the user, the device or the key. A token that should name its device and does not may be of
   * any device: while one is stopped, it is refused.
   * @throws {Refusal} `denied`, which says what is stopped and until when, but not why: that is for auditors.
   */
  check(applicant: Applicant, now: Date): void
}

/** Resolves deny lists for requests, through a cache. */
export interface DenyLists {
  /** @throws {Refusal} `tables-unavailable`, and what waiting throws. */
  resolve(tenant: TenantId, wait?: Wait): Promise<DenyList>
}

/** The greatest age of the deny list that a request is held against, while the tables answer. */
export const denyFreshMilliseconds = configurationFreshMilliseconds

/** The greatest age while they do not: after that nobody gets a certificate. */
export const denyStaleMilliseconds = 60_000

/** The end of each entry, in milliseconds since 1970, by value: an applicant is looked up, whatever the length of the list. */
const endsOf = (entries: readonly DenyEntry[], kind: DenyKind): ReadonlyMap<string, number> => {
  const ends = new Map<string, number>()
  for (const { value, until } of entries.filter((entry) => entry.kind === kind)) {
    const name = oneSpelling(value)
    ends.set(name, Math.max(ends.get(name) ?? -Infinity, until?.getTime() ?? Infinity))
  }
  return ends
}

const untilText = (end: number): string => (end === Infinity ? '' : ` until ${rfc3339(new Date(end))}`)

const denied = (what: string, end: number) =>
  new Refusal('denied', `Cannot enroll: an administrator stopped ${what}${untilText(end)}.`)

const unnamed = () =>
  new Refusal(
    'denied',
    'Cannot enroll: the token does not name its device, and an administrator stopped one that it may be.',
  )

/** Tells whether an end is still to come. A clock that cannot be read lets nobody in. */
const isStopped = (end: number | undefined, now: Date): end is number =>
  end !== undefined && !(now.getTime() >= end)

/** Makes a list that requests are held against. */
const toDenyList = ({ head, entries }: StoredDenyList): DenyList => {
  const ends = {
    user: endsOf(entries, 'user'),
    device: endsOf(entries, 'device'),
    key: endsOf(entries, 'key'),
  }
  const lastOfDevices = [...ends.device.values()].reduce((last, end) => Math.max(last, end), -Infinity)
  return {
    number: head?.number ?? 0,
    entries: entries.toSorted((one, other) => one.number - other.number),
    check({ upn, deviceId, keyHash, namesDevices }, now) {
      const [user, device, key] = [
        ends.user.get(oneSpelling(upn)),
        deviceId === undefined ? undefined : ends.device.get(deviceId),
        ends.key.get(keyHash),
      ]
      if (isStopped(user, now)) throw denied('the user', user)
      if (isStopped(device, now)) throw denied('the device', device)
      if (isStopped(key, now)) throw denied('the key', key)
      if (deviceId === undefined && namesDevices && isStopped(lastOfDevices, now)) throw unnamed()
    },
  }
}

/**
 * Resolves deny lists from the tables: at most 30 s old, or 60 s while the tables are down. A tenant without one has an
 * empty list, which is as fresh as any other.
 */
export const openDenyLists = (tables: Tables, now: () => Date): DenyLists => {
  const lookup = cachedLookup<DenyList>({
    load: async (id) => toDenyList(await readDenyList(tables, parseTenantId(id))),
    now: () => now().getTime(),
    freshMilliseconds: denyFreshMilliseconds,
    staleMilliseconds: denyStaleMilliseconds,
    // No list is absent.
    absentMilliseconds: 0,
    maxAbsent: 0,
  })
  return {
    async resolve(tenant, wait) {
      const list = await lookup.get(tenant, wait)
      if (list) return list
      throw new Error(`The deny list of ${tenant} was not loaded.`)
    },
  }
}
