import { type HttpRequest, InvocationContext } from '@azure/functions'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { type Endpoint, serving } from '../../../lib/http/serve.ts'
import { requestOf } from './request.ts'

const invocationId = 'f9a5c1f0-0000-4000-8000-000000000001'
const canaries = { token: 'eyJcanaryToken', csr: 'MIIcanaryCsr', upn: 'canary@contoso.example' }

interface Logged {
  readonly level: string
  readonly line: string
}

/** Serves one request to an endpoint: its answer, and what was logged. */
const serveOnce = async (
  endpoint: Endpoint,
  request: HttpRequest = requestOf({ params: { tenant: 'contoso' } }),
) => {
  const logged: Logged[] = []
  const context = new InvocationContext({
    functionName: 'certificates',
    invocationId,
    logHandler: (level, ...lines) => void logged.push({ level, line: lines.join(' ') }),
  })
  const times = [1_000, 1_012.345]
  const handler = serving(() => times.shift() ?? Number.NaN)(endpoint)
  const { status, headers, body } = await handler(request, context)
  const [only, ...more] = logged
  if (!only || more.length > 0) throw new Error(`${logged.length} lines were logged.`)
  const line: unknown = JSON.parse(only.line)
  return { response: { status, headers, body }, level: only.level, text: only.line, line }
}

const failing =
  (thrown: unknown): Endpoint =>
  () =>
    Promise.reject(thrown)

describe('serving()', () => {
  it('answers what the endpoint answers, and logs one line', async () => {
    const reply = { status: 201, body: 'made' }
    const { response, level, line } = await serveOnce(() => Promise.resolve(reply))
    expect(response).toMatchObject(reply)
    expect(level).toBe('information')
    expect(line).toEqual({
      invocationId,
      function: 'certificates',
      tenant: 'contoso',
      status: 201,
      code: 'ok',
      milliseconds: 12.3,
    })
  })

  it('logs 200 for an answer that names no status', async () => {
    expect((await serveOnce(() => Promise.resolve({ body: 'x' }))).line).toMatchObject({
      status: 200,
      code: 'ok',
    })
  })

  it('answers a refusal as a problem document, and logs its code', async () => {
    const { response, level, line } = await serveOnce(
      failing(new Refusal('token-expired', 'Cannot: it ended.')),
    )
    expect(response).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': expect.stringContaining('Bearer') },
    })
    expect(response.body).toContain(`urn:uuid:${invocationId}`)
    expect(level).toBe('information')
    expect(line).toMatchObject({ status: 401, code: 'token-expired' })
    expect(line).not.toHaveProperty('cause')
  })

  it('warns of an outage with its cause, which the client does not see', async () => {
    const refusal = new Refusal('tables-unavailable', 'Cannot.', {
      cause: new Error('ECONNREFUSED 10.0.0.1'),
    })
    const { response, level, line } = await serveOnce(failing(refusal))
    expect(response.status).toBe(503)
    expect(response.body).not.toContain('10.0.0.1')
    expect(level).toBe('warning')
    expect(line).toMatchObject({ code: 'tables-unavailable', cause: 'Error: ECONNREFUSED 10.0.0.1' })
  })

  it('logs our own defects as errors', async () => {
    const { response, level, line } = await serveOnce(
      failing(new Refusal('lint-failed', 'Cannot sign: it breaks x.')),
    )
    expect([response.status, level]).toEqual([500, 'error'])
    expect(line).toMatchObject({ code: 'lint-failed' })
  })

  it.each([
    ['an Error', new TypeError('secret /etc/passwd')],
    ['a text', 'secret'],
    ['nothing', undefined],
    ['an object', { status: 200, body: 'secret' }],
  ])('answers a fault, here %s, with 500, an incident id and no detail', async (_, thrown) => {
    const { response, level, line } = await serveOnce(failing(thrown))
    expect(response.status).toBe(500)
    expect(response.body).toContain(invocationId)
    expect(response.body).not.toContain('secret')
    expect(response.headers).not.toHaveProperty('www-authenticate')
    expect(level).toBe('error')
    expect(line).toMatchObject({ status: 500, code: 'fault', invocationId })
  })

  it('answers what is thrown before the endpoint returns its promise', async () => {
    const { response } = await serveOnce(() => {
      throw new Refusal('not-found', 'Cannot: nothing is here.')
    })
    expect(response.status).toBe(404)
  })

  it('logs nothing of token, CSR or user, whatever becomes of the request', async () => {
    const request = () =>
      requestOf({
        path: `/v1/contoso/certificates?token=${canaries.token}`,
        headers: { authorization: `Bearer ${canaries.token}`, 'x-user': canaries.upn },
        params: { tenant: 'contoso' },
        body: canaries.csr,
      })
    const endpoints: readonly Endpoint[] = [
      () => Promise.resolve({ status: 201, body: `${canaries.csr} ${canaries.upn}` }),
      failing(new Refusal('token-malformed', 'Cannot read the token: it is no JWS.')),
      failing(canaries.token),
      failing({ message: canaries.upn }),
    ]
    for (const endpoint of endpoints) {
      const { text } = await serveOnce(endpoint, request())
      for (const canary of Object.values(canaries)) expect(text).not.toContain(canary)
    }
  })

  it.each(['../contoso', 'Contoso', 'a\nb', 'x'.repeat(64), ''])(
    'logs no tenant that is none: %j',
    async (tenant) => {
      const { line } = await serveOnce(() => Promise.resolve({}), requestOf({ params: { tenant } }))
      expect(line).toMatchObject({ tenant: '' })
    },
  )

  it('logs no tenant for a path without one', async () => {
    expect((await serveOnce(() => Promise.resolve({}), requestOf())).line).toMatchObject({ tenant: '' })
  })
})
