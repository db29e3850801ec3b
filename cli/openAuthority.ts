import { randomBytes, randomUUID } from 'node:crypto'
import { type Authority, readAuthority } from '../lib/authority/authority.ts'
import type { Ceremony } from '../lib/authority/changeAuthority.ts'
import { listRelyingParties } from '../lib/authority/relyingParties.ts'
import type { Circumstances } from '../lib/authority/transition.ts'
import { Refusal } from '../lib/errors/refusal.ts'
import type { Revision } from '../lib/tenant/revisions.ts'
import { authorOf } from './author.ts'
import type { CommandContext } from './command.ts'
import { optionalOption, requiredOption } from './requiredOption.ts'
import { resolveTenant } from './resolveTenant.ts'

/** What a command on a tenant's authority works with. */
export interface AuthorityWork {
  readonly tenant: Revision
  readonly ceremony: Ceremony
}

/** Opens what changing the authority of `--tenant` needs; issuer keys are made in `--vault`. */
export const openCeremony = async (context: CommandContext): Promise<AuthorityWork> => {
  const { values, deployment, openTables, openKeys } = context
  const id = requiredOption(values, 'tenant')
  const target = await deployment()
  const tables = openTables(target)
  const tenant = await resolveTenant(tables, id)
  const ceremony = {
    tables,
    rootKeys: openKeys(target, { kind: 'root' }),
    issuerKeys: openKeys(target, { kind: 'issuer', vault: optionalOption(values, 'vault') }),
    random: (octets: number) => randomBytes(octets),
    uuid: randomUUID,
    ...(await authorOf(context, target)),
  }
  return { tenant, ceremony }
}

/** An authority that exists, with what plans about it are made of. */
export interface OpenAuthority extends AuthorityWork {
  readonly authority: Authority
  readonly circumstances: Circumstances
}

/** Reads the authority of `--tenant`. @throws {Refusal} `generation-unknown` when the tenant has none, and others */
export const openAuthority = async (context: CommandContext): Promise<OpenAuthority> => {
  const work = await openCeremony(context)
  const { tables, now } = work.ceremony
  const { tenant: id, configuration } = work.tenant
  const [authority, relyingParties] = await Promise.all([
    readAuthority(tables, id),
    listRelyingParties(tables, id),
  ])
  if (!authority)
    throw new Refusal(
      'generation-unknown',
      `Cannot find the authority: ${id} has none; run mayfly authority init.`,
    )
  const { publicationWindowSeconds } = configuration.authority
  const { lifetimeSeconds: leafLifetimeSeconds, backdateSeconds, markerOid } = configuration.certificate
  const leaves = { leafLifetimeSeconds, backdateSeconds, markerOid }
  const circumstances = { now, publicationWindowSeconds, ...leaves, relyingParties }
  return { ...work, authority, circumstances }
}
