import { X509Certificate } from 'node:crypto'
import type { Ceremony } from '../lib/authority/change/changeAuthority.ts'
import { type Generation, isPublished } from '../lib/authority/generation.ts'
import { Refusal } from '../lib/errors/refusal.ts'
import type { KeyProvider } from '../lib/keys/signer.ts'
import { initTrusted, readStored, type Trust } from '../lib/authority/trusted/changeTrusted.ts'
import type { Configuration } from '../lib/tenant/configuration.ts'
import { applyRevision } from '../lib/tenant/applyRevision.ts'
import { currentRevision } from '../lib/tenant/revision.ts'
import type { TenantId } from '../lib/tenant/tenantId.ts'
import {
  attestationAudience,
  demoAudience,
  deviceIssuer,
  postureAudience,
  woodgroveAudience,
} from './signAccessToken.ts'
import { type DemoSources, type DemoTenant, demoTenants } from './demoTenants.ts'

type EvidenceSources = NonNullable<Configuration['evidence']>

const demoAudiences: readonly string[] = [demoAudience, woodgroveAudience]

/** The sources of evidence that are the demo's, at this URL. */
const evidenceAt = (url: string, { posture, attestation, ...rest }: EvidenceSources): EvidenceSources => {
  const at = <Source extends { readonly audience?: string | undefined }>(
    source: Source,
    audience: string,
  ) => {
    const kind = audience === postureAudience ? 'posture' : 'attestation'
    const moved = { issuer: deviceIssuer(url, kind), jwksUri: `${url}/jwks` }
    return source.audience === audience ? { ...source, ...moved } : source
  }
  return {
    ...rest,
    ...(posture ? { posture: posture.map((one) => at(one, postureAudience)) } : {}),
    ...(attestation
      ? { attestation: attestation.map((one) => (one.kind === 'eat' ? at(one, attestationAudience) : one)) }
      : {}),
  }
}

/** The tenant as its administrator left it, but for the demo's issuer, whose port may have changed. */
const withIssuer = (configuration: Configuration, url: string): Configuration => ({
  ...configuration,
  tokenIssuers: configuration.tokenIssuers.map((issuer) =>
    issuer.kind === 'generic' && demoAudiences.includes(issuer.audience)
      ? { ...issuer, issuer: url }
      : issuer,
  ),
  ...(configuration.evidence ? { evidence: evidenceAt(url, configuration.evidence) } : {}),
})

/** Whether a key of this machine signed a root that is its own: no table can make that so. */
const isOwn = async (keys: KeyProvider, { keyReference, certificate }: Generation): Promise<boolean> => {
  try {
    const signer = await keys.open(keyReference)
    const root = new X509Certificate(certificate)
    const spki = root.publicKey.export({ format: 'der', type: 'spki' })
    return spki.equals(signer.publicKey) && root.verify(root.publicKey)
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}

/**
 * The anchors of a folder that has none, since an earlier version wrote it or its file of anchors is gone: the roots whose
 * keys the folder holds. Elsewhere an administrator names them with `--anchor`, which needs tables that run.
 * @returns SHA-256, lower-case hex; none where anchors are known, which alone count.
 */
const ownRoots = async (
  { tables, rootKeys }: Pick<Ceremony, 'tables' | 'rootKeys'>,
  { tenant, trust }: { readonly tenant: TenantId; readonly trust: Trust },
): Promise<readonly string[]> => {
  if (await trust.store.read(tenant)) return []
  const { generations = [] } = (await readStored(tables, tenant, trust)) ?? {}
  const roots = generations.filter((one) => one.kind === 'root' && isPublished(one))
  const own = await Promise.all(roots.map((root) => isOwn(rootKeys, root)))
  return roots.filter((_, index) => own[index]).map(({ digest }) => digest)
}

interface DemoOptions extends DemoSources {
  readonly trust: Trust
}

/** @returns whether its authority was made now. */
const makeTenant = async (
  { id, configurationOf, policies }: DemoTenant,
  { trust, ...sources }: DemoOptions,
  ceremony: Ceremony,
): Promise<boolean> => {
  const { tables } = ceremony
  const current = await currentRevision(tables, id)
  const configuration = current
    ? withIssuer(current.configuration, sources.issuerUrl)
    : configurationOf(sources)
  const policySet = current?.policySet ?? (await policies())
  const revision = await applyRevision(
    tables,
    { configuration, policySet },
    { ...ceremony, base: current?.number ?? 0, action: 'apply', forced: [] },
  )
  const { tenant } = revision
  const anchors = [...trust.anchors, ...(await ownRoots(ceremony, { tenant, trust }))]
  const { created } = await initTrusted(revision, { ...trust, anchors }, ceremony)
  return created
}

/**
 * Makes the demo's tenants with root and issuer, or leaves them as they are.
 * @returns whether the authority of the first was made now.
 * @throws {Refusal} `authority-altered`, or `anchors-refused` for an authority that was not made here
 */
export const makeDemoTenant = async (ceremony: Ceremony, options: DemoOptions): Promise<boolean> => {
  const made: boolean[] = []
  for (const tenant of demoTenants) made.push(await makeTenant(tenant, options, ceremony))
  return made[0] ?? false
}
