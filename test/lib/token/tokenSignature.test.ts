import { constants, createPublicKey, generateKeyPairSync, type JsonWebKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { TokenAlgorithm } from '../../../lib/token/tokenSignature.ts'
import { everyAlgorithm, type Jws, keyPairs, partsOf, signJws, verifies } from './fixtures/jws.ts'

interface Example {
  readonly source: string
  readonly alg: TokenAlgorithm
  readonly jwk: JsonWebKey
  readonly jws: string
}

const examples = JSON.parse(
  readFileSync(new URL('fixtures/jwsExamples.json', import.meta.url), 'utf8'),
) as readonly Example[]

const concat = (...parts: readonly Uint8Array[]) => Buffer.concat(parts)
const zero = Buffer.of(0)
const pssOptions = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }

describe('verifiesTokenSignature() accepts the examples of the RFCs', () => {
  it('of which there are seven, of five algorithms', () => {
    expect(examples).toHaveLength(7)
    expect([...new Set(examples.map(({ alg }) => alg))]).toEqual([
      'RS256',
      'ES256',
      'ES512',
      'PS384',
      'EdDSA',
    ])
  })

  it.each(examples)('$source ($alg), and not with a bit changed', ({ alg, jwk, jws }) => {
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    const { signed, signature } = partsOf(jws)
    expect(verifies(alg, key, { signed, signature })).toBe(true)
    expect(verifies(alg, key, { signed: signed.replace(/.$/, '-'), signature })).toBe(false)
    const changed = Uint8Array.from(signature, (octet, index) => (index === 40 ? octet ^ 1 : octet))
    expect(verifies(alg, key, { signed, signature: changed })).toBe(false)
  })
})

describe('verifiesTokenSignature() refuses a key that is not of the algorithm:', () => {
  it.each(everyAlgorithm)(
    'a signature of %s under the name, and under the key, of any other',
    async (alg) => {
      const jws = await signJws(alg)
      expect(verifies(alg, keyPairs[alg].publicKey, jws)).toBe(true)
      // EdDSA and Ed25519 are two names of one algorithm.
      const isSame = (other: string) => other === alg || [other, alg].every((name) => name.startsWith('Ed'))
      const others = everyAlgorithm.filter((other) => !isSame(other))
      expect(others).toHaveLength(alg.startsWith('Ed') ? 9 : 10)
      for (const other of others) {
        expect(verifies(other, keyPairs[alg].publicKey, jws)).toBe(false)
        expect(verifies(other, keyPairs[other].publicKey, jws)).toBe(false)
        if (keyPairs[other] !== keyPairs[alg])
          expect(verifies(alg, keyPairs[other].publicKey, jws)).toBe(false)
      }
    },
  )

  it('a curve other than the one of the algorithm, whatever the length of the signature', () => {
    // With as many octets as those of P-256, and a digest that would fit.
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
    const signed = 'e30.e30'
    const options = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
    const signature = sign('sha256', Buffer.from(signed), options)
    expect(signature).toHaveLength(64)
    expect(verifies('ES256', publicKey, { signed, signature })).toBe(false)
  })

  it('Ed448 under EdDSA', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed448')
    const signature = sign(null, Buffer.from('e30.e30'), privateKey)
    expect(verifies('EdDSA', publicKey, { signed: 'e30.e30', signature })).toBe(false)
  })

  it('an RSA key that is bound to PSS by its own type, which no JWK can say', () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa-pss', { modulusLength: 2048 })
    const signature = sign('sha256', Buffer.from('e30.e30'), { key: privateKey, ...pssOptions })
    expect(signature).toHaveLength(256)
    expect(verifies('PS256', publicKey, { signed: 'e30.e30', signature })).toBe(false)
  })

  it.each(everyAlgorithm)('the private key of %s', async (alg) => {
    expect(verifies(alg, keyPairs[alg].privateKey, await signJws(alg))).toBe(false)
  })
})

const signWithModulus = (modulusLength: number) => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength })
  const signed = 'e30.e30'
  const pkcs1 = { signed, signature: sign('sha256', Buffer.from(signed), privateKey) }
  const pss = { signed, signature: sign('sha256', Buffer.from(signed), { key: privateKey, ...pssOptions }) }
  return { publicKey, pkcs1, pss }
}

