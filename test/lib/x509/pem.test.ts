import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBase64, encodePem, parseCsrPem, parsePemCertificates } from '../../../lib/x509/pem.ts'
import { openssl } from '../../openssl.ts'
import { anyOctets } from './fixtures/arbitraries.ts'
import { hex, octets } from './fixtures/octets.ts'

const labels = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST']
const der = octets('30 03 02 01 05')
const pem = encodePem('CERTIFICATE REQUEST', der)

describe('encodePem()', () => {
  it('breaks lines after 64 characters and ends with a line feed', () => {
    const [first, second, third, ...more] = encodePem('X', new Uint8Array(49)).split('\n')
    expect([first, second, third, ...more]).toEqual([
      '-----BEGIN X-----',
      'A'.repeat(64),
      'AA==',
      '-----END X-----',
      '',
    ])
  })

  it('writes what openssl writes', () => {
    const key = openssl(['genpkey', '-algorithm', 'ed25519', '-outform', 'DER'])
    const spki = openssl(['pkey', '-inform', 'DER', '-pubout', '-outform', 'DER'], key)
    const text = openssl(['pkey', '-inform', 'DER', '-pubout'], key).toString()
    expect(encodePem('PUBLIC KEY', spki)).toBe(text)
  })
})

describe('decodeBase64()', () => {
  it('reads what an encoder wrote, with line breaks anywhere', () => {
    fc.assert(
      fc.property(anyOctets(200), fc.integer({ min: 1, max: 80 }), (bytes, width) => {
        fc.pre(bytes.length > 0)
        const text = Buffer.from(bytes)
          .toString('base64')
          .replaceAll(new RegExp(`.{${width}}`, 'g'), '$&\r\n')
        expect(hex(decodeBase64(text) ?? octets(''))).toBe(hex(bytes))
      }),
    )
  })

  it.each([
    ['nothing', ''],
    ['line breaks alone', '\r\n'],
    ['missing padding', 'AA'],
    ['too much padding', 'AAAA='],
    ['padding in the middle', 'AA==AAAA'],
    ['bits beyond the last octet', 'AB=='],
    ['the base64url alphabet', '-_-_'],
    ['a space', 'AAAA AAAA'],
    ['a tab', 'AAAA\tAAAA'],
    ['a character of no alphabet', 'AAA*'],
    ['a character that latin1 folds onto another', 'AAAÁ'],
  ])('gives undefined for %s', (_what, text) => {
    expect(decodeBase64(text)).toBeUndefined()
  })
})

describe('parseCsrPem()', () => {
  it('reads back what encodePem() wrote', () => {
    fc.assert(
      fc.property(anyOctets(300), fc.constantFrom(...labels), (bytes, label) => {
        fc.pre(bytes.length > 0)
        expect(hex(parseCsrPem(encodePem(label, bytes), labels))).toBe(hex(bytes))
      }),
    )
  })

  it.each([
    ['CRLF line ends', pem.replaceAll('\n', '\r\n')],
    ['white space around it', `\r\n\t\v\f  ${pem} \f\v\n\n`],
    ['no line feed at its end', pem.trimEnd()],
    ['one long line', pem.replace(/(?<=[A-Za-z0-9+/=])\n(?=[A-Za-z0-9+/=])/g, '')],
    ["Microsoft's older label", pem.replaceAll('CERTIFICATE', 'NEW CERTIFICATE')],
  ])('accepts %s', (_what, text) => {
    expect(hex(parseCsrPem(text, labels))).toBe(hex(der))
  })

  it.each([
    ['an empty text', '', /exactly one object/],
    ['a byte order mark of UTF-8', `\u00ef\u00bb\u00bf${pem}`, /byte order mark/],
    ['a byte order mark of UTF-16', `\u00ff\u00fe${pem}`, /byte order mark/],
    ['DER', Buffer.from(der).toString('latin1'), /exactly one object/],
    ['bare base64', Buffer.from(der).toString('base64'), /exactly one object/],
    ['text before it', `Certificate Request:\n${pem}`, /exactly one object/],
    ['text after it', `${pem}x`, /exactly one object/],
    ['two objects', pem + pem, /exactly one object/],
    ['no END line', pem.slice(0, 60), /exactly one object/],
    ['an empty object', pem.replace(/\n.*\n/, '\n\n'), /base64 is broken/],
    ['headers of RFC 1421', pem.replace('\n', '\nProc-Type: 4,ENCRYPTED\n'), /exactly one object/],
    ['another label', encodePem('CERTIFICATE', der), /label/],
    ['labels that differ', pem.replace('END ', 'END NEW '), /label/],
    [
      'base64 without its padding',
      encodePem('CERTIFICATE REQUEST', octets('00')).replace('==', ''),
      /base64/,
    ],
    ['a no-break space before it, which is no ASCII', `\u00a0${pem}`, /exactly one object/],
    ['a no-break space after it', `${pem}\u00a0`, /exactly one object/],
    ['a NUL', pem.replace('M', '\0'), /exactly one object/],
  ])('refuses %s', (_what, text, detail) => {
    expect(() => parseCsrPem(text, labels)).toRefuse('csr-malformed', detail)
  })

  it('reads a hostile text in linear time', () => {
    const spaces = ' '.repeat(200_000)
    expect(() => parseCsrPem(`${spaces}x${spaces}`, labels)).toRefuse('csr-malformed')
    expect(() => parseCsrPem(`-----BEGIN X-----\n${'A'.repeat(200_000)}`, labels)).toRefuse('csr-malformed')
  })
})

describe('parsePemCertificates()', () => {
  const first = encodePem('CERTIFICATE', octets('30 00'))
  const second = encodePem('CERTIFICATE', der)

  it('splits a chain, whatever text stands around its certificates', () => {
    const chain = `subject=CN = a\n${first}\r\nissuer=CN = b\n${second.replaceAll('\n', '\r\n')}end`
    expect(parsePemCertificates(chain).map(hex)).toEqual(['3000', hex(der)])
  })

  it('finds none where there is none', () => {
    expect(parsePemCertificates('')).toEqual([])
    expect(parsePemCertificates(encodePem('PRIVATE KEY', der))).toEqual([])
  })

  it.each([
    ['base64 is broken', second.replace('M', 'M*')],
    ['END line is missing', second.slice(0, 40)],
    ['END line belongs to something else', second.replace('END CERTIFICATE', 'END PRIVATE KEY')],
    ['body is empty', '-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----\n'],
  ])("refuses a chain of which one certificate's %s, instead of dropping it", (_what, broken) => {
    expect(() => parsePemCertificates(first + broken)).toRefuse('certificate-malformed')
    expect(() => parsePemCertificates(broken + first)).toRefuse('certificate-malformed')
  })
})
