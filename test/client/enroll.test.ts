import 'reflect-metadata'
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509'
import { describe, expect, it } from 'vitest'
import { clientKeyOf } from '../../client/credential/clientKey.ts'
import { createCsr } from '../../client/credential/createCsr.ts'
import { enroll } from '../../client/enroll.ts'
import { DerReader } from '../../lib/x509/derReader.ts'
import { derTag } from '../../lib/x509/derTag.ts'
import { encodePem, parsePemCertificates } from '../../lib/x509/pemBlock.ts'
import { freePort } from '../../local/freePort.ts'
import { openssl } from '../openssl.ts'
import { problemReply, serve } from './serve.ts'
import { makeCertificate, makeKey, requestedKey, spkiOf, testAuthority } from './testAuthority.ts'

const authority = testAuthority()
const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl'

type HonestReply = ReturnType<typeof authority.reply>

/** A service whose replies are honest but for what `change` does to them. */
const serveReplies = (change: (reply: HonestReply, body: string) => object = (reply) => reply) =>
  serve(({ body }) => ({ status: 201, body: change(authority.reply(body), body) }))

const enrollAt = (url: string, privateKey: KeyObject = makeKey()) =>
  enroll({ url, tenant: 'contoso', token, key: clientKeyOf(privateKey) })

/** Enrolls with a service that changes its replies so. */
const enrollWith = async (change: (reply: HonestReply, body: string) => object) =>
  enrollAt((await serveReplies(change)).url)

describe('enroll()', () => {
  it('sends token and request, and returns what the service says', async () => {
    const replies: unknown[] = []
    const service = await serveReplies((reply) => {
      replies.push(reply)
      return reply
    })
    const enrolled = await enrollAt(service.url)
    expect([enrolled]).toEqual(replies)
    const [received] = service.received
    expect(received).toMatchObject({ method: 'POST', path: '/v1/contoso/certificates' })
    expect(received?.headers).toMatchObject({
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      'content-type': 'application/json',
    })
  })

  it('sends the tokens about the device that it is given, and refuses what is none before anything is sent', async () => {
    const service = await serveReplies()
    const enrollFrom = (posture: string | undefined, attestation: string | undefined) =>
      enroll({
        url: service.url,
        tenant: 'contoso',
        token,
        key: clientKeyOf(makeKey()),
        posture,
        attestation,
      })
    await enrollFrom('p.o.s', 'a.t.t')
    await enrollFrom(undefined, 'a.t.t')
    const sent = service.received.map(({ body }) => JSON.parse(body) as object)
    expect(sent).toMatchObject([{ posture: 'p.o.s', attestation: 'a.t.t' }, { attestation: 'a.t.t' }])
    expect(sent[1]).not.toHaveProperty('posture')
    for (const wrong of ['', 'a b', 'a\nb', '{}'])
      await expect(enrollFrom(wrong, undefined)).toRefuse('usage-wrong', /the posture token is empty or/)
    await expect(enrollFrom(undefined, 'a"b')).toRefuse('usage-wrong', /the attestation token is empty or/)
    expect(service.received).toHaveLength(2)
  })

  it('asks for its own key and keeps the private one to itself', async () => {
    const privateKey = makeKey()
    const service = await serveReplies()
    await enrollAt(service.url, privateKey)
    const [{ body, headers } = { body: '', headers: {} }] = service.received
    expect(Object.keys(JSON.parse(body) as object)).toEqual(['csr'])
    expect(requestedKey(body)).toEqual(spkiOf(privateKey))
    const { d = '' } = privateKey.export({ format: 'jwk' })
    const sent = Buffer.from(
      (JSON.parse(body) as { csr: string }).csr.replaceAll(/-----.*-----/g, ''),
      'base64',
    )
    expect(sent.includes(Buffer.from(d, 'base64url'))).toBe(false)
    expect(JSON.stringify(headers)).not.toContain(d)
  })

  it('accepts a chain of several certificates', async () => {
    const enrolled = await enrollWith((reply) => ({ ...reply, chain: [authority.issuer, authority.root] }))
    expect(enrolled.chain).toEqual([authority.issuer, authority.root])
  })

  it('puts a tenant with odd characters into one segment of the path', async () => {
    const service = await serveReplies()
    await enroll({ url: service.url, tenant: 'a/b?c#d', token, key: clientKeyOf(makeKey()) })
    expect(service.received[0]?.path).toBe('/v1/a%2Fb%3Fc%23d/certificates')
  })

  it('throws the refusal of the service', async () => {
    const service = await serve(() => problemReply(403, 'device-not-compliant'))
    await expect(enrollAt(service.url)).toRefuse('device-not-compliant')
  })

  it('sends nothing over plain http to another machine', async () => {
    const service = await serve(() => ({ status: 201, body: {} }))
    const disguised = `http://0.0.0.0:${service.port}`
    expect((await fetch(disguised)).status).toBe(201)
    expect(service.received).toHaveLength(1)
    await expect(enrollAt(disguised)).toRefuse('usage-wrong', /must be https/)
    expect(service.received).toHaveLength(1)
  })

  it.each(['', 'two\nlines', 'with space', 'ключ', 'e\0y'])(
    'sends no token that cannot be one (%j), and does not repeat it',
    async (wrong) => {
      const url = `http://127.0.0.1:${await freePort()}`
      const enrolling = enroll({ url, tenant: 'contoso', token: wrong, key: clientKeyOf(makeKey()) })
      await expect(enrolling).toRefuse('usage-wrong', /^Cannot enroll: the token is empty or has characters/)
    },
  )
})

