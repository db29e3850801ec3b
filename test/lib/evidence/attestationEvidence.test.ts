import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { jwkThumbprint } from '../../../lib/x509/publicKey.ts'
import { azurePolicyHash, azureVbsClaims, certificateFor } from '../../attestations.ts'
import type { Members } from '../../tenants.ts'
import { confused, makeTokenKey, testUser, unsigned } from '../../tokens.ts'
import { now } from '../token/verifying.ts'
import { attester, azure, type Case, csr, isSilent, makeCsr, otherCsr, read, told } from './attesting.ts'

const at = now.getTime() / 1000
const stranger = await makeTokenKey('RS256')
const hash = Buffer.from(csr.keyHash, 'hex')
const [base64url, base64, hex] = [hash.toString('base64url'), hash.toString('base64'), hash.toString('hex')]

const claims = (changes: Members): Case => ({ attestation: { claims: changes } })
const eat = (changes: Members = {}, more: Case = {}): Case => ({
  service: attester,
  ...claims(changes),
  ...more,
})
const header = (changes: Members): Case => ({ attestation: { header: changes } })
/** Signed by a stranger, who says in the header which key to verify with. */
const byHeader = (changes: Members): Case => ({
  attestation: { key: stranger, header: { kid: azure.key.kid, ...changes } },
})
/** Bound elsewhere than in `nonce`. */
const bound = (path: unknown, encoding: string, changes: Members): Case => ({
  ...claims({ nonce: 'a random number', ...changes }),
  trust: { binding: { path, encoding } },
})

const tpmFacts = {
  attestationKind: 'azureTpm',
  attestationAgeSeconds: 0,
  attestationValidated: true,
  secureBoot: true,
  bootDebugging: false,
  codeIntegrity: true,
  systemDriveEncrypted: true,
  tpmPresent: true,
  tpmVersion: '2.0',
}

describe('attestationEvidence() reads', () => {
  it('what Azure Attestation says of a TPM, as of when it said so', async () => {
    const word = await read()
    expect(told(word)).toEqual(tpmFacts)
    expect(word.troubles).toEqual([])
    for (const report of word.facts) expect(report).toMatchObject({ source: 'attestation', at })
  })

  it('what it says of a TPM with an enclave', async () => {
    const word = await read(claims(azureVbsClaims(csr.keyHash)))
    expect(told(word)).toEqual({ ...tpmFacts, attestationKind: 'azureVbs' })
  })

  it('what an Entity Attestation Token says, by the mapping of the tenant', async () => {
    const word = await read({ service: attester })
    expect(told(word)).toEqual({
      attestationKind: 'eat',
      attestationAgeSeconds: 0,
      secureBoot: true,
      bootDebugging: false,
    })
  })

  it('nothing of what a claim says that it does not know the meaning of', async () => {
    expect(told(await read(eat({ oemboot: 'true', dbgstat: 'disabled' })))).toMatchObject({
      attestationKind: 'eat',
      secureBoot: undefined,
      bootDebugging: undefined,
    })
  })
})

describe('attestationEvidence() counts an attestation', () => {
  it.each<[string, Case]>([
    [
      'that brings along keys which nobody asks',
      header({ jwk: stranger.jwk, x5c: [certificateFor(stranger)] }),
    ],
    [
      'that points to keys which nobody fetches',
      header({ jku: 'https://evil.example/certs', x5u: 'https://x/' }),
    ],
    ['bound by rp_data', bound('rp_data', 'base64url', { rp_data: base64url })],
    ['bound by base64', bound('nonce', 'base64', { nonce: base64 })],
    ['bound by hex', bound('nonce', 'hex', { nonce: hex })],
    [
      'bound within other claims',
      bound(['x-ms-runtime', 'client-payload', 'nonce'], 'base64', {
        'x-ms-runtime': { 'client-payload': { nonce: base64 } },
      }),
    ],
    ['that says that it is of a TPM', claims({ 'x-ms-attestation-type': 'tpm' })],
    ['that lives a year', claims({ exp: at + 366 * 86_400 })],
    ['as old as the tenant lets it be', claims({ iat: at - 3_600, nbf: at - 3_900 })],
    ['issued by a clock that is fast', claims({ iat: at + 60, nbf: at })],
    ['for the only audience', eat({ aud: ['urn:mayfly'] }, { trust: { audience: 'urn:mayfly' } })],
    [
      'of the device, spelled otherwise',
      eat(
        { device: `{${testUser.deviceId.toUpperCase()}}` },
        { trust: { deviceIdClaim: 'device' }, anyMachine: false },
      ),
    ],
    [
      'of the device, where any machine may vouch',
      eat({ device: testUser.deviceId }, { trust: { deviceIdClaim: 'device' } }),
    ],
    ['that names no device, where any may vouch', eat({}, { trust: { deviceIdClaim: 'device' } })],
    ['for a user whose token names no device, where any may vouch', { compliance: { device_id: undefined } }],
  ])('%s', async (_, changes) => {
    const word = await read(changes)
    expect(word.troubles).toEqual([])
    expect(told(word)).toMatchObject({ attestationAgeSeconds: 0, secureBoot: true })
  })
})

