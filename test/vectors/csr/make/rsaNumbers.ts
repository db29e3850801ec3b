import { checkPrimeSync, createHash, generatePrimeSync, randomBytes } from 'node:crypto'
import {
  encodeNull,
  encodeOctetString,
  encodeOid,
  encodeSequence,
} from '../../../../lib/x509/encodeElement.ts'
import { bigEndian, numberOf } from '../../../lib/x509/fixtures/octets.ts'
import { primorial } from '../../../lib/x509/fixtures/roca.ts'

/** An RSA key by its numbers: what no library makes or signs with can be made and signed with here. */
export interface RsaNumbers {
  readonly modulus: bigint
  readonly exponent: bigint
  /** The private exponent. */
  readonly secret: bigint
}

const powerModulo = (base: bigint, exponent: bigint, modulus: bigint): bigint => {
  let [result, square] = [1n, base % modulus]
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}

const inverse = (value: bigint, modulus: bigint): bigint => {
  let [r, next, s, t] = [modulus, value % modulus, 0n, 1n]
  while (next > 0n) {
    const quotient = r / next
    ;[r, next, s, t] = [next, r - quotient * next, t, s - quotient * t]
  }
  if (r !== 1n) throw new Error('The exponent has no inverse: run again.')
  return ((s % modulus) + modulus) % modulus
}

/** The key of these primes and this public exponent. */
export const keyOfPrimes = (primes: readonly bigint[], exponent: bigint): RsaNumbers => ({
  modulus: primes.reduce((product, prime) => product * prime, 1n),
  exponent,
  secret: inverse(
    exponent,
    primes.reduce((product, prime) => product * (prime - 1n), 1n),
  ),
})

const newPrime = (bits: number) => generatePrimeSync(bits, { bigint: true })
const lengthOf = (value: bigint) => value.toString(2).length

/** A new key of exactly this many bits. */
export const newRsaNumbers = (bits: number, exponent = 65_537n): RsaNumbers => {
  for (;;) {
    const [p, q] = [newPrime(Math.ceil(bits / 2)), newPrime(Math.floor(bits / 2))]
    const fits = lengthOf(p * q) === bits && (p - 1n) % exponent !== 0n && (q - 1n) % exponent !== 0n
    if (fits || exponent === 1n) return keyOfPrimes([p, q], exponent)
  }
}

/** A prime as the chips of CVE-2017-15361 made it: k * M + (65537^a mod M). */
const rocaPrime = (): bigint => {
  for (;;) {
    const residue = powerModulo(65_537n, numberOf(randomBytes(8)), primorial)
    const k = (2n ** 1023n + 2n ** 1022n + (numberOf(randomBytes(128)) >> 2n)) / primorial
    const candidate = k * primorial + residue
    if (lengthOf(candidate) === 1024 && checkPrimeSync(candidate)) return candidate
  }
}

/** A working RSA-2048 key of two such primes. */
export const newRocaNumbers = (): RsaNumbers => keyOfPrimes([rocaPrime(), rocaPrime()], 65_537n)

/** A 2048-bit modulus of two odd primes and 2: even, and yet RSA works modulo it. */
export const newEvenNumbers = (): RsaNumbers => keyOfPrimes([2n, newPrime(1024), newPrime(1023)], 65_537n)

/** DER DigestInfo of SHA-256, RFC 8017 section 9.2. */
export const digestInfo = (
  message: Uint8Array,
  parameters: readonly Uint8Array[] = [encodeNull()],
): Uint8Array =>
  encodeSequence(
    encodeSequence(encodeOid('2.16.840.1.101.3.4.2.1'), ...parameters),
    encodeOctetString(createHash('sha256').update(message).digest()),
  )

/** EMSA-PKCS1-v1_5 of this many octets around a DigestInfo, with what else a test puts behind it. */
export const padded = (length: number, info: Uint8Array, garbage = new Uint8Array(0)): Uint8Array => {
  const ff = new Uint8Array(length - info.length - garbage.length - 3).fill(0xff)
  return Buffer.concat([Uint8Array.of(0, 1), ff, Uint8Array.of(0), info, garbage])
}

/** The octets of the modulus of a key, and so of its signatures. */
export const octetLength = ({ modulus }: RsaNumbers): number => Math.ceil(lengthOf(modulus) / 8)

/** The RSA private operation on an encoded message, RFC 8017 section 5.2.1. */
export const rawSign = (key: RsaNumbers, encoded: Uint8Array): Uint8Array =>
  bigEndian(powerModulo(numberOf(encoded), key.secret, key.modulus), octetLength(key))

/** RSASSA-PKCS1-v1_5 with SHA-256. */
export const signWith = (key: RsaNumbers, message: Uint8Array): Uint8Array =>
  rawSign(key, padded(octetLength(key), digestInfo(message)))
