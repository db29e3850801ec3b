import { Refusal } from '../errors/refusal.ts'
import type { Tables } from '../store/tables.ts'
import type { Tenants } from '../tenant/tenants.ts'
import type { Authorities } from './authority.ts'
import { sequenceOfFile } from './authorityEvent.ts'
import { adopt } from './relyingParties.ts'

/** A relying party's word on what it installed, unchecked. */
export interface Adoption {
  readonly tenant: string
  readonly name: string
  readonly secret: string
  /** SHA-256 of the file that was installed, lower-case hex. */
  readonly sha256: string
}

/** What was recorded. */
export interface Adopted {
  readonly relyingParty: string
  /** The sequence of the bundle that the file is of. */
  readonly sequence: number
  /** The sequence of the bundle in force. */
  readonly currentSequence: number
}

/** What recording adoptions works with. */
export interface Adopting {
  readonly tables: Tables
  readonly tenants: Tenants
  readonly authorities: Authorities
  readonly now: () => Date
}

/**
 * Records which bundle a relying party installed. Who it is comes first: strangers learn nothing of the history.
 * @throws {Refusal} `tenant-unknown`, `relying-party-refused`, `bundle-unknown`, `issuer-unavailable` or
 *   `tables-unavailable`
 */
export const recordAdoption = async (
  { tenant: id, name, secret, sha256 }: Adoption,
  { tables, tenants, authorities, now }: Adopting,
): Promise<Adopted> => {
  const { tenant } = await tenants.resolve(id)
  const { bundle } = await authorities.resolve(tenant)
  const resolve = async (): Promise<number> => {
    if (Object.values(bundle.digests).includes(sha256)) return bundle.sequence
    const sequence = await sequenceOfFile(tables, tenant, sha256)
    if (sequence !== undefined) return sequence
    throw new Refusal(
      'bundle-unknown',
      'Cannot record the adoption: no bundle of the tenant has this digest.',
    )
  }
  const report = { tenant, credential: { name, secret } }
  const sequence = await adopt(tables, report, { at: now(), resolve })
  return { relyingParty: name, sequence, currentSequence: Math.max(sequence, bundle.sequence) }
}