describe('attestationEvidence() tells that an attestation vouches for another key', () => {
  it.each<[string, Case]>([
    ['replayed with another request', { csr: otherCsr }],
    ['with a random nonce', claims({ nonce: 'AQIDBA' })],
    ['without a nonce', claims({ nonce: undefined })],
    ['with an empty nonce', claims({ nonce: '' })],
    ['with the hash as part of a longer nonce', claims({ nonce: `${base64url}.more` })],
    ['with the hash behind something', claims({ nonce: `more.${base64url}` })],
    ['with the hash between spaces', claims({ nonce: ` ${base64url} ` })],
    ['with the beginning of the hash', claims({ nonce: base64url.slice(0, 42) })],
    ['with the hash, padded', claims({ nonce: `${base64url}=` })],
    ['with the hash as hex, base64url wanted', claims({ nonce: hex })],
    ['with the hash as base64, base64url wanted', claims({ nonce: base64 })],
    ['with the hash as base64url, base64 wanted', bound('nonce', 'base64', { nonce: base64url })],
    ['with the hash as base64url, hex wanted', bound('nonce', 'hex', { nonce: base64url })],
    ['with the hash in upper-case hex', bound('nonce', 'hex', { nonce: hex.toUpperCase() })],
    [
      'with the hash in hex with colons',
      bound('nonce', 'hex', { nonce: hex.replaceAll(/(..)(?=.)/g, '$1:') }),
    ],
    ['with the hash of the hash', claims({ nonce: createHash('sha256').update(hash).digest('base64url') })],
    ['with the thumbprint of the key', claims({ nonce: jwkThumbprint(csr.publicKey) })],
    ['with the hash in another claim', claims({ nonce: 'AQIDBA', rp_data: base64url })],
    ['with the hash as the only nonce of a list', eat({ eat_nonce: [base64url] })],
    ['with the hash as one nonce of two', eat({ eat_nonce: [base64url, 'a random number'] })],
    ['with the hash within an object', claims({ nonce: { nonce: base64url } })],
    ['with the hash within a list of objects', bound(['a', '0'], 'base64url', { a: [base64url] })],
  ])('%s', async (_, changes) => {
    const word = await read(changes)
    expect(word.troubles).toMatchObject([{ source: 'attestation', code: 'attestation-unbound' }])
    expect(word.troubles[0]?.retryAfterSeconds).toBeUndefined()
    expect(isSilent(word)).toBe(true)
  })
})

