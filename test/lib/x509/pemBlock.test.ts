import { describe, expect, it } from 'vitest'
import { encodePem, parsePem, parsePemCertificates } from '../../../lib/x509/pemBlock.ts'
import { openssl } from '../../openssl.ts'
import { hex, octets } from './fixtures/octets.ts'

const der = octets('30 03 02 01 05')
const pem = encodePem('X', der)
const base64 = Buffer.from(der).toString('base64')

describe('encodePem()', () => {
  it('breaks lines after 64 characters and ends with a line feed', () => {
    const [first, second, third, ...more] = encodePem('X', new Uint8Array(49)).split('\n')
    expect(first).toBe('-----BEGIN X-----')
    expect(second).toHaveLength(64)
    expect(third).toBe('AA==')
    expect(more).toEqual(['-----END X-----', ''])
  })

  it('writes what openssl writes', () => {
    const key = openssl(['genpkey', '-algorithm', 'ed25519', '-outform', 'DER'])
    const spki = openssl(['pkey', '-inform', 'DER', '-pubout', '-outform', 'DER'], key)
    const text = openssl(['pkey', '-inform', 'DER', '-pubout'], key).toString()
    expect(encodePem('PUBLIC KEY', spki)).toBe(text)
  })
})

describe('parsePem()', () => {
  it.each([
    ['as we write it', pem],
    ['with CRLF', pem.replaceAll('\n', '\r\n')],
    ['with CR alone', pem.replaceAll('\n', '\r')],
    ['in one line', pem.replaceAll('\n', '')],
    ['in one line, with spaces', pem.replaceAll('\n', ' ')],
    ['with spaces at line ends', pem.replaceAll('\n', ' \t\n')],
    ['with lines that are indented', pem.replaceAll(/^/gm, '    ')],
    ['with empty lines', pem.replaceAll('\n', '\n\n')],
    ['after text, and before some', `Version: 1\n-- a --\n${pem}that is all\n`],
    ['without its last line end', pem.trimEnd()],
    ['of the alphabet for URLs', pem.replace(base64, base64.replaceAll('+', '-').replaceAll('/', '_'))],
    ['with headers', pem.replace('-----\n', '-----\nComment: a: b\nX-Mailer: c\n\n')],
  ])('reads an object %s', (_how, text) => {
    const blocks = parsePem(text).map((block) => ({ ...block, der: block.der && hex(block.der) }))
    expect(blocks).toEqual([{ label: 'X', der: hex(der) }])
  })

  it.each([
    ['without an end', pem.slice(0, 25)],
    ['whose end has another label', pem.replace('END X', 'END Y')],
    ['that is empty', pem.replace(base64, '')],
    ['whose base64 is broken', pem.replace(base64, 'A*')],
    ['that is quoted', pem.replaceAll(/^/gm, '> ')],
    ['with escaped line ends', pem.replaceAll('\n', '\\n')],
    ['with headers that do not end', pem.replace('-----\n', '-----\nComment: a\n')],
    ['that is encrypted', pem.replace('-----\n', '-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: x\n\n')],
    ['before another begins', `-----BEGIN X-----\n${base64}`],
  ])('tells of an object %s that it is broken', (_what, text) =>
    expect(parsePem(text)).toEqual([{ label: 'X', der: undefined }]),
  )

  it('finds all objects, and none where there is none', () => {
    expect(parsePem(`${pem}\n${encodePem('Y Z', der)}`).map(({ label }) => label)).toEqual(['X', 'Y Z'])
    expect(parsePem('')).toEqual([])
    expect(parsePem(pem.replace('BEGIN', 'END'))).toEqual([])
  })

  it('reads a hostile text in linear time', () => {
    expect(parsePem(' '.repeat(200_000))).toEqual([])
    expect(parsePem('-----BEGIN '.repeat(50_000))).toHaveLength(25_000)
    expect(parsePem(`-----BEGIN X-----\n${'A: \n'.repeat(100_000)}`)).toHaveLength(1)
  })
})

describe('parsePemCertificates()', () => {
  const first = encodePem('CERTIFICATE', octets('30 00'))
  const second = encodePem('CERTIFICATE', der)

  it('takes a chain apart, whatever stands around its certificates', () => {
    const chain = `subject=CN = a\n${first}\r\nissuer=CN = b\n${pem}${second.replaceAll('\n', '\r\n')}end`
    expect(parsePemCertificates(chain).map(hex)).toEqual(['3000', hex(der)])
  })

  it('finds none where there is none', () => expect(parsePemCertificates(pem)).toEqual([]))

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
