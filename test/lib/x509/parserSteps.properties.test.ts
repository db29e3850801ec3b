import { afterEach, describe, expect, it, vi } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { maxCsrOctets, verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import { checkDer } from '../../../lib/x509/checkDer.ts'
import { DerError, DerReader } from '../../../lib/x509/derReader.ts'
import { derTag } from '../../../lib/x509/derTag.ts'
import {
  encodeBitString,
  encodeContext,
  encodeElement,
  encodeNull,
  encodeOid,
  encodeSequence,
} from '../../../lib/x509/encodeElement.ts'
import {
  decodeExtKeyUsage,
  decodeSubjectAltName,
  extKeyUsage,
  subjectAltName,
} from '../../../lib/x509/extension.ts'
import { decodeName, encodeName } from '../../../lib/x509/encodeName.ts'
import { encodeTbsCertificate, parseTbsCertificate } from '../../../lib/x509/tbsCertificate.ts'
import { corpusKeys, corpusTbs } from './fixtures/corpus.ts'
import { countedOctets } from './fixtures/countedOctets.ts'
import { assembleCsr, signedBy } from './fixtures/csr.ts'
import { octets } from './fixtures/octets.ts'

afterEach(() => void vi.restoreAllMocks())

/** Runs a parser that may refuse. */
const parsing = (parse: () => unknown): void => {
  try {
    parse()
  } catch (error) {
    if (!(error instanceof DerError || error instanceof Refusal)) throw error
  }
}

const repeated = (count: number, element: Uint8Array) => Array.from({ length: count }, () => element)
const nested = (levels: number, core: Uint8Array): Uint8Array =>
  levels === 0 ? core : encodeSequence(nested(levels - 1, core))
const tree = (levels: number): Uint8Array =>
  levels === 0 ? encodeNull() : encodeSequence(tree(levels - 1), tree(levels - 1))
const filled = (tag: number, count: number, octet: number) =>
  encodeElement(tag, new Uint8Array(count).fill(octet))

/** Families of encodings that grow with n: what costs a careless reader more than n steps. */
const families: readonly (readonly [string, (n: number) => Uint8Array])[] = [
  ['nested sequences', (n) => nested(n, encodeNull())],
  ['nested indefinite lengths', (n) => octets('3080'.repeat(n))],
  ['nested sequences that are cut', (n) => octets('30837fffff'.repeat(n))],
  ['members without contents', (n) => encodeSequence(...repeated(n, encodeNull()))],
  ['empty sequences', (n) => encodeSequence(...repeated(n, encodeSequence()))],
  [
    'empty sequences at the deepest level',
    (n) => nested(10, encodeSequence(...repeated(n, encodeSequence()))),
  ],
  ['a binary tree', (n) => tree(Math.floor(Math.log2(n)))],
  ['an object identifier of many arcs', (n) => filled(derTag.oid, n, 0x7f)],
  ['an object identifier of one arc', (n) => filled(derTag.oid, n, 0xff)],
  ['many object identifiers', (n) => encodeSequence(...repeated(n, encodeOid('1.2.840.113549.1.1.11')))],
  ['a long integer', (n) => filled(derTag.integer, n, 0x55)],
  ['a long integer of zeros', (n) => filled(derTag.integer, n, 0x00)],
  ['a long bit string', (n) => encodeBitString(new Uint8Array(n))],
  ['a long octet string of elements', (n) => filled(derTag.octetString, n, 0x30)],
  ['members after the element', (n) => Buffer.concat(repeated(n, encodeNull()))],
]

describe('checkDer() looks at each octet a bounded number of times:', () => {
  const looksAt = (der: Uint8Array): number => {
    const counted = countedOctets(der)
    parsing(() => checkDer(counted.bytes, 12))
    return counted.looks()
  }

  it.each(families)('%s', (_name, family) => {
    for (const n of [64, 512, 4096]) {
      const [small, large] = [family(n), family(2 * n)]
      expect(looksAt(small)).toBeLessThanOrEqual(2 * small.length + 64)
      expect(looksAt(large)).toBeLessThanOrEqual(2.2 * looksAt(small) + 64)
    }
  })

  it('nested sequences cost no more once they are too deep', () => {
    expect(looksAt(nested(5000, encodeNull()))).toBe(looksAt(nested(5000, encodeSequence())))
    expect(looksAt(nested(5000, encodeNull()))).toBeLessThan(64)
  })
})

/** How many elements a parser reads. */
const elementsReadBy = (parse: () => unknown): number => {
  const readAny = vi.spyOn(DerReader.prototype, 'readAny')
  parsing(parse)
  const { length } = readAny.mock.calls
  readAny.mockRestore()
  return length
}

const attribute = encodeSequence(encodeOid('1.2.3'), encodeElement(derTag.set, encodeNull()))
const signer = signedBy(corpusKeys.ed25519, 'EdDSA')
const csrWith = (count: number) =>
  assembleCsr({ ...signer, attributes: encodeContext(0, ...repeated(count, attribute)) })
const names = (count: number) => Array.from({ length: count }, () => ['CN', 'a'] as const)
const upns = (count: number) => Array.from({ length: count }, () => ({ kind: 'upn', value: 'a' }) as const)
const tbsWith = (count: number) =>
  encodeTbsCertificate({
    ...corpusTbs,
    subject: encodeName(names(count)),
    extensions: Array.from({ length: count }, () => corpusTbs.extensions).flat(),
  })

describe('The elements that a parser reads grow with those that there are:', () => {
  const parsers: readonly (readonly [string, (n: number) => () => unknown])[] = [
    ['parseTbsCertificate()', (n) => () => parseTbsCertificate(tbsWith(n))],
    ['decodeName()', (n) => () => decodeName(encodeName(names(n)))],
    ['decodeExtKeyUsage()', (n) => () => decodeExtKeyUsage(extKeyUsage(Array(n).fill('1.2.3')).value)],
    ['decodeSubjectAltName()', (n) => () => decodeSubjectAltName(subjectAltName(upns(n)).value)],
    ['sets', (n) => () => checkDer(encodeElement(derTag.set, ...repeated(n, encodeNull())), 12)],
  ]
  it.each(parsers)('%s', (_name, parser) => {
    const [once, twice] = [elementsReadBy(parser(200)), elementsReadBy(parser(400))]
    expect(once).toBeGreaterThanOrEqual(200)
    expect(twice).toBeLessThanOrEqual(2.2 * once)
  })

  it('and verifyCsr() reads none of what it drops, nor of a request that is too large', () => {
    expect(elementsReadBy(() => verifyCsr(csrWith(400)))).toBe(elementsReadBy(() => verifyCsr(csrWith(1))))
    expect(elementsReadBy(() => verifyCsr(csrWith(2000)))).toBe(0)
    expect(csrWith(2000).length).toBeGreaterThan(maxCsrOctets)
  })
})
