import { policyDocument } from '../../policies.ts'
import { windowsPolicy } from './compliancePolicy.ts'
import type { TenantChanges } from './evidenceWorld.ts'

/** The directory of the deployment of these tests. */
export const directoryId = '6b0f3c1e-2a54-4c39-9c55-0f5c6b1f7a20'

const directory = { kind: 'entra', directoryId, userIdClaim: 'oid' }
const silent = { complianceProofs: undefined }

/** The tenants of the cases, by their names. */
export const directoryTenants: Readonly<Record<string, TenantChanges>> = {
  directory: { trust: silent, evidence: { directory } },
  joined: {
    trust: silent,
    evidence: { directory: { ...directory, proves: ['domainJoinedDevice'] } },
    policySet: {
      policies: [
        policyDocument('Joined', {
          grantControls: { operator: 'OR', builtInControls: ['domainJoinedDevice'] },
        }),
      ],
    },
  },
  'beside-a-claim': { evidence: { directory } },
  intune: {
    trust: silent,
    evidence: { directory: { ...directory, intune: true } },
    policySet: {
      compliancePolicies: [
        windowsPolicy({ storageRequireEncryption: true, osMinimumVersion: '10.0.22000.0' }),
      ],
    },
  },
}
