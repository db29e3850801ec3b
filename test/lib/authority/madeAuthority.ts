import type { Authority } from '../../../lib/authority/authority.ts'
import { type Ceremony, type Change, changeAuthority } from '../../../lib/authority/change/changeAuthority.ts'
import { initAuthority } from '../../../lib/authority/change/initAuthority.ts'
import type { Tenant } from '../../../lib/tenant/tenants.ts'
import type { Members } from '../../tenants.ts'
import { ceremonyOf, temporaryKeys, testTime, type TemporaryKeys, watchedTestTables } from '../../world.ts'
import type { WatchedTables } from '../store/watchTables.ts'
import { authorityIn, newTenant } from './generations.ts'

/** A tenant's authority as `mayfly authority init` leaves it, with what changes it. */
export interface MadeAuthority extends AsyncDisposable {
  readonly tenant: Tenant
  readonly tables: WatchedTables
  readonly keys: TemporaryKeys
  ceremony(now?: Date): Ceremony
  /** Reads the authority as it is now. */
  read(): Promise<Authority>
  /** Carries out a change of the authority that it was planned on. */
  apply(
    planned: { readonly before: Authority; readonly change: Change | undefined },
    now?: Date,
  ): Promise<Authority>
}

/** Makes an authority on the tables of this test file, with keys of its own. */
export const makeAuthority = async (changes: Members = {}, madeAt = testTime): Promise<MadeAuthority> => {
  const tenant = newTenant(changes)
  const tables = await watchedTestTables()
  const keys = await temporaryKeys()
  const ceremony = (now = madeAt) => ceremonyOf(tables, keys, now)
  await initAuthority(tenant, ceremony())
  Object.assign(keys, { signatures: 0, opened: 0 })
  tables.calls.length = 0
  const read = () => authorityIn(tables, tenant.tenant)
  return {
    tenant,
    tables,
    keys,
    ceremony,
    read,
    async apply({ before, change }, now) {
      if (!change) throw new Error('Nothing changes.')
      return changeAuthority(tenant, { change, before }, ceremony(now))
    },
    [Symbol.asyncDispose]: () => keys[Symbol.asyncDispose](),
  }
}
