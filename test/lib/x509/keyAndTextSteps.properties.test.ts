import { createPublicKey } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { decodeBase64 } from '../../../lib/text/decodeText.ts'
import { decodeCsr } from '../../../lib/x509/decodeCsr.ts'
import { encodePem, parsePemCertificates } from '../../../lib/x509/pemBlock.ts'
import { parsePublicKey } from '../../../lib/x509/publicKey.ts'
import { isRocaModulus } from '../../../lib/x509/isRocaModulus.ts'
import { countedOctets } from './fixtures/countedOctets.ts'
import { rsaSpki } from './fixtures/csr.ts'
import { octets } from './fixtures/octets.ts'

vi.mock('node:crypto', { spy: true })
vi.mock('../../../lib/x509/isRocaModulus.ts', { spy: true })
afterEach(() => void vi.restoreAllMocks())

/** Runs a parser that may refuse. */
const parsing = (parse: () => unknown): void => {
  try {
    parse()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
  }
}

describe('An RSA key', () => {
  const keyOf = (octetsOfModulus: number) =>
    rsaSpki(new Uint8Array(octetsOfModulus).fill(0xff), octets('01 00 01'))

  it.each([128, 513, 1024, 2000])('of %i octets reaches neither node:crypto nor the ROCA check', (length) => {
    vi.mocked(createPublicKey).mockClear()
    vi.mocked(isRocaModulus).mockClear()
    expect(() => parsePublicKey(keyOf(length))).toRefuse('csr-key-refused', /modulus has \d+ bits/)
    expect(createPublicKey).not.toHaveBeenCalled()
    expect(isRocaModulus).not.toHaveBeenCalled()
  })

  it.each([256, 512])('of %i octets reaches both once', (length) => {
    vi.mocked(createPublicKey).mockClear()
    vi.mocked(isRocaModulus).mockClear()
    parsing(() => parsePublicKey(keyOf(length)))
    expect(isRocaModulus).toHaveBeenCalledTimes(1)
    expect(createPublicKey).toHaveBeenCalledTimes(1)
  })

  it('is taken modulo each of 38 primes at the most', () => {
    const counted = countedOctets(new Uint8Array(512).fill(0x01))
    isRocaModulus(counted.bytes)
    expect(counted.looks()).toBeLessThanOrEqual(38 * 512)
  })
})

/** How many octets or characters are given to Buffer.from(), which copies them, or of which a text is made. */
const copiedBy = (parse: () => unknown): number => {
  const from = vi.spyOn(Buffer, 'from')
  parsing(parse)
  const calls: readonly unknown[][] = from.mock.calls
  const sizes = calls.map(([value, , length = (value as ArrayLike<unknown>).length]) => Number(length))
  from.mockRestore()
  return sizes.reduce((sum, size) => sum + size, 0)
}

describe('PEM and base64 are copied a bounded number of times:', () => {
  const der = (n: number) => new Uint8Array(n).fill(0x30)
  const base64 = (n: number) => Buffer.from(der(n)).toString('base64')
  const texts: readonly (readonly [string, (n: number) => string, (text: string) => unknown])[] = [
    ['base64 in one line', base64, decodeBase64],
    ['base64 of one character a line', (n) => base64(n).replaceAll(/./g, '$&\n'), decodeBase64],
    ['line breaks alone', (n) => '\r\n'.repeat(n), decodeBase64],
    [
      'a PEM request',
      (n) => encodePem('CERTIFICATE REQUEST', der(n)),
      (text) => decodeCsr(Buffer.from(text)),
    ],
    [
      'a PEM request of one character a line',
      (n) => encodePem('CERTIFICATE REQUEST', der(n)).replaceAll(/[A-Za-z0-9+/=](?!.*-)/g, '$&\n'),
      (text) => decodeCsr(Buffer.from(text)),
    ],
    ['a PEM chain', (n) => encodePem('CERTIFICATE', octets('30 00')).repeat(n), parsePemCertificates],
    ['the beginnings of a PEM chain', (n) => '-----BEGIN CERTIFICATE-----'.repeat(n), parsePemCertificates],
    [
      'a PEM chain without ends',
      (n) => '-----BEGIN CERTIFICATE-----\nAAAA\n'.repeat(n),
      parsePemCertificates,
    ],
  ]

  it.each(texts)('%s', (_name, family, parse) => {
    for (const n of [100, 1000]) {
      const [small, large] = [family(n), family(2 * n)]
      const [once, twice] = [copiedBy(() => parse(small)), copiedBy(() => parse(large))]
      expect(once).toBeLessThanOrEqual(5 * small.length)
      expect(twice).toBeLessThanOrEqual(2.2 * once + 64)
    }
  })
})
