import { describe, expect, it } from 'vitest'
import { parseConfiguration } from '../../../lib/tenant/configuration.ts'
import { suppliedFacts } from '../../../lib/tenant/suppliedFacts.ts'
import {
  attestationTrust,
  eatTrust,
  genericTrust,
  type Members,
  postureTrust,
  tenantDocument,
} from '../../tenants.ts'

const issuer = { url: 'https://issuer.example', audience: 'api://mayfly' }

/** Writes what a tenant is supplied with as `source fact`. */
const supplied = (evidence: Members | undefined, signals: Members = {}) => {
  const issuers = [genericTrust(issuer, { signals }), genericTrust({ ...issuer, audience: 'b' })]
  const configuration = parseConfiguration(tenantDocument('contoso', issuers, evidence ? { evidence } : {}))
  return suppliedFacts(configuration).map(({ source, fact }) => `${source} ${fact}`)
}
const eat = eatTrust({ facts: { secureBoot: 'sb', tpmPresent: 'tpm' } })

describe('suppliedFacts()', () => {
  it('is nothing where nothing is mapped', () => {
    expect(supplied(undefined)).toEqual([])
    expect(supplied({ anyMachine: true }, { groups: 'groups' })).toEqual([])
  })

  it('is what claims of the compliance token tell, the platform among them', () => {
    expect(supplied(undefined, { platform: 'os' })).toEqual(['token platform'])
    const facts = { platform: 'os', osVersion: ['device', 'version'] }
    expect(supplied(undefined, { platform: 'os', facts })).toEqual(['token platform', 'token osVersion'])
  })

  it('is what any issuer of posture tokens tells, once', () => {
    const second = postureTrust({ audience: 'urn:b', facts: { firewallEnabled: 'fw', osBuild: 'build' } })
    expect(supplied({ posture: [postureTrust(), second] })).toEqual([
      'posture firewallEnabled',
      'posture antivirusEnabled',
      'posture osBuild',
    ])
  })

  it('is what attestations tell by being some, and by their claims', () => {
    const azure = supplied({ attestation: [attestationTrust()] })
    expect(azure).toEqual(
      expect.arrayContaining(['attestation attestationKind', 'attestation codeIntegrity']),
    )
    const generic = supplied({ attestation: [eat] })
    expect(generic).toEqual(
      expect.arrayContaining(['attestation attestationAgeSeconds', 'attestation tpmPresent']),
    )
    expect(generic).not.toContain('attestation codeIntegrity')
    const both = supplied({ attestation: [attestationTrust(), eat] })
    expect(both.filter((one) => one === 'attestation secureBoot')).toHaveLength(1)
  })

  it('is what the directory tells, and Intune where it is asked', () => {
    const directory = { kind: 'entra', directoryId: 'c2a1b0d9-0000-4000-8000-00000000aa01' }
    expect(supplied({ directory })).toEqual([
      'directory platform',
      'directory osVersion',
      'directory osBuild',
    ])
    const asked = supplied({ directory: { ...directory, intune: true } })
    expect(asked).toEqual(expect.arrayContaining(['directory platform', 'intune threatLevel']))
    expect(asked).not.toContain('directory osVersion')
  })
})
