import { describe, expect, it } from 'vitest'
import { evidence } from '../../../lib/tenant/evidence.ts'
import { attestationTrust, eatTrust, type Members } from '../../tenants.ts'

const parse = (service: Members) => evidence.safeParse({ attestation: [service] })

describe('an attestation service', () => {
  it('binds keys by the nonce as base64url, and has an hour, unless it says otherwise', () => {
    for (const service of [attestationTrust(), eatTrust()])
      expect(parse(service).data?.attestation).toMatchObject([
        { binding: { path: 'nonce', encoding: 'base64url' }, maxAgeSeconds: 3_600 },
      ])
  })

  it.each<[string, Members, string]>([
    ['of Azure without policies', attestationTrust({ policyHashes: undefined }), 'policyHashes'],
    ['of Azure with no policy', attestationTrust({ policyHashes: [] }), 'policyHashes'],
    ['of Azure with a hash in hex', attestationTrust({ policyHashes: ['0'.repeat(64)] }), 'policyHashes.0'],
    ['of Azure with a mapping', attestationTrust({ facts: {} }), ''],
    ['of Azure with an audience', attestationTrust({ audience: 'urn:mayfly' }), ''],
    ['of another kind', attestationTrust({ kind: 'tpm' }), 'kind'],
    ['with another encoding', eatTrust({ binding: { encoding: 'base32' } }), 'binding.encoding'],
    ['with a part of a value', eatTrust({ binding: { contains: true } }), 'binding'],
    ['that maps the kind', eatTrust({ facts: { attestationKind: 'kind' } }), 'facts'],
    ['that maps the age', eatTrust({ facts: { attestationAgeSeconds: 'age' } }), 'facts'],
    [
      'that names no device, where none but it may vouch',
      eatTrust({ deviceIdClaim: undefined }),
      'deviceIdClaim',
    ],
  ])('%s is refused', (_, service, where) => {
    const paths = parse(service).error?.issues.map(({ path }) => path.join('.'))
    expect(paths).toEqual([['attestation', '0', ...where.split('.')].filter((name) => name !== '').join('.')])
  })
})
