import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { demoClaims, deviceClaim } from '../client/demoClaims.ts'
import type { Ceremony } from '../lib/authority/change/changeAuthority.ts'
import { type Generation, isPublished } from '../lib/authority/generation.ts'
import { Refusal } from '../lib/errors/refusal.ts'
import type { KeyProvider } from '../lib/keys/signer.ts'
import { initTrusted, readStored, type Trust } from '../lib/authority/trusted/changeTrusted.ts'
import { deviceProperties } from '../lib/policy/filter/property.ts'
import { type Configuration, parseConfiguration } from '../lib/tenant/configuration.ts'
import { applyRevision } from '../lib/tenant/applyRevision.ts'
import { parsePolicySet, type PolicySet } from '../lib/tenant/policySet.ts'
import { currentRevision } from '../lib/tenant/revision.ts'
import { parseTenantId, type TenantId } from '../lib/tenant/tenantId.ts'
import { demoAudience, demoClient } from './tokenIssuer.ts'

/** Asks, as an `acr` value, for a sign-in with several factors. */
const demoMfa = 'urn:mayfly:demo:mfa'

/** The tenant that a fresh local host comes with. */
export const demoTenantId = 'contoso'

const demoProofs = [
  { control: 'domainJoinedDevice', by: 'claim', claim: demoClaims.joined, equals: true },
  {
    control: 'mfa',
    by: 'anyOf',
    sources: [
      { by: 'acr', values: [demoMfa] },
      { by: 'amr', contains: ['mfa'] },
    ],
  },
]

const demoSignals = {
  groups: demoClaims.groups,
  roles: demoClaims.roles,
  guest: { claim: demoClaims.guest, member: false, type: demoClaims.guestType },
  country: demoClaims.country,
  platform: demoClaims.platform,
  signInRisk: demoClaims.signInRisk,
  userRisk: demoClaims.userRisk,
  insiderRisk: demoClaims.insiderRisk,
  transferMethod: demoClaims.transferMethod,
  authTime: demoClaims.authTime,
  device: {
    attributes: Object.fromEntries(
      deviceProperties.filter((name) => name !== 'deviceId').map((name) => [name, deviceClaim(name)]),
    ),
    noRecord: { claim: demoClaims.deviceRecord, equals: false },
  },
}

/** The demo's configuration document, for a token issuer at this URL. */
export const demoConfiguration = (issuer: string): Configuration =>
  parseConfiguration({
    tenant: demoTenantId,
    displayName: 'Contoso',
    tokenIssuers: [
      {
        kind: 'generic',
        issuer,
        audience: demoAudience,
        clients: [demoClient],
        complianceProofs: [{ kind: 'claim', claim: demoClaims.compliant, equals: true }],
        proofs: demoProofs,
        signals: demoSignals,
      },
    ],
    upn: { suffixes: ['contoso.example'] },
  })

const readExample = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(new URL(`../docs/${name}.example.json`, import.meta.url), 'utf8'))

/** The policies of a fresh demo tenant: documents that a reader finds beside the pages. */
const demoPolicies = async (): Promise<PolicySet> =>
  parsePolicySet({ policies: await readExample('policies'), locations: await readExample('locations') })

/** The tenant as its administrator left it, but for the demo's issuer, whose port may have changed. */
const withIssuer = (configuration: Configuration, url: string): Configuration => ({
  ...configuration,
  tokenIssuers: configuration.tokenIssuers.map((issuer) =>
    issuer.kind === 'generic' && issuer.audience === demoAudience ? { ...issuer, issuer: url } : issuer,
  ),
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

/**
 * Makes the demo tenant with root and issuer, or leaves it as it is.
 * @returns whether its authority was made now.
 * @throws {Refusal} `authority-altered`, or `anchors-refused` for an authority that was not made here
 */
export const makeDemoTenant = async (
  ceremony: Ceremony,
  { issuerUrl, trust }: { readonly issuerUrl: string; readonly trust: Trust },
): Promise<boolean> => {
  const { tables } = ceremony
  const current = await currentRevision(tables, parseTenantId(demoTenantId))
  const configuration = current ? withIssuer(current.configuration, issuerUrl) : demoConfiguration(issuerUrl)
  const policySet = current?.policySet ?? (await demoPolicies())
  const revision = await applyRevision(
    tables,
    { configuration, policySet },
    {
      ...ceremony,
      base: current?.number ?? 0,
      action: 'apply',
      forced: [],
    },
  )
  const { tenant } = revision
  const anchors = [...trust.anchors, ...(await ownRoots(ceremony, { tenant, trust }))]
  const { created } = await initTrusted(revision, { ...trust, anchors }, ceremony)
  return created
}
