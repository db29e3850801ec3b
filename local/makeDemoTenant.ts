import { initTrusted, type Trust } from '../lib/authority/trusted/changeTrusted.ts'
import type { Ceremony } from '../lib/authority/change/changeAuthority.ts'
import { type Configuration, parseConfiguration } from '../lib/tenant/configuration.ts'
import { applyConfiguration, currentRevision } from '../lib/tenant/revision.ts'
import { parseTenantId } from '../lib/tenant/tenantId.ts'
import { ownRoots } from './ownRoots.ts'
import { demoAudience, demoClient, demoComplianceClaim } from './tokenIssuer.ts'

/** The tenant that a fresh local host comes with. */
export const demoTenantId = 'contoso'

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
        complianceProofs: [{ kind: 'claim', claim: demoComplianceClaim, equals: true }],
      },
    ],
    upn: { suffixes: ['contoso.example'] },
  })

const isDemoIssuer = (issuer: Configuration['tokenIssuers'][number]): boolean =>
  issuer.audience === demoAudience

/** The tenant as its administrator left it, but for the demo's issuer, whose port may have changed. */
const withIssuer = (configuration: Configuration, url: string): Configuration => ({
  ...configuration,
  tokenIssuers: configuration.tokenIssuers.map((issuer) =>
    issuer.kind === 'generic' && isDemoIssuer(issuer) ? { ...issuer, issuer: url } : issuer,
  ),
})

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
  const revision = await applyConfiguration(tables, configuration, {
    ...ceremony,
    base: current?.number ?? 0,
    action: 'apply',
    forced: [],
  })
  const { tenant } = revision
  const anchors = [...trust.anchors, ...(await ownRoots(ceremony, { tenant, trust }))]
  const { created } = await initTrusted(revision, { ...trust, anchors }, ceremony)
  return created
}
