import 'reflect-metadata'
import { X509Certificates } from '@peculiar/x509'
import { generateKeyPairSync, sign } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeCertificate } from '../../../lib/x509/certificate.ts'
import { checkDer } from '../../../lib/x509/checkDer.ts'
import { encodeName } from '../../../lib/x509/encodeName.ts'
import { encodePem, parsePemCertificates } from '../../../lib/x509/pemBlock.ts'
import { encodeCertsOnly } from '../../../lib/x509/encodeCertsOnly.ts'
import { encodeTbsCertificate, serialNumberFrom } from '../../../lib/x509/tbsCertificate.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { openssl } from '../../openssl.ts'
import { hex, octets } from './fixtures/octets.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** A certificate whose length its name chooses. */
const certificateOf = (name: string): Uint8Array => {
  const tbs = encodeTbsCertificate({
    serialNumber: serialNumberFrom(octets('0f 1e 2d 3c')),
    signature: 'ES256',
    issuer: encodeName([['CN', name]]),
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: new Date('2026-01-01T01:00:00Z'),
    subject: encodeName([['CN', name]]),
    subjectPublicKeyInfo: publicKey.export({ format: 'der', type: 'spki' }),
    extensions: [],
  })
  return encodeCertificate(tbs, 'ES256', sign('sha256', tbs, privateKey))
}

const long = certificateOf('a name that makes the encoding the longer one')
const short = certificateOf('b')
const middle = certificateOf('c of middle length')

const hexOf = (certificates: readonly Uint8Array[]) => certificates.map(hex).sort()

describe('encodeCertsOnly()', () => {
  it('writes a SignedData without content, signers and revocation lists', () => {
    // The two members stand for certificates: any element will do, since none is parsed.
    expect(hex(encodeCertsOnly([octets('30 03 02 01 02'), octets('30 03 02 01 01')]))).toBe(
      hex(
        octets(`
          30 2f
            06 09 2a 86 48 86 f7 0d 01 07 02
            a0 22
              30 20
                02 01 01
                31 00
                30 0b
                  06 09 2a 86 48 86 f7 0d 01 07 01
                a0 0a
                  30 03 02 01 01
                  30 03 02 01 02
                31 00`),
      ),
    )
  })

  it('writes what openssl prints the certificates of', () => {
    const printed = openssl(
      ['pkcs7', '-inform', 'DER', '-print_certs'],
      encodeCertsOnly([long, short, middle]),
    )
    expect(hexOf(parsePemCertificates(printed.toString()))).toEqual(hexOf([long, short, middle]))
  })

  it.each([
    ['longer before shorter', [long, short]],
    ['shorter before longer', [short, long]],
    ['three', [middle, long, short]],
    ['one', [short]],
  ])('writes, given %s, the DER that openssl makes of the same certificates', async (_, certificates) => {
    const file = join(await temporaryFolder(), 'certificates.pem')
    await writeFile(file, certificates.map((der) => encodePem('CERTIFICATE', der)).join(''))
    const made = openssl(['crl2pkcs7', '-nocrl', '-certfile', file, '-outform', 'DER'])
    // crl2pkcs7 keeps the order of the file; the set is in DER order once cms has written it anew.
    const inDer = openssl(['cms', '-cmsout', '-inform', 'DER', '-outform', 'DER'], made)
    expect(hex(encodeCertsOnly(certificates))).toBe(hex(inDer))
  })

  it('writes what @peculiar/x509 imports', () => {
    const imported = new X509Certificates(Buffer.from(encodeCertsOnly([long, short, middle])))
    expect(hexOf(imported.map(({ rawData }) => new Uint8Array(rawData)))).toEqual(
      hexOf([long, short, middle]),
    )
  })

  it('writes the same whatever the order, and DER throughout', () => {
    const expected = hex(encodeCertsOnly([long, short, middle]))
    fc.assert(
      fc.property(fc.shuffledSubarray([long, short, middle], { minLength: 3 }), (certificates) => {
        const message = encodeCertsOnly(certificates)
        checkDer(message, 16)
        expect(hex(message)).toBe(expected)
      }),
    )
  })

  it('leaves the order of what it was given alone', () => {
    const given = [long, short]
    encodeCertsOnly(given)
    expect(given).toEqual([long, short])
  })

  it('writes no certificates as an empty set', () => {
    const printed = openssl(['pkcs7', '-inform', 'DER', '-print_certs'], encodeCertsOnly([]))
    expect(printed.toString().trim()).toBe('')
  })
})
