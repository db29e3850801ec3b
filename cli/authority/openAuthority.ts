import { randomBytes, randomUUID } from 'node:crypto'
import type { TrustBundle } from '../../lib/bundle/trustBundle.ts'
import type { Authority } from '../../lib/authority/authority.ts'
import type { Ceremony } from '../../lib/authority/change/changeAuthority.ts'
import { listRelyingParties } from '../../lib/authority/adopt/relyingParty.ts'
import type { Circumstances } from '../../lib/authority/change/plan.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Revision } from '../../lib/tenant/revision.ts'
import { readAnchors } from './anchorOption.ts'
import { authorOf } from '../tenant/readReason.ts'
import type { CommandContext } from '../commandLine/command.ts'
import { optionalOption, requiredOption } from '../commandLine/requiredOption.ts'
import { resolveTenant } from '../tenant/resolveTenant.ts'
import {
  readStored,
  readTrusted,
  type Trust,
  verifyStored,
} from '../../lib/authority/trusted/changeTrusted.ts'

/** What a command on a tenant's authority works with. */
export interface AuthorityWork {
  readonly tenant: Revision
  readonly ceremony: Ceremony
  readonly trust: Trust
}

/** Opens what changing the authority of `--tenant` needs; issuer keys are made in `--vault`. */
export const openCeremony = async (context: CommandContext): Promise<AuthorityWork> => {
  const { values, deployment, openTables, openKeys, openAnchors } = context
  const id = requiredOption(values, 'tenant')
  const anchors = readAnchors(values)
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
  return { tenant, ceremony, trust: { store: openAnchors(target), anchors } }
}

/** An authority that exists, as the tables tell it, with what plans about it are made of. */
export interface ViewedAuthority extends AuthorityWork {
  readonly authority: Authority
  readonly circumstances: Circumstances
}

/** An authority that is what a trusted root signed: commands change no other. */
export interface OpenAuthority extends ViewedAuthority {
  /** The bundle in force, of which everything that others load is made. */
  readonly bundle: TrustBundle
}

const missing = ({ tenant: { tenant } }: AuthorityWork): Refusal =>
  new Refusal(
    'generation-unknown',
    `Cannot find the authority: ${tenant} has none; run mayfly authority init.`,
  )

const circumstancesOf = async ({ tenant, ceremony }: AuthorityWork): Promise<Circumstances> => {
  const { tenant: id, configuration } = tenant
  const { publicationWindowSeconds } = configuration.authority
  const { lifetimeSeconds: leafLifetimeSeconds, backdateSeconds, markerOid } = configuration.certificate
  const leaves = { leafLifetimeSeconds, backdateSeconds, markerOid }
  const relyingParties = await listRelyingParties(ceremony.tables, id)
  return { now: ceremony.now, publicationWindowSeconds, ...leaves, relyingParties }
}

/**
 * Reads the authority of `--tenant`, verified by the roots that this machine knows or `--anchor` names.
 * @throws {Refusal} `generation-unknown` when the tenant has none, `anchors-refused`, `authority-altered`,
 *   `clock-differs`, and others
 */
export const openAuthority = async (context: CommandContext): Promise<OpenAuthority> => {
  const work = await openCeremony(context)
  const found = await readTrusted(work.ceremony.tables, work.tenant.tenant, work.trust)
  if (!found) throw missing(work)
  context.checkClock()
  const { authority, bundle } = found
  return { ...work, authority, bundle, circumstances: await circumstancesOf(work) }
}

/** Why what is shown cannot be relied on; undefined when it can. */
const doubtAbout = async (authority: Authority, trust: Trust): Promise<Refusal | undefined> => {
  try {
    await verifyStored(authority, trust)
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

/**
 * Reads the authority of `--tenant` to show it, also where it is not what was signed.
 * @throws {Refusal} `generation-unknown` when the tenant has none, `authority-altered` when it cannot be read, and others
 */
export const viewAuthority = async (
  context: CommandContext,
): Promise<ViewedAuthority & { readonly doubt: Refusal | undefined }> => {
  const work = await openCeremony(context)
  const authority = await readStored(work.ceremony.tables, work.tenant.tenant, work.trust)
  if (!authority) throw missing(work)
  const doubt = await doubtAbout(authority, work.trust)
  return { ...work, authority, doubt, circumstances: await circumstancesOf(work) }
}
