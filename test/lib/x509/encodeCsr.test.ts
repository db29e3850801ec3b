import 'reflect-metadata'
import { sign } from 'node:crypto'
import { Pkcs10CertificateRequest } from '@peculiar/x509'
import { describe, expect, it } from 'vitest'
import { authorityAlgorithms } from '../../../lib/keys/signer.ts'
import { verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import { encodeCsr, encodeCsrInfo } from '../../../lib/x509/encodeCsr.ts'
import {
  basicConstraintsCa,
  type Extension,
  extKeyUsage,
  keyUsage,
  subjectKeyIdentifier,
} from '../../../lib/x509/extension.ts'
import { encodeName } from '../../../lib/x509/encodeName.ts'
import { signatureAlgorithms } from '../../../lib/x509/signatureAlgorithm.ts'
import { openssl } from '../../openssl.ts'
import { makeKeyPair } from '../profile/fixtures/hierarchy.ts'
import { hex } from './fixtures/octets.ts'

const extensions: readonly Extension[] = [
  subjectKeyIdentifier(new Uint8Array(20).fill(7)),
  basicConstraintsCa(0),
  keyUsage(['keyCertSign']),
  extKeyUsage(['1.3.6.1.5.5.7.3.2', '2.999.87']),
]

const requestOf = (algorithm: (typeof authorityAlgorithms)[number], asked = extensions) => {
  const { publicKey, privateKey } = makeKeyPair(algorithm)
  const subject = encodeName([
    ['O', 'Contoso'],
    ['CN', 'VPN issuer 2'],
  ])
  const info = encodeCsrInfo({ subject, subjectPublicKeyInfo: publicKey.spki, extensions: asked })
  const signature = sign(signatureAlgorithms[algorithm].digest, info, privateKey)
  return { csr: encodeCsr(info, algorithm, signature), info, publicKey }
}

describe.each(authorityAlgorithms)('encodeCsr() with %s', (algorithm) => {
  it('makes a request that openssl verifies and prints', () => {
    const { csr } = requestOf(algorithm)
    const text = openssl(
      ['req', '-inform', 'DER', '-noout', '-verify', '-text', '-nameopt', 'RFC2253'],
      csr,
    ).toString()
    expect(text).toMatch(/Subject: CN=VPN issuer 2,O=Contoso\n/)
    expect(text).toMatch(/CA:TRUE, pathlen:0/)
    expect(text).toMatch(/Certificate Sign\n/)
    expect(text).toMatch(/TLS Web Client Authentication, 2\.999\.87\n/)
  })

  it('makes a request that @peculiar/x509 reads and verifies', async () => {
    const { csr, publicKey } = requestOf(algorithm)
    const read = new Pkcs10CertificateRequest(Uint8Array.from(csr))
    expect(await read.verify()).toBe(true)
    expect(read.subject).toBe('O=Contoso, CN=VPN issuer 2')
    expect(hex(new Uint8Array(read.publicKey.rawData))).toBe(hex(publicKey.spki))
    expect(
      read.extensions.map(({ type, critical, value }) => [type, critical, hex(new Uint8Array(value))]),
    ).toEqual(extensions.map(({ oid, critical, value }) => [oid, critical, hex(value)]))
  })

  it('makes a request that verifyCsr() takes', () => {
    const { csr, publicKey } = requestOf(algorithm)
    expect(hex(verifyCsr(csr).publicKey.spki)).toBe(hex(publicKey.spki))
  })
})

describe('encodeCsrInfo()', () => {
  it('is what is signed, version 0 first (RFC 2986 section 4.1)', () => {
    const { csr, info } = requestOf('ES256')
    expect(hex(csr)).toContain(hex(info))
    const header = info[1] === 0x82 ? 4 : 3
    expect(hex(info.subarray(header, header + 3))).toBe('020100')
  })
})
