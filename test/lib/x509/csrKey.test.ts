import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import { decodeCsr } from '../../../lib/x509/decodeCsr.ts'
import {
  encodeBitString,
  encodeElement,
  encodeNull,
  encodeOid,
  encodeSequence,
} from '../../../lib/x509/encodeElement.ts'
import { derTag } from '../../../lib/x509/derTag.ts'
import { ecSpki, ed25519Spki, opensslCsr, rsaSpki, unsignedCsr } from './fixtures/csr.ts'
import { bigEndian, octets } from './fixtures/octets.ts'
import { rocaModulus } from './fixtures/roca.ts'

const verifyPem = (pem: string) => verifyCsr(decodeCsr(Buffer.from(pem)))
const spkiOf = (key: KeyObject): Uint8Array => key.export({ format: 'der', type: 'spki' })
const curve = { p256: '1.2.840.10045.3.1.7', p384: '1.3.132.0.34' }

const jwkPoint = (namedCurve: string) => {
  const { x = '', y = '' } = generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' })
  return { x: Buffer.from(x, 'base64url'), y: Buffer.from(y, 'base64url') }
}

describe('verifyCsr() refuses the key of a valid openssl request', () => {
  it.each([
    ['P-521', ['ec', '-pkeyopt', 'group:P-521'], /curve 1\.3\.132\.0\.35/],
    ['secp256k1', ['ec', '-pkeyopt', 'group:secp256k1'], /curve 1\.3\.132\.0\.10/],
    [
      'explicit EC parameters',
      ['ec', '-pkeyopt', 'group:P-256', '-pkeyopt', 'ec_param_enc:explicit'],
      /not a named curve/,
    ],
    ['Ed448', ['ed448'], /algorithm 1\.3\.101\.113/],
    ['RSA-1024', ['rsa:1024'], /1024 bits/],
    ['RSA of 2047 bits', ['rsa:2047'], /2047 bits/],
    ['RSA with the exponent 3', ['rsa:2048', '-pkeyopt', 'rsa_keygen_pubexp:3'], /exponent is not 65537/],
    [
      'RSA with the exponent 2^32 + 1',
      ['rsa:2048', '-pkeyopt', 'rsa_keygen_pubexp:4294967297'],
      /exponent is not 65537/,
    ],
    [
      'RSA for RSASSA-PSS alone',
      ['rsa-pss', '-pkeyopt', 'rsa_keygen_bits:2048'],
      /algorithm 1\.2\.840\.113549\.1\.1\.10/,
    ],
  ])('%s', (_what, newKey, detail) => {
    expect(() => verifyPem(opensslCsr(newKey))).toRefuse('csr-key-refused', detail)
  })
})

describe('verifyCsr() refuses an EC key', () => {
  const { x, y } = jwkPoint('P-256')
  const wide = jwkPoint('P-384')
  const point = (...parts: readonly Uint8Array[]) => Buffer.concat(parts)
  const offCurve = Uint8Array.from(y, (octet, index) => (index === 31 ? octet ^ 1 : octet))
  const prime = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n

  it.each([
    ['whose point is compressed (02)', ecSpki(curve.p256, point(octets('02'), x)), /uncompressed/],
    ['whose point is compressed (03)', ecSpki(curve.p384, point(octets('03'), wide.x)), /uncompressed/],
    ['whose point is hybrid', ecSpki(curve.p256, point(octets('06'), x, y)), /uncompressed/],
    ['that is the point at infinity', ecSpki(curve.p256, octets('00')), /uncompressed/],
    ['that is padded infinity', ecSpki(curve.p256, new Uint8Array(65)), /uncompressed/],
    ['without a point', ecSpki(curve.p256, octets('')), /uncompressed/],
    ['whose point is not on its curve', ecSpki(curve.p256, point(octets('04'), x, offCurve)), /not a point/],
    [
      'whose coordinates are zero',
      ecSpki(curve.p256, point(octets('04'), new Uint8Array(64))),
      /not a point/,
    ],
    [
      'whose coordinates are not reduced',
      ecSpki(curve.p256, point(octets('04'), bigEndian(prime), y)),
      /not a point/,
    ],
    ['of P-384 with a point of P-256', ecSpki(curve.p384, point(octets('04'), x, y)), /uncompressed/],
    [
      'of P-256 with a point of P-384',
      ecSpki(curve.p256, point(octets('04'), wide.x, wide.y)),
      /uncompressed/,
    ],
    [
      'with a trailing octet in its point',
      ecSpki(curve.p256, point(octets('04'), x, y, octets('00'))),
      /P-256/,
    ],
    [
      'with implicitCurve parameters',
      encodeSequence(
        encodeSequence(encodeOid('1.2.840.10045.2.1'), encodeNull()),
        encodeBitString(point(octets('04'), x, y)),
      ),
      /not a named curve/,
    ],
    [
      'without parameters',
      encodeSequence(
        encodeSequence(encodeOid('1.2.840.10045.2.1')),
        encodeBitString(point(octets('04'), x, y)),
      ),
      /not a named curve/,
    ],
  ])('%s', (_what, spki, detail) => {
    expect(() => verifyCsr(unsignedCsr(spki, 'ES256'))).toRefuse('csr-key-refused', detail)
  })
})