describe('verifiesTokenSignature() takes RSA keys', () => {
  // 2049: the first octet of a PSS signature holds one bit of the modulus and none of the encoded message.
  it.each([2048, 2049, 3072])('of %i bits', (bits) => {
    const { publicKey, pkcs1, pss } = signWithModulus(bits)
    expect(verifies('RS256', publicKey, pkcs1)).toBe(true)
    expect(verifies('PS256', publicKey, pss)).toBe(true)
  })

  it.each([1024, 2047])('and not of %i bits', (bits) => {
    const { publicKey, pkcs1, pss } = signWithModulus(bits)
    expect(verifies('RS256', publicKey, pkcs1)).toBe(false)
    expect(verifies('PS256', publicKey, pss)).toBe(false)
  })
})

describe('verifiesTokenSignature() refuses a PSS signature', () => {
  it.each([
    ['PS256', 'sha256', 32],
    ['PS384', 'sha384', 48],
    ['PS512', 'sha512', 64],
  ] as const)('of %s whose salt is not as long as its digest', (alg, digest, octets) => {
    const { publicKey, privateKey } = keyPairs[alg]
    const withSalt = (saltLength: number): Jws => {
      const { padding } = pssOptions
      const signature = sign(digest, Buffer.from('e30.e30'), { key: privateKey, padding, saltLength })
      return { signed: 'e30.e30', signature }
    }
    expect(verifies(alg, publicKey, withSalt(octets))).toBe(true)
    for (const wrong of [0, 20, octets - 1, octets + 1, 80]) {
      expect(verifies(alg, publicKey, withSalt(wrong))).toBe(false)
    }
  })
})

/** The orders of the curves, SEC 2 sections 2.4.2, 2.5.1 and 2.6.1. */
const orders: Readonly<Record<'ES256' | 'ES384' | 'ES512', string>> = {
  ES256: 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  ES384: `${'f'.repeat(48)}c7634d81f4372ddf581a0db248b0a77aecec196accc52973`,
  ES512: `01${'f'.repeat(64)}fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409`,
}

const octetsOf = (number: bigint, length: number) =>
  Buffer.from(number.toString(16).padStart(2 * length, '0'), 'hex')

describe.each(['ES256', 'ES384', 'ES512'] as const)('verifiesTokenSignature() with %s refuses', (alg) => {
  const order = BigInt(`0x${orders[alg]}`)
  const length = orders[alg].length / 2
  const isGood = (jws: Jws): boolean => verifies(alg, keyPairs[alg].publicKey, jws)

  it('an R or S that is 0, the order, or more', async () => {
    const { signed, signature } = await signJws(alg)
    const [r, s] = [signature.subarray(0, length), signature.subarray(length)]
    expect(isGood({ signed, signature: concat(r, s) })).toBe(true)
    const wrong = [0n, order, order + 1n, 256n ** BigInt(length) - 1n].map((n) => octetsOf(n, length))
    for (const number of wrong) {
      expect(isGood({ signed, signature: concat(number, s) })).toBe(false)
      expect(isGood({ signed, signature: concat(r, number) })).toBe(false)
      expect(isGood({ signed, signature: concat(number, number) })).toBe(false)
    }
  })

  it('R and S of other lengths than the order has, though their numbers are right', async () => {
    const { signed, signature } = await signJws(alg)
    const [r, s] = [signature.subarray(0, length), signature.subarray(length)]
    expect(isGood({ signed, signature: concat(zero, r, zero, s) })).toBe(false)
    expect(isGood({ signed, signature: concat(zero, r, s) })).toBe(false)
    expect(isGood({ signed, signature: concat(r, zero, s) })).toBe(false)
  })

  it('the form of X.509', () => {
    const signature = sign(
      `sha${alg === 'ES512' ? 512 : alg.slice(2)}`,
      Buffer.from('e30.e30'),
      keyPairs[alg].privateKey,
    )
    expect(signature[0]).toBe(0x30)
    expect(isGood({ signed: 'e30.e30', signature })).toBe(false)
  })
})

describe('verifiesTokenSignature() refuses a signature of another length', () => {
  it.each(everyAlgorithm)('with %s', async (alg) => {
    const { signed, signature } = await signJws(alg)
    const wrong = [
      new Uint8Array(),
      signature.subarray(1),
      signature.subarray(0, -1),
      concat(zero, signature),
      concat(signature, zero),
      concat(signature, signature),
    ]
    for (const other of wrong) {
      expect(verifies(alg, keyPairs[alg].publicKey, { signed, signature: other })).toBe(false)
    }
  })
})
