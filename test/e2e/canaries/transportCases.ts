import type { RefusalCode } from '../../../lib/errors/catalogue.ts'
import type { Sent } from '../exchange.ts'
import { type Marks, markedHeaders } from './canaryRequests.ts'
import { canaryTenant } from './canaryWorld.ts'
import { type CanaryCase, one } from './oneRequest.ts'

/** Requests that are refused for how they are sent. */
export const transportCases: readonly CanaryCase[] = [
  one('not-acceptable', 'Accept', (marks) => ({ headers: { accept: `text/${marks.text('accept')}` } })),
  one('media-type-unsupported', 'Content-Type', (marks) => ({
    headers: { 'content-type': `text/${marks.text('type')}` },
  })),
  one('media-type-unsupported', 'Content-Encoding', (marks) => ({
    headers: { 'content-encoding': marks.text('coding') },
  })),
  one('body-too-large', 'a long body', (marks) => ({ body: () => marks.text('body').repeat(2_000) })),
  one('length-required', 'a body in chunks', (marks) => ({
    headers: { 'transfer-encoding': 'chunked' },
    body: () => marks.text('body'),
  })),
  one('request-malformed', 'JSON that ends early', (marks) => ({
    headers: { 'content-type': 'application/json' },
    body: () => `{"csr": "${marks.text('csr')}`,
  })),
  one('request-malformed', 'JSON of another form', (marks) => ({
    headers: { 'content-type': 'application/json' },
    body: () => JSON.stringify({ csr: { [marks.text('member')]: marks.text('csr') } }),
  })),
  one('tenant-unknown', 'a UPN in its place', (marks) => ({
    tenant: `${marks.text('tenant')}@contoso.example`,
  })),
]

/** One request to another path. */
const get = (
  code: RefusalCode | 'ok' | '',
  name: string,
  sent: (marks: Marks) => Partial<Sent>,
): CanaryCase => ({
  name: `${code}: ${name}`,
  async play({ marks, send }) {
    const headers = markedHeaders(marks, { authorization: `Bearer ${marks.text('token')}` })
    await send(code, { path: '/', headers, ...sent(marks) })
  },
})

/** Requests to other paths. */
export const pathCases: readonly CanaryCase[] = [
  get('not-found', 'a path', (marks) => ({ path: `/${marks.text('path')}?q=${marks.text('query')}` })),
  get('', 'an encoded path', (marks) => ({ path: `/v1/%2e%2E/${marks.text('path')}%00` })),
  get('method-not-allowed', 'PUT', (marks) => ({
    method: 'PUT',
    path: `/v1/${canaryTenant}/trust.pem?q=${marks.text('query')}`,
    body: marks.text('body'),
  })),
  get('certificate-unknown', 'a file', (marks) => ({
    path: `/v1/${canaryTenant}/trust/${marks.text('file')}.cer`,
  })),
  get('tenant-unknown', 'a tenant', (marks) => ({
    path: `/v1/${marks.text('tenant').toUpperCase()}/trust.json`,
  })),
  get('ok', 'the bundle', (marks) => ({
    path: `/v1/${canaryTenant}/trust.json?q=${marks.text('query')}`,
    headers: markedHeaders(marks, { 'if-none-match': `"${marks.text('etag')}"` }),
  })),
  get('ok', 'readiness', (marks) => ({ path: `/readyz?q=${marks.text('query')}` })),
  get('ok', 'health', (marks) => ({ path: `/healthz?q=${marks.text('query')}` })),
]
