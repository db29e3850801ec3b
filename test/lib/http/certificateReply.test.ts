import type { HttpResponseInit } from '@azure/functions'
import { describe, expect, it } from 'vitest'
import { encodeCertsOnly } from '../../../lib/x509/encodeCertsOnly.ts'
import { encodePem } from '../../../lib/x509/pemBlock.ts'
import {
  adoptionReply,
  certificateFormats,
  type CertificateReply,
  certificateReply,
  statusReply,
} from '../../../lib/http/certificateReply.ts'

const reply: CertificateReply = {
  created: true,
  certificate: Buffer.from('leaf'),
  chain: [Buffer.from('issuer'), Buffer.from('its issuer')],
  serialNumber: '4a00',
  notBefore: new Date('2026-03-02T09:55:00Z'),
  notAfter: new Date('2026-03-02T10:59:59Z'),
  renewal: { start: new Date('2026-03-02T10:35:00Z'), end: new Date('2026-03-02T10:41:00Z') },
}

const pem = (der: string) => encodePem('CERTIFICATE', Buffer.from(der))
const [leafPem, issuerPem, upperPem] = ['leaf', 'issuer', 'its issuer'].map(pem)

const textOf = ({ body }: HttpResponseInit): string =>
  typeof body === 'string' ? body : body instanceof Uint8Array ? Buffer.from(body).toString() : ''

const pkcs7 = 'application/pkcs7-mime; smime-type=certs-only'

describe('certificateReply()', () => {
  it.each(certificateFormats)('as %s is 201 for a new certificate, 200 for one bought before', (format) => {
    expect(certificateReply(reply, format).status).toBe(201)
    expect(certificateReply({ ...reply, created: false }, format).status).toBe(200)
  })

  it('is JSON with the certificate, its chain and when to renew', () => {
    expect(JSON.parse(textOf(certificateReply(reply, 'application/json')))).toEqual({
      certificate: leafPem,
      chain: [issuerPem, upperPem],
      serialNumber: '4a00',
      notBefore: '2026-03-02T09:55:00Z',
      notAfter: '2026-03-02T10:59:59Z',
      renewal: { start: '2026-03-02T10:35:00Z', end: '2026-03-02T10:41:00Z' },
    })
  })

  it.each(certificateFormats)('as %s tells clients nothing else of the entry', (format) => {
    const entry = { ...reply, upn: 'canary', keyHash: 'canary', requestId: 'canary' }
    expect(textOf(certificateReply(entry, format))).not.toContain('canary')
  })

  it.each([
    ['application/pem-certificate-chain', [leafPem, issuerPem, upperPem].join('')],
    ['application/pkix-cert', 'leaf'],
    [pkcs7, Buffer.from(encodeCertsOnly([reply.certificate, ...reply.chain])).toString()],
  ] as const)('as %s is %s', (format, body) => {
    expect(textOf(certificateReply(reply, format))).toBe(body)
  })

  it.each(certificateFormats)('as %s names its type and what chose it, and is kept by nobody', (format) => {
    expect(certificateReply(reply, format).headers).toEqual({
      'content-type': format,
      'cache-control': 'no-store',
      vary: 'Accept',
      ...(format === pkcs7 ? { 'content-disposition': 'attachment; filename="smime.p7c"' } : {}),
    })
  })
})

describe('adoptionReply() and statusReply()', () => {
  it('tell that nobody may keep them', () => {
    expect(adoptionReply({ relyingParty: 'vpn-1', sequence: 1, currentSequence: 2 })).toEqual({
      status: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      body: '{"relyingParty":"vpn-1","sequence":1,"currentSequence":2}',
    })
    expect(statusReply(200, { status: 'ok' }).headers).toEqual({
      'content-type': 'application/json',
      'cache-control': 'no-store',
    })
    expect(statusReply(503, { ready: false, tables: 'unavailable', signer: 'none' }).headers).toMatchObject({
      'retry-after': '10',
    })
  })
})
