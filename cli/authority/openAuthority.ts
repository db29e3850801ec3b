import { randomBytes, randomUUID } from 'node:crypto'
import type { TrustBundle } from '../../lib/bundle/trustBundle.ts'
import type { Authority } from '../../lib/authority/authority.ts'
import type { Ceremony } from '../../lib/authority/change/changeAuthority.ts'
import { listRelyingParties } from '../../lib/authority/adopt/relyingParty.ts'
import type { Circumstances } from '../../lib/authority/change/plan.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import type { Revision } from '../../lib/tenant/revision.ts'
import { anchorOption } from './anchorOption.ts'
import { authorOf, reasonOption } from '../tenant/authorOf.ts'
import { openTenant } from '../tenant/openTenant.ts'
import { tenantOption } from '../tenant/tenantOption.ts'
import type { CommandContext } from '../commandLine/command.ts'
import type { Options } from '../commandLine/option.ts'
import {
  readStored,
  readTrusted,
  type Trust,
  verifyStored,
} from '../../lib/authority/trusted/changeTrusted.ts'

export interface AuthorityWork {
  readonly tenant: Revision
  readonly ceremony: Ceremony
  readonly trust: Trust
}

/** Describes the options of commands that show an authority. */
export const viewOptions = { tenant: tenantOption, anchor: anchorOption() }

/** Describes the options of commands that change one; first what is beside its tenant. */
export const authorityOptions = <Own extends Options>(own: Own) => ({
  tenant: tenantOption,
  ...own,
  reason: reasonOption,
  anchor: viewOptions.anchor,
})

/** Says on which authority a command works, and for what. */
interface AuthorityWanted {
  readonly tenant: string
  readonly anchor: readonly string[]
  readonly reason?: string | undefined
  /** URL of the vault in which issuer keys are made. */
  readonly vault?: string | undefined
}

/** Opens what changing the authority of a tenant needs. */
export const openCeremony = async (
  { tenant: id, anchor: anchors, reason, vault }: AuthorityWanted,
  context: CommandContext,
): Promise<AuthorityWork> => {
  const { deployment, tables, ...tenant } = await openTenant(context, id)
  const ceremony = {
    tables,
    rootKeys: context.openKeys(deployment, { kind: 'root' }),
    issuerKeys: context.openKeys(deployment, { kind: 'issuer', vault }),
    random: (octets: number) => randomBytes(octets),
    uuid: randomUUID,
    ...(await authorOf(context, deployment, reason)),
  }
  return { tenant, ceremony, trust: { store: context.openAnchors(deployment), anchors } }
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
export const openAuthority = async (
  wanted: AuthorityWanted,
  context: CommandContext,
): Promise<OpenAuthority> => {
  const work = await openCeremony(wanted, context)
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
  wanted: AuthorityWanted,
  context: CommandContext,
): Promise<ViewedAuthority & { readonly doubt: Refusal | undefined }> => {
  const work = await openCeremony(wanted, context)
  const authority = await readStored(work.ceremony.tables, work.tenant.tenant, work.trust)
  if (!authority) throw missing(work)
  const doubt = await doubtAbout(authority, work.trust)
  return { ...work, authority, doubt, circumstances: await circumstancesOf(work) }
}
