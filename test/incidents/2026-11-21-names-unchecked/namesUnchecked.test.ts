import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parseCertificate } from '../../../lib/x509/certificate.ts'
import { openssl } from '../../openssl.ts'

const certificate = Uint8Array.from(readFileSync(new URL('certificate.der', import.meta.url)))

it('a certificate whose issuer is no Name is refused, as openssl refuses it', () => {
  expect(() => parseCertificate(certificate)).toRefuse(
    'certificate-malformed',
    /expected tag 0x31, found tag 0xa3/,
  )
  expect(() => openssl(['x509', '-inform', 'DER', '-noout'], certificate)).toThrow(/ended with 1/)
})
