import { readFile } from 'node:fs/promises'
import { demoClaims, deviceClaim, factsClaim } from '../client/demoClaims.ts'
import { parseCompliancePolicies } from '../lib/compliance/model/parseCompliancePolicies.ts'
import { deviceProperties } from '../lib/policy/filter/property.ts'
import { type Configuration, parseConfiguration } from '../lib/tenant/configuration.ts'
import { parsePolicySet, type PolicySet } from '../lib/tenant/policySet.ts'
import { parseTenantId, type TenantId } from '../lib/tenant/tenantId.ts'
import { demoDeviceId, demoUserId, usualAttestation, usualPosture } from './demoDeviceId.ts'
import {
  attestationAudience,
  demoAudience,
  demoClient,
  deviceIssuer,
  postureAudience,
  woodgroveAudience,
} from './signAccessToken.ts'

/** Asks, as an `acr` value, for a sign-in with several factors. */
const demoMfa = 'urn:mayfly:demo:mfa'

/** The tenant that a fresh local host comes with. */
export const demoTenantId = 'contoso'

/** The other one, whose devices need evidence. */
export const woodgroveTenantId = 'woodgrove'

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

/** The facts that tokens about devices hold, by their names. */
const mappingOf = (facts: object) =>
  Object.fromEntries(Object.keys(facts).map((fact) => [fact, [factsClaim, fact]]))

/** What the demo's tenants rely on: the URL of its token issuer, and its directory. */
export interface DemoSources {
  readonly issuerUrl: string
  readonly directoryId: string
}

/** The `evidence` of the second tenant: what tells of its devices beside the compliance token. */
const demoEvidence = ({ issuerUrl: issuer, directoryId }: DemoSources) => {
  const keys = { jwksUri: `${issuer}/jwks`, deviceIdClaim: deviceClaim('deviceId') }
  return {
    posture: [
      {
        ...keys,
        issuer: deviceIssuer(issuer, 'posture'),
        audience: postureAudience,
        tokenType: 'posture+jwt',
        upnClaim: 'upn',
        facts: mappingOf(usualPosture),
      },
    ],
    attestation: [
      {
        ...keys,
        kind: 'eat',
        issuer: deviceIssuer(issuer, 'attestation'),
        audience: attestationAudience,
        binding: { path: 'eat_nonce', encoding: 'base64url' },
        facts: mappingOf(usualAttestation),
      },
    ],
    directory: { kind: 'entra', directoryId, userIdClaim: demoClaims.userId },
  }
}

/** The configuration of the second demo tenant, whose compliance policies judge what tokens say of devices. */
export const woodgroveConfiguration = (sources: DemoSources): Configuration =>
  parseConfiguration({
    tenant: woodgroveTenantId,
    displayName: 'Woodgrove Bank',
    tokenIssuers: [
      {
        kind: 'generic',
        issuer: sources.issuerUrl,
        audience: woodgroveAudience,
        clients: [demoClient],
        deviceIdClaim: deviceClaim('deviceId'),
        complianceProofs: [{ kind: 'claim', claim: demoClaims.compliant, equals: true }],
        signals: { groups: demoClaims.groups },
      },
    ],
    evidence: demoEvidence(sources),
    upn: { suffixes: ['woodgrove.example'] },
  })

const readExample = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(new URL(`../docs/${name}.example.json`, import.meta.url), 'utf8'))

/** Who has a device in the demo's directory. */
export const demoOwners = ['ada', 'bob', 'carol']
  .map((name) => `${name}@woodgrove.example`)
  .map((upn) => ({ userId: demoUserId(upn), deviceId: demoDeviceId(upn) }))

/** The policies of a fresh demo tenant: documents that a reader finds beside the pages. */
const demoPolicies = async (): Promise<PolicySet> =>
  parsePolicySet({ policies: await readExample('policies'), locations: await readExample('locations') })

/** As `mayfly compliance apply` stores them: who applies the same file changes nothing. */
const woodgrovePolicies = async (): Promise<PolicySet> => {
  const { entries } = parseCompliancePolicies(await readExample('compliance'), { assignAll: false })
  return parsePolicySet({ compliancePolicies: entries.map(({ document }) => document) })
}

/** A tenant that a fresh local host comes with. */
export interface DemoTenant {
  readonly id: TenantId
  readonly configurationOf: (sources: DemoSources) => Configuration
  readonly policies: () => Promise<PolicySet>
}

/** The demo's tenants: one that goes by compliance tokens alone, and one that wants evidence of devices as well. */
export const demoTenants: readonly DemoTenant[] = [
  {
    id: parseTenantId(demoTenantId),
    configurationOf: ({ issuerUrl }) => demoConfiguration(issuerUrl),
    policies: demoPolicies,
  },
  {
    id: parseTenantId(woodgroveTenantId),
    configurationOf: woodgroveConfiguration,
    policies: woodgrovePolicies,
  },
]
