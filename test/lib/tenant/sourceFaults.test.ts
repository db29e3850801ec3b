import { describe, expect, it } from 'vitest'
import { parseConfiguration } from '../../../lib/tenant/configuration.ts'
import {
  attestationTrust,
  eatTrust,
  entraTrust,
  genericTrust,
  type Members,
  postureTrust,
  tenantDocument,
} from '../../tenants.ts'

const directoryId = 'c2a1b0d9-0000-4000-8000-00000000aa01'
const tokens = { url: 'https://issuer.example', audience: 'api://mayfly' }
const ofTokens = { issuer: tokens.url, audience: tokens.audience }
const ofEntra = { issuer: `https://login.microsoftonline.com/${directoryId}/v2.0`, audience: tokens.audience }

const parse = (evidence: Members) => () =>
  parseConfiguration(
    tenantDocument('contoso', [genericTrust(tokens), entraTrust(directoryId, tokens)], { evidence }),
  )

describe('sourceFaults()', () => {
  it.each<readonly [what: string, evidence: Members, path: string]>([
    ['posture tokens that are compliance tokens', { posture: [postureTrust(ofTokens)] }, 'posture.0'],
    ['posture tokens that are access tokens of Entra', { posture: [postureTrust(ofEntra)] }, 'posture.0'],
    [
      'posture tokens that are v1.0 tokens of Entra, for whatever audience',
      { posture: [postureTrust({ issuer: `https://sts.windows.net/${directoryId}/`, audience: 'urn:own' })] },
      'posture.0',
    ],
    [
      'attestations that are v1.0 tokens of Entra',
      { attestation: [eatTrust({ issuer: `https://sts.windows.net/${directoryId}/` })] },
      'attestation.0',
    ],
    ['two issuers of the same posture tokens', { posture: [postureTrust(), postureTrust()] }, 'posture.1'],
    [
      'the same attestation service twice',
      { attestation: [attestationTrust(), attestationTrust()] },
      'attestation.1',
    ],
    [
      'one attestation service for two audiences',
      { attestation: ['a', 'b'].map((audience) => eatTrust({ audience })) },
      'attestation.1',
    ],
    [
      'attestations of an issuer of compliance tokens, for whatever audience',
      { attestation: [eatTrust({ issuer: tokens.url, audience: 'urn:own' })] },
      'attestation.0',
    ],
    [
      'attestations of an issuer of posture tokens',
      { posture: [postureTrust()], attestation: [attestationTrust({ issuer: 'https://posture.example' })] },
      'attestation.0',
    ],
  ])('finds %s', (_, evidence, path) => {
    expect(parse(evidence)).toRefuse(
      'configuration-invalid',
      new RegExp(`^Cannot accept the configuration: evidence\\.${path}: its tokens could be taken`),
    )
  })

  it('takes posture tokens of an issuer of compliance tokens for an audience of their own', () => {
    const own = { issuer: tokens.url, audience: 'urn:mayfly:posture' }
    const posture = [postureTrust(own), postureTrust({ ...own, audience: 'urn:other' }), postureTrust()]
    const attestation = [attestationTrust(), eatTrust()]
    expect(parse({ posture, attestation })).not.toThrow()
  })
})
