import { type Places, waitsOf } from '../../admission/places.ts'
import { bodyLate, type Deadline } from '../../deadline/deadline.ts'
import { Refusal } from '../../errors/refusal.ts'
import type { Tables } from '../../store/tables.ts'
import type { TenantId } from '../../tenant/tenantId.ts'
import type { Tenants } from '../../tenant/tenants.ts'
import type { Authorities } from '../authority.ts'
import { sequenceOfFile } from '../authorityEvent.ts'
import type { ToldBundle } from './installedBundle.ts'
import type { Parties } from './parties.ts'
import { adopt } from './relyingParty.ts'

/** A relying party's word on what it installed, unchecked. */
export interface Adoption {
  readonly tenant: string
  readonly name: string
  readonly secret: string
  /** Takes the SHA-256 of the file that was installed off the wire, lower-case hex: for those alone who are known. @throws {Refusal} */
  readonly readSha256: () => Promise<string>
}

export interface Adopted {
  readonly relyingParty: string
  /** The sequence of the bundle that the file is of. */
  readonly sequence: number
  /** The sequence of the bundle in force. */
  readonly currentSequence: number
}

export interface Adopting {
  readonly tables: Tables
  readonly tenants: Tenants
  readonly parties: Parties
  readonly authorities: Authorities
  readonly places: Places
  readonly now: () => Date
  readonly deadline: Deadline
}

/** The bundle that a file is of, and the sequence of the one in force. */
const installedOf = async (
  tenant: TenantId,
  sha256: string,
  { tables, authorities, places, deadline }: Adopting,
): Promise<ToldBundle & Pick<Adopted, 'currentSequence'>> => {
  const bundle = await authorities.resolveBundle(tenant, waitsOf(deadline, places).wait)
  const isCurrent = Object.values(bundle.digests).includes(sha256)
  const sequence = isCurrent ? bundle.sequence : await sequenceOfFile(tables, tenant, sha256)
  if (sequence !== undefined)
    return { sha256, sequence, currentSequence: Math.max(sequence, bundle.sequence) }
  throw new Refusal('bundle-unknown', 'Cannot record the adoption: no bundle of the tenant has this digest.')
}

/**
 * Records which bundle a relying party installed. Who it is comes first: strangers learn nothing of the history, and
 * cost no reading of it, nor of what they sent.
 * @throws {Refusal} `tenant-unknown`, `relying-party-refused`, `bundle-unknown`, `bundle-unverified`,
 *   `issuer-unavailable`, `overloaded`, `subject-busy`, `tables-unavailable` or what `readSha256` throws
 */
export const recordAdoption = async (
  { tenant: id, name, secret, readSha256 }: Adoption,
  adopting: Adopting,
): Promise<Adopted> => {
  const { tables, tenants, parties, places, now, deadline } = adopting
  const { wait, waitAsStranger } = waitsOf(deadline, places)
  const { tenant } = await tenants.resolve(id, wait, waitAsStranger)
  const credential = { name, secret }
  const at = now()
  const party = await parties.authenticate(tenant, credential, wait, waitAsStranger)
  const holder = { tenant, subject: `relying party ${name}` }
  const held = [places.enter(holder)]
  try {
    held.push(places.write(holder))
    const sha256 = await deadline.within(readSha256(), bodyLate)
    const { currentSequence, ...told } = await installedOf(tenant, sha256, adopting)
    await adopt(tables, party, { tenant, credential, told, at, signal: deadline.signal })
    return { relyingParty: name, sequence: told.sequence, currentSequence }
  } finally {
    for (const leave of held) leave()
  }
}
