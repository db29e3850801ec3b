import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkDer } from '../../../lib/x509/checkDer.ts'
import { derTag } from '../../../lib/x509/derTag.ts'
import { encodeElement, encodeSmallInteger, encodeTime } from '../../../lib/x509/encodeElement.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { hex } from './fixtures/octets.ts'
import { seenByLibrary } from './fixtures/oracles.ts'

describe('encodeTime()', () => {
  const around2050 = fc.integer({ min: Date.UTC(2049, 11, 31), max: Date.UTC(2050, 0, 2) })
  const anyTime = fc.integer({ min: Date.UTC(1, 0, 1) - 2 ** 50, max: Date.UTC(9999, 11, 31) + 2 ** 45 })
  const moment = fc.oneof(around2050, anyTime).map((milliseconds) => new Date(milliseconds))

  it('writes the second of every time from 1950 to 9999 in the form of its year, and refuses any other', () => {
    fc.assert(
      fc.property(moment, (time) => {
        const year = time.getUTCFullYear()
        if (year < 1950 || year > 9999) {
          expect(() => encodeTime(time)).toThrow(RangeError)
          return
        }
        const encoded = encodeTime(time)
        const text = Buffer.from(encoded.subarray(2)).toString()
        const digits = time.toISOString().replaceAll(/[-:T]|\.\d+/g, '')
        expect(() => checkDer(encoded, 0)).not.toThrow()
        expect([encoded[0], text]).toEqual(
          year < 2050 ? [derTag.utcTime, digits.slice(2)] : [derTag.generalizedTime, digits],
        )
      }),
      {
        numRuns: fuzzRuns(500),
        examples: [
          [new Date('1949-12-31T23:59:59.999Z')],
          [new Date('1950-01-01T00:00:00Z')],
          [new Date('9999-12-31T23:59:59.999Z')],
          [new Date('+010000-01-01T00:00:00Z')],
        ],
      },
    )
    expect(() => encodeTime(new Date(Number.NaN))).toThrow(RangeError)
  })
})

describe('encodeElement()', () => {
  it('writes lengths that others read, up to those of three octets, and refuses longer ones', () => {
    const sizes = [0, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0xffffff]
    for (const size of sizes) {
      const encoded = encodeElement(derTag.octetString, new Uint8Array(size))
      expect(seenByLibrary(encoded)).toMatchObject([{ length: size, headerLength: encoded.length - size }])
      expect(() => checkDer(encoded, 0)).not.toThrow()
    }
    expect(() => encodeElement(derTag.octetString, new Uint8Array(0x1000000))).toThrow(RangeError)
  })
})

describe('encodeSmallInteger()', () => {
  it('writes the integers from 0 to 127 and refuses every other number', () => {
    const number = fc.oneof(fc.integer({ min: -300, max: 300 }), fc.double())
    fc.assert(
      fc.property(number, (value) => {
        const isSmall = Number.isInteger(value) && value >= 0 && value <= 127
        if (isSmall) expect(hex(encodeSmallInteger(value))).toBe(`0201${hex(Uint8Array.of(value))}`)
        else expect(() => encodeSmallInteger(value)).toThrow(RangeError)
      }),
      { numRuns: fuzzRuns(300) },
    )
  })
})
