import { windowsPolicy } from './compliancePolicy.ts'
import { azurePolicyHash } from '../../attestations.ts'
import type { EvidenceWorld, TenantChanges } from './evidenceWorld.ts'

type TenantsOf = (world: EvidenceWorld) => Readonly<Record<string, TenantChanges>>

/** Compliance tokens that prove nothing, and say at most what the device runs. */
const silent = { complianceProofs: undefined }
const onWindows = { ...silent, signals: { platform: 'platform' } }

const postureIssuer = ({ posture }: EvidenceWorld) => ({
  issuer: posture.url,
  audience: 'urn:mayfly:posture',
  maxAgeSeconds: 3_600,
  facts: {
    platform: { claim: ['os', 'name'], values: { 'Windows 11': 'windows', macOS: 'macOS' } },
    osVersion: ['os', 'version'],
    firewallEnabled: 'firewall',
    antivirusEnabled: ['antivirus', 'on'],
    systemDriveEncrypted: { claim: ['disk', 'system'], values: { encrypted: true, plain: false } },
  },
})

const wantedOfPosture = windowsPolicy({
  activeFirewallRequired: true,
  storageRequireEncryption: true,
  osMinimumVersion: '10.0.22631.0',
})

const wantedOfStart = windowsPolicy({
  secureBootEnabled: true,
  bitLockerEnabled: true,
  codeIntegrityEnabled: true,
})

const azureService = ({ azure }: EvidenceWorld) => ({
  kind: 'azure',
  issuer: azure.url,
  policyHashes: [azurePolicyHash],
})

const eatService = ({ eat }: EvidenceWorld) => ({
  kind: 'eat',
  issuer: eat.url,
  binding: { path: 'eat_nonce' },
  deviceIdClaim: 'device_id',
  facts: {
    secureBoot: 'oemboot',
    bootDebugging: { claim: 'dbgstat', values: { enabled: true, 'disabled-since-boot': false } },
  },
})

/** The tenants of the cases, by their names. */
export const evidenceTenants: TenantsOf = (world) => {
  const ofDevices = {
    ...postureIssuer(world),
    deviceIdClaim: ['device', 'id'],
    upnClaim: ['device', 'owner'],
  }
  const ofStart = { trust: onWindows, policySet: { compliancePolicies: [wantedOfStart] } }
  return {
    'claims-alone': {},
    posture: {
      trust: silent,
      evidence: { posture: [ofDevices] },
      policySet: { compliancePolicies: [wantedOfPosture] },
    },
    'any-machine': {
      trust: silent,
      evidence: { anyMachine: true, posture: [{ ...postureIssuer(world), deviceIdClaim: ['device', 'id'] }] },
      policySet: { compliancePolicies: [wantedOfPosture] },
    },
    tpm: { ...ofStart, evidence: { anyMachine: true, attestation: [azureService(world)] } },
    vbs: { ...ofStart, evidence: { anyMachine: true, attestation: [azureService(world)] } },
    'tpm-of-devices': {
      ...ofStart,
      evidence: { attestation: [{ ...azureService(world), deviceIdClaim: 'device_id' }] },
    },
    several: {
      trust: silent,
      evidence: { anyMachine: true, posture: [ofDevices], attestation: [azureService(world)] },
      policySet: { compliancePolicies: [windowsPolicy({ storageRequireEncryption: true })] },
    },
    'several-without-keys': {
      trust: silent,
      evidence: {
        anyMachine: true,
        posture: [{ ...ofDevices, jwksUri: `${world.site.url}/gone` }],
        attestation: [azureService(world)],
      },
      policySet: { compliancePolicies: [windowsPolicy({ storageRequireEncryption: true })] },
    },
    eat: {
      trust: onWindows,
      evidence: { attestation: [eatService(world)] },
      policySet: { compliancePolicies: [windowsPolicy({ secureBootEnabled: true })] },
    },
  }
}
