import { eatClaims, type TestAttestationService, testAttestationService } from '../../attestations.ts'
import type { Members } from '../../tenants.ts'
import { genericTestIssuer, makeTokenKey, type TestIssuer } from '../../tokens.ts'
import { windowsPolicy } from '../deviceEvidence/compliancePolicy.ts'

/** Who signs tokens about devices for one of the tenants. */
export interface Examiners {
  readonly posture: TestIssuer
  readonly attestation: TestAttestationService
}

/** The audience of its posture tokens. */
export const examinedAudience = 'urn:examined'

/** Makes them, with keys of their own. */
export const openExaminers = async (origin: string, now: () => Date): Promise<Examiners> => ({
  posture: await genericTestIssuer(`${origin}/posture`, { now }),
  attestation: await testAttestationService(`${origin}/attestation`, {
    now,
    claims: eatClaims,
    key: await makeTokenKey('ES256'),
  }),
})

/** What the tenant's document has of them. */
export const examinedEvidence = ({ posture, attestation }: Examiners): Members => ({
  posture: [
    {
      issuer: posture.url,
      audience: examinedAudience,
      deviceIdClaim: 'device',
      facts: { platform: 'platform', firewallEnabled: 'firewall' },
    },
  ],
  attestation: [
    {
      kind: 'eat',
      issuer: attestation.url,
      binding: { path: 'eat_nonce' },
      deviceIdClaim: 'device',
      facts: { secureBoot: 'oemboot' },
    },
  ],
})

/** What it asks of devices. */
export const examinedPolicies = {
  compliancePolicies: [windowsPolicy({ activeFirewallRequired: true, secureBootEnabled: true })],
}