describe('verifyCsr() refuses an RSA key', () => {
  const e = octets('01 00 01')
  const odd = (bits: bigint) => bigEndian(2n ** (bits - 1n) + 2n ** 1000n + 1n)

  it.each([
    ['of 2047 bits', rsaSpki(odd(2047n), e), /2047 bits/],
    ['of 4097 bits', rsaSpki(odd(4097n), e), /4097 bits/],
    ['of 8192 bits', rsaSpki(odd(8192n), e), /8192 bits/],
    ['with the exponent 1', rsaSpki(odd(2048n), octets('01')), /exponent/],
    ['with the exponent 3', rsaSpki(odd(2048n), octets('03')), /exponent/],
    ['with an even modulus', rsaSpki(bigEndian(2n ** 2047n + 2n), e), /even/],
    ['with the fingerprint of ROCA', rsaSpki(bigEndian(rocaModulus(2n ** 61n - 1n)), e), /ROCA/],
    ['with the modulus 0', rsaSpki(octets('00'), e), /modulus is not positive/],
    ['with the exponent 0', rsaSpki(odd(2048n), octets('00')), /exponent is not positive/],
  ])('%s', (_what, spki, detail) => {
    expect(() => verifyCsr(unsignedCsr(spki))).toRefuse('csr-key-refused', detail)
  })

  const rsaWith = (parameters: readonly Uint8Array[], key: Uint8Array) =>
    encodeSequence(encodeSequence(encodeOid('1.2.840.113549.1.1.1'), ...parameters), encodeBitString(key))
  const integer = (contents: Uint8Array) => encodeElement(derTag.integer, contents)
  const key = encodeSequence(integer(Buffer.concat([octets('00'), odd(2048n)])), integer(e))

  it('with a negative modulus', () => {
    const negative = encodeSequence(integer(odd(2048n)), integer(e))
    expect(() => verifyCsr(unsignedCsr(rsaWith([encodeNull()], negative)))).toRefuse(
      'csr-key-refused',
      /modulus is not positive/,
    )
  })

  it.each([
    ['without parameters', rsaWith([], key)],
    ['with two parameters', rsaWith([encodeNull(), encodeNull()], key)],
    ['with octets after its key', rsaWith([encodeNull()], Buffer.concat([key, octets('00')]))],
    [
      'of three integers',
      rsaWith([encodeNull()], encodeSequence(integer(octets('11')), integer(e), integer(e))),
    ],
    [
      'whose modulus is padded',
      rsaWith(
        [encodeNull()],
        encodeSequence(integer(Buffer.concat([octets('00 00'), odd(2048n)])), integer(e)),
      ),
    ],
    ['that is not a sequence', rsaWith([encodeNull()], octets('05 00'))],
  ])('%s, as malformed', (_what, spki) => {
    expect(() => verifyCsr(unsignedCsr(spki))).toRefuse('csr-malformed')
  })

  it.each([2048n, 3072n, 4096n])('only when it must: %i bits pass the check of the key', (bits) => {
    expect(() => verifyCsr(unsignedCsr(rsaSpki(odd(bits), e)))).toRefuse('csr-signature-invalid')
  })
})

describe('verifyCsr() refuses an Ed25519 key', () => {
  const y = (first: string, middle: string, last: string) => octets(first + middle.repeat(30) + last)

  it.each([
    ['of order 1', y('01', '00', '00')],
    ['of order 1 with a sign bit', y('01', '00', '80')],
    ['of order 1, not canonical', y('ee', 'ff', '7f')],
    ['of order 2', y('ec', 'ff', '7f')],
    ['of order 4', y('00', '00', '00')],
    ['of order 4 with a sign bit', y('00', '00', '80')],
    ['of order 4, not canonical', y('ed', 'ff', '7f')],
    ['of order 8', octets('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')],
    [
      'of order 8 with a sign bit',
      octets('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85'),
    ],
    ['of order 8, the other', octets('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')],
  ])('%s', (_what, point) => {
    expect(() => verifyCsr(unsignedCsr(ed25519Spki(point), 'EdDSA'))).toRefuse(
      'csr-key-refused',
      /small order/,
    )
  })

  it.each([0, 31, 33, 57])('of %i octets', (length) => {
    const spki = ed25519Spki(new Uint8Array(length).fill(9))
    expect(() => verifyCsr(unsignedCsr(spki, 'EdDSA'))).toRefuse('csr-key-refused', /32 octets/)
  })

  it('with parameters, as malformed', () => {
    const spki = encodeSequence(
      encodeSequence(encodeOid('1.3.101.112'), encodeNull()),
      encodeBitString(new Uint8Array(32).fill(9)),
    )
    expect(() => verifyCsr(unsignedCsr(spki, 'EdDSA'))).toRefuse('csr-malformed')
  })
})

describe('verifyCsr() refuses a key of another algorithm', () => {
  it.each([
    ['X25519', spkiOf(generateKeyPairSync('x25519').publicKey), /algorithm 1\.3\.101\.110/],
    [
      'an unknown one',
      encodeSequence(encodeSequence(encodeOid('1.2.3')), encodeBitString(octets(''))),
      /1\.2\.3/,
    ],
  ])('%s', (_what, spki, detail) => {
    expect(() => verifyCsr(unsignedCsr(spki))).toRefuse('csr-key-refused', detail)
  })

  it('without its members, as malformed', () => {
    expect(() => verifyCsr(unsignedCsr(encodeSequence()))).toRefuse('csr-malformed')
    expect(() => verifyCsr(unsignedCsr(encodeSequence(encodeSequence())))).toRefuse('csr-malformed')
    const ed25519 = encodeSequence(encodeOid('1.3.101.112'))
    expect(() => verifyCsr(unsignedCsr(encodeSequence(ed25519)))).toRefuse('csr-malformed')
  })
})