describe('attestationEvidence() refuses an attestation', () => {
  it.each<[string, Case, RegExp]>([
    ['that is no token', { compact: () => 'x' }, /compact serialization/],
    ['of another issuer', claims({ iss: 'https://evil.eus.attest.azure.net' }), /"iss" is not one/],
    ['of the issuer with a slash', claims({ iss: `${azure.url}/` }), /"iss" is not one/],
    ['by another policy', claims({ 'x-ms-policy-hash': base64url }), /"x-ms-policy-hash" is none/],
    ['by no policy', claims({ 'x-ms-policy-hash': undefined }), /"x-ms-policy-hash" is none/],
    [
      'by the policy that an old claim names',
      claims({ 'x-ms-policy-hash': undefined, policy_hash: azurePolicyHash }),
      /hash/,
    ],
    ['of a key that no TPM vouched for', claims({ aikValidated: false }), /"aikValidated" is not true/],
    ['of a key of which nobody knows whose it is', claims({ aikValidated: undefined }), /"aikValidated"/],
    ["of a key that text calls a TPM's", claims({ aikValidated: 'true' }), /"aikValidated"/],
    [
      'of a machine that attested without a certificate of its key',
      claims({ 'x-ms-attestation-type': 'basic', aikValidated: false }),
      /"aikValidated"/,
    ],
    ['of an enclave of SGX', claims({ 'x-ms-attestation-type': 'sgx' }), /not that of a TPM/],
    ['of a virtual machine', claims({ 'x-ms-attestation-type': 'azurevm' }), /not that of a TPM/],
    ['signed by a stranger', { attestation: { key: stranger } }, /publishes no key/],
    ['signed by a stranger under its kid', byHeader({}), /signature does not verify/],
    ['whose header has the key', byHeader({ jwk: stranger.jwk }), /signature does not verify/],
    [
      'whose header has the certificate',
      byHeader({ x5c: [certificateFor(stranger)] }),
      /signature does not verify/,
    ],
    [
      'whose header points to the key',
      byHeader({ jku: 'https://evil.example/certs' }),
      /signature does not verify/,
    ],
    [
      'that nobody signed',
      { compact: async () => unsigned(await azure.attest(csr.keyHash)) },
      /compact serialization/,
    ],
    [
      'signed with the public key as a secret',
      { compact: async () => confused(await azure.attest(csr.keyHash), azure.key) },
      /"alg" is not/,
    ],
    ['by an algorithm that is not listed', { trust: { algorithms: ['PS256'] } }, /"alg" is not PS256/],
    ['that expired', claims({ exp: at }), /expired/],
    ['without exp', claims({ exp: undefined }), /"exp" is missing/],
    ['without iat', claims({ iat: undefined }), /"iat" is missing/],
    ['that is too old', claims({ iat: at - 3_601, nbf: at - 3_900 }), /limit is 3600 s/],
    ['of the future', claims({ iat: at + 61 }), /valid in 61 s/],
    ['for somebody', claims({ aud: 'urn:somebody' }), /"aud"/],
    ['for somebody else', eat({ aud: 'urn:other' }, { trust: { audience: 'urn:mayfly' } }), /"aud"/],
    ['for nobody', eat({}, { trust: { audience: 'urn:mayfly' } }), /"aud"/],
    ['for two', eat({ aud: ['urn:mayfly', 'urn:b'] }, { trust: { audience: 'urn:mayfly' } }), /"aud"/],
    [
      'of another device',
      eat(
        { device: testUser.deviceId.replace('0', '1') },
        { trust: { deviceIdClaim: 'device' }, anyMachine: false },
      ),
      /another device/,
    ],
    [
      'of another device, even where any machine may vouch',
      eat({ device: testUser.deviceId.replace('0', '1') }, { trust: { deviceIdClaim: 'device' } }),
      /another device/,
    ],
    [
      'of a device that the compliance token does not name',
      eat(
        { device: testUser.deviceId },
        { trust: { deviceIdClaim: 'device' }, compliance: { device_id: undefined } },
      ),
      /another device/,
    ],
    [
      'that names no device, where none but it may vouch',
      eat({}, { trust: { deviceIdClaim: 'device' }, anyMachine: false }),
      /names no device/,
    ],
    [
      'that names a device by no UUID',
      eat({ device: ['a'] }, { trust: { deviceIdClaim: 'device' } }),
      /not a UUID/,
    ],
  ])('%s', async (_, changes, why) => {
    const word = await read(changes)
    expect(word.troubles).toMatchObject([
      { source: 'attestation', code: 'attestation-refused', retryAfterSeconds: undefined },
    ])
    expect(word.troubles[0]?.why).toMatch(why)
    expect(isSilent(word)).toBe(true)
  })

  it('that is good, while the keys of the service cannot be had', async () => {
    const word = await read({ isDown: true })
    expect(word.troubles).toMatchObject([
      { code: 'token-keys-unavailable', retryAfterSeconds: expect.any(Number) },
    ])
    expect(isSilent(word)).toBe(true)
  })

  it('without a word of the token or of the key in why', async () => {
    const { troubles } = await read({ csr: makeCsr() })
    for (const secret of [base64url, hex, base64]) expect(JSON.stringify(troubles)).not.toContain(secret)
  })
})
