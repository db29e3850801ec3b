import { type HttpRequest, InvocationContext } from '@azure/functions'
import { describe, expect, it } from 'vitest'
import { requestTimes } from '../../../lib/deadline/requestTimes.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { type Endpoint, serving } from '../../../lib/http/serve.ts'
import { metricsOf } from '../../../lib/telemetry/metrics.ts'
import { recorded } from '../telemetry/recorded.ts'
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
  allowed = requestTimes(),
) => {
  const logged: Logged[] = []
  const context = new InvocationContext({
    functionName: 'certificates',
    invocationId,
    logHandler: (level, ...lines) => void logged.push({ level, line: lines.join(' ') }),
  })
  // The trace and the deadlines begin before any time passes.
  const times = [1_000, 1_000, 1_000, 1_000, 1_002, 1_003.26]
  const { telemetry, spans, measured, text: exported } = recorded()
  const metrics = metricsOf(telemetry.meter)
  const handler = serving(() => times.shift() ?? 1_012.345, { telemetry, metrics, times: allowed })(endpoint)
  const { status, headers, body } = await handler(request, context)
  const [only, ...more] = logged
  if (!only || more.length > 0) throw new Error(`${logged.length} lines were logged.`)
  const line: unknown = JSON.parse(only.line)
  const response = { status, headers, body }
  return { response, level: only.level, text: only.line, line, spans: spans(), measured, exported }
}

/** Goes through two stages, the second of which is what is left of it. */
const staged =
  (rest: Endpoint): Endpoint =>
  (request, served) => {
    const { trace } = served
    trace.tenant('contoso')
    trace.stage('token', () => undefined)
    return trace.stage('sign', () => rest(request, served))
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
      milliseconds: 3.3,
      stages: {},
    })
  })

  it.each([
    ['a path of a tenant waits for a turn', { tenant: 'contoso' }, 503],
    ['a path without one, such as that of health, does not', {}, 200],
  ])('%s', async (_, params, status) => {
    const takeTurn = () => Promise.reject(new Refusal('overloaded', 'Cannot answer now: too many wait.'))
    const handler = serving(() => performance.now(), { takeTurn })(async () => ({ status: 200 }))
    const context = new InvocationContext({ invocationId, logHandler: () => undefined })
    expect(await handler(requestOf({ params }), context)).toMatchObject({ status })
  })

  it('tells what each stage took in the line, also of a request that is refused in one', async () => {
    const answered = await serveOnce(staged(() => Promise.resolve({ status: 201 })))
    expect(answered.line).toMatchObject({ milliseconds: 12.3, stages: { token: 1.3, sign: 0 } })
    const refused = await serveOnce(staged(failing(new Refusal('signer-unavailable', 'Cannot.'))))
    expect(refused.line).toMatchObject({ code: 'signer-unavailable', stages: { token: 1.3, sign: 0 } })
  })

  it.each([
    ['is answered', () => Promise.resolve({ status: 201 }), 'ok', 201],
    ['is refused', failing(new Refusal('upn-refused', 'Cannot.')), 'upn-refused', 403],
    ['fails', failing(new TypeError('canary')), 'fault', 500],
  ] as const)('traces and measures a request that %s', async (_, endpoint, code, status) => {
    const { spans, measured } = await serveOnce(staged(endpoint))
    expect(spans.map(({ name }) => name)).toEqual(['token', 'sign', 'certificates'])
    expect(spans.at(-1)?.attributes).toMatchObject({
      code,
      tenant: 'contoso',
      invocationId,
      'http.response.status_code': status,
    })
    const names = (await measured()).map(({ name, attributes }) => `${name} ${JSON.stringify(attributes)}`)
    expect(names).toEqual(
      expect.arrayContaining([
        `mayfly.request.duration {"function":"certificates","code":"${code}"}`,
        'mayfly.stage.duration {"stage":"token"}',
        'mayfly.stage.duration {"stage":"sign"}',
      ]),
    )
    const refused = `mayfly.requests.refused {"tenant":"contoso","code":"${code}"}`
    expect(names.includes(refused)).toBe(code !== 'ok')
  })

  it('takes no tenant for a label that nobody told, though the line has what was asked for', async () => {
    const { line, exported } = await serveOnce(failing(new Refusal('tenant-unknown', 'Cannot.')))
    expect(line).toMatchObject({ tenant: 'contoso' })
    expect(await exported()).toContain('tenant-unknown')
    expect(await exported()).not.toContain('contoso')
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

  it('logs and exports nothing of token, CSR or user, whatever becomes of the request', async () => {
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
      const { text, exported } = await serveOnce(staged(endpoint), request())
      for (const canary of Object.values(canaries)) expect(text + (await exported())).not.toContain(canary)
    }
  })

  it('exports no message of a fault, which is for the log line', async () => {
    const fault = Object.assign(new Error(canaries.upn), { code: `Bearer ${canaries.token}` })
    const { text, exported } = await serveOnce(staged(failing(fault)))
    expect(text).toContain(canaries.upn)
    for (const canary of [canaries.upn, canaries.token]) expect(await exported()).not.toContain(canary)
  })

  it.each(['../contoso', 'Contoso', 'a\nb', 'x'.repeat(64), ''])(
    'logs no tenant that is none: %j',
    async (tenant) => {
      const { line } = await serveOnce(() => Promise.resolve({}), requestOf({ params: { tenant } }))
      expect(line).toMatchObject({ tenant: '' })
    },
  )

  it('answers for an endpoint that does not, in the time of a request', async () => {
    const endless: Endpoint = () => new Promise(() => undefined)
    const { response, level, line } = await serveOnce(endless, requestOf(), requestTimes(0.05))
    expect([response.status, level]).toEqual([503, 'warning'])
    expect(response.headers).toMatchObject({ 'retry-after': '5' })
    expect(line).toMatchObject({ code: 'overloaded' })
  })

  it('logs no tenant for a path without one', async () => {
    expect((await serveOnce(() => Promise.resolve({}), requestOf())).line).toMatchObject({ tenant: '' })
  })
})
