import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ecdsaSigValue } from '../../../lib/token/ecdsaSigValue.ts'
import { checkDer, DerReader } from '../../../lib/x509/derReader.ts'
import { derTag } from '../../../lib/x509/derTag.ts'

const octets = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('ecdsaSigValue()', () => {
  it.each([
    ['leaves leading zeros out', '0001 0002', '3006 020101 020102'],
    ['keeps a number positive', '0080 8000', '3009 02020080 0203008000'],
    ['writes zero in one octet', '0000 0000', '3006 020100 020100'],
    ['has a long length for P-521', 'ff'.repeat(132), `30818a ${`024300${'ff'.repeat(66)}`.repeat(2)}`],
  ])('%s', (_, rs, expected) => expect(hex(ecdsaSigValue(octets(rs)))).toBe(hex(octets(expected))))

  it('writes DER that says the same two numbers', () => {
    const octet = fc.oneof(fc.constantFrom(0x00, 0x7f, 0x80, 0xff), fc.integer({ min: 0, max: 0xff }))
    const signatures = fc
      .constantFrom(32, 48, 66)
      .chain((length) => fc.array(octet, { minLength: 2 * length, maxLength: 2 * length }))
      .map((numbers) => Uint8Array.from(numbers))
    const property = fc.property(signatures, (rs) => {
      const der = ecdsaSigValue(rs)
      checkDer(der, 1)
      const members = new DerReader(der).enter(derTag.sequence)
      const [r, s] = [members.readInteger(), members.readInteger()]
      members.end()
      for (const [integer, number] of [
        [r, rs.subarray(0, rs.length / 2)],
        [s, rs.subarray(rs.length / 2)],
      ] as const) {
        expect((integer[0] ?? 0xff) < 0x80).toBe(true)
        expect(BigInt(`0x${hex(integer)}`)).toBe(BigInt(`0x${hex(number)}`))
      }
    })
    fc.assert(property, { numRuns: 300 })
  })
})
