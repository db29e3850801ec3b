import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isRocaModulus } from '../../../lib/x509/isRocaModulus.ts'
import { bigEndian } from './fixtures/octets.ts'
import { primorial, rocaModulus, rocaPrimes } from './fixtures/roca.ts'

const inverse = (value: bigint, prime: bigint): bigint => {
  for (let candidate = 1n; candidate < prime; candidate++) {
    if ((value * candidate) % prime === 1n) return candidate
  }
  throw new Error(`${value} has no inverse modulo ${prime}`)
}

describe('isRocaModulus()', () => {
  it.each([1n, 2n, 3n, 65_537n, 2n ** 61n - 1n])(
    'finds the fingerprint of a chip that chose the exponent %i',
    (a) => {
      expect(isRocaModulus(bigEndian(rocaModulus(a)))).toBe(true)
    },
  )

  it.each(rocaPrimes)('lets a modulus pass whose residue modulo %i alone is no power of 65537', (prime) => {
    const modulus = rocaModulus(12_345n)
    const rest = primorial / prime
    // The Chinese remainder theorem: zero modulo this prime, unchanged modulo the others.
    const shift = ((prime - (modulus % prime)) * inverse(rest % prime, prime)) % prime
    const changed = modulus + shift * rest
    expect(changed % prime).toBe(0n)
    expect(isRocaModulus(bigEndian(changed))).toBe(false)
  })

  it('lets the modulus of an ordinary key pass', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const { n = '' } = publicKey.export({ format: 'jwk' })
    expect(isRocaModulus(Buffer.from(n, 'base64url'))).toBe(false)
  })
})