/** The PEM certificate with one more octet at its end. */
const withTail = (pem: string): string => {
  const [der = Uint8Array.of()] = parsePemCertificates(pem)
  return encodePem('CERTIFICATE', Uint8Array.of(...der, 0))
}

describe('enroll(), when the service lies,', () => {
  const otherSpki = spkiOf(makeKey())

  it('refuses a certificate for another key', async () => {
    const lie = enrollWith((reply) => ({ ...reply, certificate: authority.leaf(otherSpki) }))
    await expect(lie).toRefuse('service-answer-invalid', /for another key/)
  })

  it('refuses its own request instead of a certificate', async () => {
    const privateKey = makeKey()
    const csr = encodePem('CERTIFICATE REQUEST', createCsr(privateKey, createPublicKey(privateKey)))
    await expect(enrollWith((reply) => ({ ...reply, certificate: csr }))).toRefuse('service-answer-invalid')
  })

  it('refuses a chain whose key did not sign the certificate, though its name fits', async () => {
    const certificate = { subject: 'issuer', issuer: 'root', spki: otherSpki, signingKey: authority.rootKey }
    const lie = enrollWith((reply) => ({ ...reply, chain: [makeCertificate(certificate)] }))
    await expect(lie).toRefuse('service-answer-invalid', /chain does not verify/)
  })

  it('refuses a chain whose name is not the issuer of the certificate, though its key signed it', async () => {
    const spki = spkiOf(authority.issuerKey)
    const certificate = { subject: 'other', issuer: 'root', spki, signingKey: authority.rootKey }
    const lie = enrollWith((reply) => ({ ...reply, chain: [makeCertificate(certificate)] }))
    await expect(lie).toRefuse('service-answer-invalid', /chain does not verify/)
  })

  it('refuses a chain that breaks higher up, or is in the wrong order', async () => {
    const stranger = testAuthority()
    const broken = enrollWith((reply) => ({ ...reply, chain: [authority.issuer, stranger.root] }))
    await expect(broken).toRefuse('service-answer-invalid', /chain does not verify/)
    const turned = enrollWith((reply) => ({ ...reply, chain: [authority.root, authority.issuer] }))
    await expect(turned).toRefuse('service-answer-invalid', /chain does not verify/)
  })

  it('refuses a certificate that was changed after it was signed', async () => {
    const changed = enrollWith((reply, body) => {
      const other = authority.leaf(requestedKey(body)).split('\n')
      const mixed = reply.certificate.split('\n')
      // The last lines hold the signature: this one is of the other certificate.
      mixed.splice(-4, 2, ...other.slice(-4, -2))
      return { ...reply, certificate: mixed.join('\n') }
    })
    await expect(changed).toRefuse('service-answer-invalid')
  })

  it('refuses a chain with a key that no program can read', async () => {
    // A SubjectPublicKeyInfo of an algorithm that nobody knows: 1.2.3.
    const spki = Uint8Array.of(0x30, 0x0a, 0x30, 0x04, 0x06, 0x02, 0x2a, 0x03, 0x03, 0x02, 0x00, 0x01)
    const certificate = { subject: 'issuer', issuer: 'root', spki, signingKey: authority.rootKey }
    const lie = enrollWith((reply) => ({ ...reply, chain: [makeCertificate(certificate)] }))
    await expect(lie).toRefuse('service-answer-invalid', /key of its chain cannot be read/)
  })

  it.each([
    ['no PEM at all', () => 'certificate'],
    ['two certificates in one text', (pem: string) => pem + pem],
    ['a PEM text cut short', (pem: string) => pem.slice(0, 200)],
    ['PEM of what is no certificate', () => encodePem('CERTIFICATE', Uint8Array.of(0x30, 0x00))],
    ['PEM of a certificate with a tail', (pem: string) => withTail(pem)],
  ])('refuses %s', async (_, change) => {
    const leaf = enrollWith((reply) => ({ ...reply, certificate: change(reply.certificate) }))
    await expect(leaf).toRefuse('service-answer-invalid')
    const chain = enrollWith((reply) => ({ ...reply, chain: [change(authority.issuer)] }))
    await expect(chain).toRefuse('service-answer-invalid')
  })

  it.each(['certificate', 'chain', 'renewal'])(
    'refuses a reply without "%s", or with a number in its place',
    async (name) => {
      const without = enrollWith((reply) => ({ ...reply, [name]: undefined }))
      await expect(without).toRefuse('service-answer-invalid', /is not a/)
      const numbered = enrollWith((reply) => ({ ...reply, [name]: 1 }))
      await expect(numbered).toRefuse('service-answer-invalid', /is not a/)
    },
  )

  it.each([
    { renewal: { start: 'soon', end: '2026-03-02T10:45:00Z' } },
    { renewal: { start: '2026-03-02T10:30:00Z' } },
    { renewal: null },
    { chain: [1] },
    { chain: [] },
    { chain: { 0: '' } },
  ])('refuses a reply with %j', async (changes) => {
    await expect(enrollWith((reply) => ({ ...reply, ...changes }))).toRefuse('service-answer-invalid')
  })

  it('takes what the certificate says from the certificate, not from the words beside it', async () => {
    const words = { serialNumber: 'ff', notBefore: '1999-01-01T00:00:00Z', notAfter: '2999-01-01T00:00:00Z' }
    const honest = await enrollWith((reply) => reply)
    const lied = await enrollWith((reply) => ({ ...reply, ...words }))
    expect([lied.notBefore, lied.notAfter]).toEqual([honest.notBefore, honest.notAfter])
    expect(lied.serialNumber).not.toBe('ff')
  })

  it.each([[null], [5], ['text'], [[]]])('refuses the reply %j', async (document) => {
    const service = await serve(() => ({ body: JSON.stringify(document) }))
    await expect(enrollAt(service.url)).toRefuse('service-answer-invalid')
  })
})

describe('createCsr()', () => {
  it('makes a request that openssl verifies, of what @peculiar/x509 would have signed', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const csr = createCsr(privateKey, publicKey)
    openssl(['req', '-inform', 'DER', '-noout', '-verify'], csr)
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
    const theirs = await Pkcs10CertificateRequestGenerator.create({
      name: '',
      keys: {
        privateKey: privateKey.toCryptoKey(algorithm, false, ['sign']),
        publicKey: publicKey.toCryptoKey(algorithm, true, ['verify']),
      },
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    })
    const signedPart = (der: Uint8Array) =>
      Buffer.from(new DerReader(der).enter(derTag.sequence).readAny().encoding)
    expect(signedPart(csr)).toEqual(signedPart(new Uint8Array(theirs.rawData)))
  })
})
