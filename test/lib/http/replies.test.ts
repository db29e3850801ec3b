import { describe, expect, it } from 'vitest'
import {
  cacheableReply,
  certificateFormats,
  type CertificateReply,
  certificateReply,
  statusReply,
} from '../../../lib/http/replies.ts'

const reply: CertificateReply = {
  created: true,
  certificate: '-----BEGIN CERTIFICATE-----\nbGVhZg==\n-----END CERTIFICATE-----\n',
  chain: ['-----BEGIN CERTIFICATE-----\naXNzdWVy\n-----END CERTIFICATE-----\n'],
  serialNumber: '4a00',
  notBefore: new Date('2026-03-02T09:55:00Z'),
  notAfter: new Date('2026-03-02T10:59:59Z'),
  renewal: { start: new Date('2026-03-02T10:35:00Z'), end: new Date('2026-03-02T10:41:00Z') },
}

describe('certificateReply()', () => {
  it('is 201 for a new certificate, 200 for one that was bought before', () => {
    expect(certificateReply(reply, 'application/json').status).toBe(201)
    expect(certificateReply({ ...reply, created: false }, 'application/json').status).toBe(200)
  })

  it('is JSON with the certificate, its chain and when to renew', () => {
    const { headers, body } = certificateReply(reply, 'application/json')
    expect(headers).toEqual({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      vary: 'Accept',
    })
    expect(JSON.parse(typeof body === 'string' ? body : '')).toEqual({
      certificate: reply.certificate,
      chain: reply.chain,
      serialNumber: '4a00',
      notBefore: '2026-03-02T09:55:00Z',
      notAfter: '2026-03-02T10:59:59Z',
      renewal: { start: '2026-03-02T10:35:00Z', end: '2026-03-02T10:41:00Z' },
    })
  })

  it('tells clients nothing else of the entry', () => {
    const entry = { ...reply, upn: 'canary', keyHash: 'canary', requestId: 'canary' }
    for (const format of certificateFormats)
      expect(certificateReply(entry, format).body).not.toContain('canary')
  })

  it('is the PEM of leaf and chain where the client prefers that', () => {
    const { headers, body } = certificateReply(reply, 'application/pem-certificate-chain')
    expect(headers).toMatchObject({ 'content-type': 'application/pem-certificate-chain' })
    expect(body).toBe(reply.certificate + reply.chain.join(''))
  })
})

describe('cacheableReply() and statusReply()', () => {
  it('tell how long they may be kept', () => {
    expect(cacheableReply('text/plain', 'x')).toEqual({
      status: 200,
      headers: { 'content-type': 'text/plain', 'cache-control': 'public, max-age=300' },
      body: 'x',
    })
    expect(statusReply(200, { status: 'ok' }).headers).toEqual({
      'content-type': 'application/json',
      'cache-control': 'no-store',
    })
    expect(statusReply(503, {}).headers).toMatchObject({ 'retry-after': '10' })
  })
})
