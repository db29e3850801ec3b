import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Certificate, parseCertificate } from '../../../lib/x509/certificate.ts'
import { verifyCsr } from '../../../lib/x509/verifyCsr.ts'
import { decodeCsr } from '../../../lib/x509/decodeCsr.ts'
import { DerReader } from '../../../lib/x509/derReader.ts'
import { derTag } from '../../../lib/x509/derTag.ts'
import { subjectKeyIdentifier } from '../../../lib/x509/extension.ts'
import { keyIdentifier } from '../../../lib/x509/publicKey.ts'
import { encodeTbsCertificate } from '../../../lib/x509/tbsCertificate.ts'
import { testUser } from '../../tokens.ts'
import { createWorld, type World } from '../../world.ts'
import { requestedValues } from '../x509/fixtures/requestedValues.ts'

const folder = fileURLToPath(new URL('../../vectors/csr/accepted/', import.meta.url))

const requests = readdirSync(folder).map((file) => ({
  file,
  csr: readFileSync(join(folder, file)),
}))

/** DER SubjectPublicKeyInfo of a request, and the octets of its BIT STRING, read apart from lib/x509/verifyCsr.ts. */
const keyOf = (der: Uint8Array) => {
  const info = new DerReader(der).enter(derTag.sequence).enter(derTag.sequence)
  info.readAny()
  info.readAny()
  const spki = info.read(derTag.sequence)
  const members = new DerReader(spki.contents)
  members.readAny()
  return { spki: spki.encoding, bits: members.readOctetAlignedBitString() }
}

/** The TBSCertificate that differs from another one in serial number and key, and in nothing else. */
const withKeyOf = ({ tbs }: Certificate, other: Certificate, der: Uint8Array): Uint8Array => {
  const { spki, bits } = keyOf(der)
  const own = subjectKeyIdentifier(keyIdentifier(bits))
  return encodeTbsCertificate({
    ...tbs,
    serialNumber: other.tbs.serialNumber,
    subjectPublicKeyInfo: spki,
    extensions: tbs.extensions.map((extension) => (extension.oid === own.oid ? own : extension)),
  })
}

const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex')

/** What a tenant may put into certificates: as little as can be, and all there is. */
const profiles = [
  { profile: 'the least', certificate: {} },
  {
    profile: 'everything',
    certificate: {
      includeRfc822Name: true,
      includeDeviceId: true,
      policyOid: '1.3.6.1.4.1.99999.7',
      sid: { mode: 'required', domains: [testUser.sid.replace(/-\d+$/, '')] },
    },
  },
]

describe.each(profiles)('a certificate of a tenant that puts $profile into it', ({ certificate }) => {
  let world: World
  let plain: Certificate

  beforeAll(async () => {
    world = await createWorld({ document: { certificate } })
    plain = parseCertificate((await world.enroll()).entry.certificate)
  })

  afterAll(() => world[Symbol.asyncDispose]())

  it.each(requests)('owes nothing to the request but its key: $file', async ({ csr }) => {
    const { entry } = await world.enroll({ csr })
    const leaf = parseCertificate(entry.certificate)
    const der = decodeCsr(csr)
    expect(entry.keyHash).toBe(verifyCsr(der).keyHash)
    expect(hex(leaf.signed)).toBe(hex(withKeyOf(plain, leaf, der)))
    for (const value of requestedValues(der)) expect(hex(entry.certificate)).not.toContain(hex(value))
  })
})

describe('the requests that are enrolled', () => {
  const values = requests.flatMap(({ csr }) => requestedValues(decodeCsr(csr)))
  const texts = values.map((value) => Buffer.from(value).toString('latin1'))

  it.each([
    'administrator@contoso.example',
    'mallory@fabrikam.example',
    'dc01.contoso.example',
    'urn:uuid:ffffffff-1111-4222-8333-444444444444',
    'S-1-5-21-1111111111-2222222222-3333333333-500',
    'http://ocsp.fabrikam.example/',
    'tr0ub4dor',
    'LAPTOP7.contoso.example',
    Buffer.from('DomainController', 'utf16le').swap16().toString('latin1'),
  ])('ask for %j', (text) => {
    expect(texts).toContain(text)
  })
})
