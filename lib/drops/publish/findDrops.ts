import { type Places, waitsOf } from '../../admission/places.ts'
import type { Parties, PartyCredential } from '../../authority/adopt/parties.ts'
import type { Deadline } from '../../deadline/deadline.ts'
import type { DenyLists } from '../../tenant/denyList.ts'
import type { Tenants } from '../../tenant/tenants.ts'
import type { DropList } from '../dropList.ts'
import type { dropsOf } from './dropsOf.ts'

/** Who asks for the drop list of which tenant, unchecked. */
export interface DropsQuestion extends PartyCredential {
  readonly tenant: string
}

export interface FindingDrops {
  readonly tenants: Tenants
  readonly parties: Parties
  readonly denyLists: DenyLists
  readonly places: Places
  readonly make: ReturnType<typeof dropsOf>
  readonly now: () => Date
  readonly deadline: Deadline
}

/**
 * Finds whose sessions end, for a relying party of the tenant: strangers learn nothing of who was stopped. The list is as old as the
 * deny list may be that requests for certificates are held against; one that cannot be read is never taken for empty.
 * @throws {Refusal} `tenant-unknown`, `relying-party-refused`, `overloaded`, `subject-busy` or `tables-unavailable`
 */
export const findDrops = async (
  { tenant: id, name, secret }: DropsQuestion,
  { tenants, parties, denyLists, places, make, now, deadline }: FindingDrops,
): Promise<DropList> => {
  const { wait, waitAsStranger } = waitsOf(deadline, places)
  const { tenant } = await tenants.resolve(id, wait, waitAsStranger)
  await parties.authenticate(tenant, { name, secret }, wait, waitAsStranger)
  const leave = places.enter({ tenant, subject: `relying party ${name}` })
  try {
    return make(tenant, await denyLists.resolve(tenant, wait), now())
  } finally {
    leave()
  }
}
