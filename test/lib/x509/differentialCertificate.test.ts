import { sign } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import { Certificate as LibraryCertificate } from '@peculiar/asn1-x509'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { encodeCertificate, parseCertificate } from '../../../lib/x509/certificate.ts'
import { fuzzRuns } from '../../fuzzRuns.ts'
import { corpusCertificates, corpusKeys } from './fixtures/corpus.ts'
import { derMutationsOf, elementMutationOf } from './fixtures/mutations.ts'
import { hex } from './fixtures/octets.ts'
import { refusedByOpenssl, refusalOr, unlessRefused } from './fixtures/oracles.ts'

const signedCertificate = (tbs: Uint8Array) =>
  encodeCertificate(tbs, 'ES256', sign('sha256', tbs, corpusKeys.p256))
const ownTbs = parseCertificate(corpusCertificates[0] ?? new Uint8Array()).signed
const certificates = fc.oneof(
  derMutationsOf(corpusCertificates),
  elementMutationOf(Uint8Array.from(ownTbs)).map(signedCertificate),
)

const libraryFieldsOf = (der: Uint8Array) => {
  const { tbsCertificate: tbs, signatureValue } = AsnConvert.parse(der, LibraryCertificate)
  const der64 = (value: unknown) => hex(new Uint8Array(AsnConvert.serialize(value)))
  return {
    serialNumber: hex(new Uint8Array(tbs.serialNumber)),
    issuer: der64(tbs.issuer),
    subject: der64(tbs.subject),
    spki: der64(tbs.subjectPublicKeyInfo),
    notBefore: tbs.validity.notBefore.getTime().getTime(),
    notAfter: tbs.validity.notAfter.getTime().getTime(),
    extensions: (tbs.extensions ?? []).map(({ extnID, critical, extnValue }) => [
      extnID,
      critical,
      hex(new Uint8Array(extnValue.buffer)),
    ]),
    signature: hex(new Uint8Array(signatureValue)),
  }
}

const fieldsOf = (der: Uint8Array) => {
  const { tbs, signature } = parseCertificate(der)
  return {
    serialNumber: hex(tbs.serialNumber),
    issuer: hex(tbs.issuer),
    subject: hex(tbs.subject),
    spki: hex(tbs.subjectPublicKeyInfo),
    notBefore: tbs.notBefore.getTime(),
    notAfter: tbs.notAfter.getTime(),
    extensions: tbs.extensions.map(({ oid, critical, value }) => [oid, critical, hex(value)]),
    signature: hex(signature),
  }
}

const opaque = new Set(
  corpusCertificates.map(fieldsOf).flatMap(({ issuer, subject, spki }) => [issuer, subject, spki]),
)

describe('A certificate that Mayfly accepts', () => {
  it('says the same to @peculiar/x509, and openssl reads it', () => {
    const accepted: Uint8Array[] = []
    let compared = 0
    fc.assert(
      fc.property(certificates, (der) => {
        if (refusalOr(() => parseCertificate(der)) instanceof Refusal) return
        const fields = fieldsOf(der)
        // Names and keys are octets to parseCertificate(): lint rules and node:crypto read them.
        const isWhole = [fields.issuer, fields.subject, fields.spki].every((octets) => opaque.has(octets))
        if (isWhole) accepted.push(der)
        const theirs = unlessRefused(() => libraryFieldsOf(der))
        compared += theirs ? 1 : 0
        if (theirs || isWhole) expect(theirs).toEqual(fields)
      }),
      { numRuns: fuzzRuns(1000) },
    )
    expect(compared).toBeGreaterThan(100)
    expect(accepted.length).toBeGreaterThan(50)
    expect(refusedByOpenssl('x509', accepted.slice(0, 100))).toEqual([])
  })
})
