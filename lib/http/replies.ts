import type { HttpResponseInit } from '@azure/functions'

/** What a certificate reply is made of. */
export interface CertificateReply {
  readonly created: boolean
  /** PEM, leaf alone. */
  readonly certificate: string
  /** PEM, one each, from the leaf's issuer upwards, without the trust anchor. */
  readonly chain: readonly string[]
  /** Lower-case hex. */
  readonly serialNumber: string
  readonly notBefore: Date
  readonly notAfter: Date
  readonly renewal: { readonly start: Date; readonly end: Date }
}

/** The representations of a certificate reply, the default first. */
export const certificateFormats = ['application/json', 'application/pem-certificate-chain'] as const

const time = (date: Date) => date.toISOString().replace('.000', '')

const bodyOf = (reply: CertificateReply, format: (typeof certificateFormats)[number]): string => {
  if (format === 'application/pem-certificate-chain') return [reply.certificate, ...reply.chain].join('')
  const { certificate, chain, serialNumber, notBefore, notAfter, renewal } = reply
  return JSON.stringify({
    certificate,
    chain,
    serialNumber,
    notBefore: time(notBefore),
    notAfter: time(notAfter),
    renewal: { start: time(renewal.start), end: time(renewal.end) },
  })
}

/** 201 with a new certificate, or 200 with the one that the same token and key bought before. Times are RFC 3339. */
export const certificateReply = (
  reply: CertificateReply,
  format: (typeof certificateFormats)[number],
): HttpResponseInit => ({
  status: reply.created ? 201 : 200,
  headers: { 'content-type': format, 'cache-control': 'no-store', vary: 'Accept' },
  body: bodyOf(reply, format),
})

/** 200 with a text that may be cached for five minutes. */
export const cacheableReply = (contentType: string, body: string): HttpResponseInit => ({
  status: 200,
  headers: { 'content-type': contentType, 'cache-control': 'public, max-age=300' },
  body,
})

/** A status document that nobody may cache. */
export const statusReply = (status: 200 | 503, document: object): HttpResponseInit => ({
  status,
  headers: {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...(status === 503 ? { 'retry-after': '10' } : {}),
  },
  body: JSON.stringify(document),
})
