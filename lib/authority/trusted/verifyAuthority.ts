import { claimedSigner } from '../../bundle/verifyBundleSignature.ts'
import { openTrustBundle, successionOf, type TrustBundle } from '../../bundle/trustBundle.ts'
import type { Authority } from '../authority.ts'
import { isPublished } from '../generation.ts'
import { Refusal } from '../../errors/refusal.ts'
import type { TenantId } from '../../tenant/tenantId.ts'
import type { Remembered } from './anchorStore.ts'
import { rowFaults } from './rowFaults.ts'
import { rfc3339 } from '../../text/rfc3339.ts'

/** Holds what vouches for an authority, none of it from a table. */
export interface Vouching {
  readonly remembered: Remembered | undefined
  /** SHA-256 of roots that `--anchor` names, lower-case hex. */
  readonly anchors: readonly string[]
}

/** An authority that is what a trusted root signed; only verifyAuthority() makes one. */
export interface VerifiedAuthority {
  readonly authority: Authority
  /** The bundle in force, of which everything that others load is made. */
  readonly bundle: TrustBundle
  /** To be remembered from now on. */
  readonly next: Remembered
}

/** The refusal of an authority that is not what was signed. */
export const altered = (tenant: TenantId, why: string): Refusal =>
  new Refusal('authority-altered', `Cannot rely on the authority of ${tenant}: ${why}.`)

/** The refusal of an authority of which nothing is known here. */
const noAnchors = (tenant: TenantId): Refusal =>
  new Refusal(
    'anchors-refused',
    `Cannot rely on the authority of ${tenant}: no root of it is known on this machine.`,
  )

/** Those that may sign: what was seen retired or tainted does not, whoever names it. */
const anchorsOf = ({ remembered, anchors }: Vouching): readonly string[] => {
  const ended = new Set(remembered?.ended)
  return [...(remembered?.anchors ?? []), ...anchors].filter((digest) => !ended.has(digest))
}

/** The bundle as its `trust.jws` is, where another root that signed the same is the one that is known here. */
const openStored = async (
  { tenant, bundle }: Authority,
  anchors: readonly string[],
): Promise<TrustBundle> => {
  const jws = Buffer.from(bundle.encodings['trust.jws']).toString('latin1')
  const known = [jws, ...bundle.cosigned].find((one) => anchors.includes(claimedSigner(one))) ?? jws
  const opened = await openTrustBundle(known, { tenant, anchors })
  // Its content is that of trust.jws: the row holds the other signatures without one.
  return known === jws
    ? opened
    : openTrustBundle(jws, { tenant, anchors: opened.roots.map(({ sha256 }) => sha256) })
}

/**
 * Opens the bundle in force, signed by a root that is trusted here.
 * @throws {Refusal} `anchors-refused` without an anchor, `authority-altered`
 */
export const openSigned = async (authority: Authority, vouching: Vouching): Promise<TrustBundle> => {
  const { tenant } = authority
  const anchors = anchorsOf(vouching)
  if (anchors.length === 0) throw noAnchors(tenant)
  try {
    return await openStored(authority, anchors)
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'trust-bundle-refused') throw error
    throw altered(tenant, `its trust.jws: ${error.detail.replace(/\.$/, '')}`)
  }
}

const memoryFault = (bundle: TrustBundle, { remembered }: Vouching): string | undefined => {
  if (!remembered) return undefined
  const { sequence, issuedAt, roots, issuers } = bundle
  const standing = successionOf(bundle, { sequence: remembered.sequence, json: remembered.bundle })
  if (standing === 'older')
    return `its bundle is an old one, ${sequence} of ${rfc3339(issuedAt)}: ${remembered.sequence} was seen here`
  if (standing === 'fork') return `its bundle is a fork: another bundle ${sequence} was seen here`
  const back = [...roots, ...issuers].find((one) => remembered.ended.includes(one.sha256))
  return back && `${back.id} is in the bundle, and was seen retired or tainted here`
}

const remember = (authority: Authority, bundle: TrustBundle, before: Remembered | undefined): Remembered => {
  const ended = authority.generations.filter((one) => !isPublished(one)).map(({ digest }) => digest)
  return {
    anchors: bundle.roots.map(({ sha256 }) => sha256),
    sequence: bundle.sequence,
    bundle: bundle.sha256.json,
    ended: [...new Set([...(before?.ended ?? []), ...ended])],
  }
}

/** The most faults that are told at once. */
const maxFaults = 4

/**
 * Checks that a signed bundle is not older than one seen here, and that every row is one that it signs.
 * @throws {Refusal} `authority-altered`
 */
export const checkRows = (authority: Authority, bundle: TrustBundle, vouching: Vouching): void => {
  const { tenant } = authority
  const fault = memoryFault(bundle, vouching)
  if (fault !== undefined) throw altered(tenant, fault)
  const faults = rowFaults(bundle, authority)
  if (faults.length === 0) return
  const more = faults.length > maxFaults ? `; and ${faults.length - maxFaults} more` : ''
  throw altered(tenant, `${faults.slice(0, maxFaults).join('; ')}${more}`)
}

/**
 * Verifies an authority as the tables tell it: a root that is trusted here signed its bundle, that is not older than one
 * seen here, and every row is one that the bundle signs.
 * @throws {Refusal} `anchors-refused` without an anchor, `authority-altered`
 */
export const verifyAuthority = async (
  authority: Authority,
  vouching: Vouching,
): Promise<VerifiedAuthority> => {
  const bundle = await openSigned(authority, vouching)
  checkRows(authority, bundle, vouching)
  return { authority, bundle, next: remember(authority, bundle, vouching.remembered) }
}
