import { type Configuration, parseConfiguration } from '../lib/tenant/configuration.ts'
import { parseTenantId } from '../lib/tenant/tenantId.ts'
import type { Tenant } from '../lib/tenant/tenants.ts'
import { entraClient, type TestIssuer } from './tokens.ts'

/** A part of a configuration document, as an administrator writes it. */
export type Members = Readonly<Record<string, unknown>>

/** Trusts a generic test issuer whose tokens prove compliance by a claim. */
export const genericTrust = (
  { url, audience }: Pick<TestIssuer, 'url' | 'audience'>,
  changes: Members = {},
): Members => ({
  kind: 'generic',
  issuer: url,
  audience,
  clients: ['vpn-client'],
  deviceIdClaim: 'device_id',
  complianceProofs: [{ kind: 'claim', claim: 'device_compliant', equals: true }],
  ...changes,
})

/** Trusts an Entra directory whose tokens prove compliance by an authentication context. */
export const entraTrust = (
  directoryId: string,
  { audience }: Pick<TestIssuer, 'audience'>,
  changes: Members = {},
): Members => ({
  kind: 'entra',
  directoryId,
  audience,
  scope: entraClient.scp,
  clients: [entraClient.azp],
  complianceProofs: [
    { kind: 'authenticationContext', context: 'c1', entraPolicy: 'CA014 Require compliant device for VPN' },
  ],
  ...changes,
})

/** Trusts an issuer of posture tokens, by members that are named as the facts are, unless changed. */
export const postureTrust = (changes: Members = {}): Members => ({
  issuer: 'https://posture.example',
  audience: 'urn:mayfly:posture',
  deviceIdClaim: 'device_id',
  facts: { firewallEnabled: 'firewallEnabled', antivirusEnabled: 'antivirusEnabled' },
  ...changes,
})

/** Trusts an Azure Attestation service, unless changed. */
export const attestationTrust = (changes: Members = {}): Members => ({
  kind: 'azure',
  issuer: 'https://mayfly.weu.attest.azure.net',
  policyHashes: ['A'.repeat(43)],
  deviceIdClaim: 'device_id',
  ...changes,
})

/** Trusts a service of Entity Attestation Tokens, unless changed. */
export const eatTrust = (changes: Members = {}): Members => ({
  kind: 'eat',
  issuer: 'https://eat.example',
  deviceIdClaim: 'device_id',
  facts: {},
  ...changes,
})

/** A configuration document with the least that must be said. */
export const tenantDocument = (
  tenant: string,
  tokenIssuers: readonly Members[],
  changes: Members = {},
): Members => ({
  tenant,
  displayName: 'Contoso',
  tokenIssuers,
  upn: { suffixes: ['contoso.example'] },
  ...changes,
})

/** A tenant as requests see it, without any table. */
export const tenantOf = (document: Members, number = 1): Tenant => {
  const configuration: Configuration = parseConfiguration(document)
  return {
    tenant: parseTenantId(configuration.tenant),
    number,
    configuration,
    policies: [],
    locations: [],
    compliancePolicies: [],
  }
}
