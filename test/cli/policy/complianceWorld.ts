import { policyDocument as complianceDocument } from '../../lib/compliance/compliancePolicies.ts'
import type { Members } from '../../tenants.ts'
import { policyWorld } from './policyWorld.ts'

/** A posture service that tells of secure boot and encryption. */
export const posture: Members = {
  issuer: 'https://posture.example',
  audience: 'urn:posture',
  deviceIdClaim: 'device',
  facts: { platform: 'os', secureBoot: 'boot', systemDriveEncrypted: 'encrypted' },
}

/** A tenant of its own that wants Windows to be encrypted and started securely, which a posture service tells. */
export const complianceWorld = async (policies: readonly Members[] = []) => {
  const made = await policyWorld({ evidence: { posture: [posture] } })
  const baseline = complianceDocument('windows', {
    displayName: 'Baseline',
    storageRequireEncryption: true,
    secureBootEnabled: true,
  })
  const shown = await made.shown()
  await made.applyTenant({ ...shown, policies, compliancePolicies: [baseline] })
  return made
}
