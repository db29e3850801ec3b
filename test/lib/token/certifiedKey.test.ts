import { KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { publishedKeys } from '../../../lib/token/publishedKeys.ts'
import { certificateFor } from '../../attestations.ts'
import { makeTokenKey } from '../../tokens.ts'

const rsa = await makeTokenKey('RS256')
const other = await makeTokenKey('RS256')
const es256 = await makeTokenKey('ES256')
const [certificate, otherCertificate, ecCertificate] = [rsa, other, es256].map(certificateFor)

/** As the set of Azure Attestation has its keys: neither n and e, nor alg and use. */
const entry = {
  kty: 'RSA',
  kid: 'ar2Me88UijW9Ha+DlQ1h9ciRs11y4x8k9wBaBPS0g/A=',
  x5c: [certificate, otherCertificate],
}

const octets = Buffer.from(certificate ?? '', 'base64')

describe('publishedKeys() reads an RSA key with x5c alone', () => {
  it.each([
    ['from its first certificate', entry],
    ['whatever stands behind it', { ...entry, x5c: [certificate, 'no certificate'] }],
    ['with n and e that are null or empty', { ...entry, n: null, e: '' }],
  ])('%s', (_, jwk) => {
    const [published] = publishedKeys({ keys: [jwk] })
    expect(published?.kind === 'key' && published.key.equals(KeyObject.from(rsa.publicKey))).toBe(true)
    expect(published).toMatchObject({
      kid: entry.kid,
      algorithms: expect.arrayContaining(['RS256', 'PS256']),
    })
  })

  it('and lets n and e say it where it has them', () => {
    const [published] = publishedKeys({ keys: [{ ...rsa.jwk, x5c: [otherCertificate] }] })
    expect(published?.kind === 'key' && published.key.equals(KeyObject.from(rsa.publicKey))).toBe(true)
  })
})

describe('publishedKeys() takes for no key one', () => {
  it.each([
    ['whose first certificate is none', { ...entry, x5c: ['AAAA', certificate] }],
    ['whose first certificate is no text', { ...entry, x5c: [5, certificate] }],
    ['whose x5c is no list', { ...entry, x5c: certificate }],
    ['whose certificate is base64url', { ...entry, x5c: [octets.toString('base64url')] }],
    ['whose certificate has line breaks', { ...entry, x5c: [certificate?.replace(/(.{64})/, '$1\n')] }],
    [
      'whose certificate is PEM',
      { ...entry, x5c: [`-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----`] },
    ],
    [
      'with octets behind its certificate',
      { ...entry, x5c: [Buffer.concat([octets, Buffer.of(0)]).toString('base64')] },
    ],
    ['whose certificate is cut', { ...entry, x5c: [octets.subarray(0, -1).toString('base64')] }],
    ['whose certificate is for an EC key', { ...entry, x5c: [ecCertificate] }],
    ['of type EC with a certificate for an EC key', { ...entry, kty: 'EC', x5c: [ecCertificate] }],
    ['with n and without e', { ...entry, n: rsa.jwk.n }],
    ['with e and without n', { ...entry, e: 'AQAB' }],
  ])('%s', (_, jwk) => {
    expect(publishedKeys({ keys: [jwk] })).toMatchObject([{ kind: 'fault', why: 'cannot be read' }])
  })

  it.each([
    ['that is private', { d: 'AQAB' }, 'is not public'],
    ['for encryption', { use: 'enc' }, 'is not for signatures'],
    ['for another algorithm', { alg: 'ES256' }, 'is for no algorithm of tokens'],
  ])('%s', (_, changes, why) => {
    expect(publishedKeys({ keys: [{ ...entry, ...changes }] })).toMatchObject([{ kind: 'fault', why }])
  })
})
