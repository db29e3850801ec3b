import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { exitCodeOf, exitCodes } from '../../cli/commandLine/exitCodes.ts'
import { callService, checkServiceUrl, fetchText } from '../../client/callService.ts'
import { catalogue, type RefusalCode } from '../../lib/errors/catalogue.ts'
import { Refusal } from '../../lib/errors/refusal.ts'
import { freePort } from '../../local/freePort.ts'
import { localServerIdentity } from '../../local/serverIdentity.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { answering, listen, problemReply, type Reply, serve } from './serve.ts'

// Nobody waits in these tests: how long the client would have waited is what they look at.
vi.mock('node:timers/promises', () => ({ setTimeout: vi.fn<typeof sleep>() }))

const waits = (): readonly unknown[] => vi.mocked(sleep).mock.calls.map(([milliseconds]) => milliseconds)

beforeEach(() => vi.mocked(sleep).mockClear())

const call = (url: string, ca?: string) =>
  callService({ url: new URL('/path', url), headers: { 'x-test': 'yes' }, body: '{"ask":1}', ca })

/** A service that gives these answers one after the other, and the last one for ever. */
const serveInTurn = async (...replies: readonly Reply[]) => {
  let turn = 0
  return serve(() => replies[Math.min(turn++, replies.length - 1)] ?? {})
}

const refusalOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no refusal',
    (error: unknown) => error,
  )

const html = { 'content-type': 'text/html; charset=utf-8' }

const codes = Object.keys(catalogue) as readonly RefusalCode[]

describe('checkServiceUrl()', () => {
  it('accepts https anywhere', () => {
    expect(checkServiceUrl('https://vpn-ca.contoso.example/').href).toBe('https://vpn-ca.contoso.example/')
  })

  it.each(['http://127.0.0.1:7071', 'http://localhost:7071', 'http://[::1]:7071'])(
    'accepts %s, which is this machine',
    (url) => {
      expect(checkServiceUrl(url).port).toBe('7071')
    },
  )

  it.each([
    'http://vpn-ca.contoso.example',
    'http://192.0.2.1:7071',
    'http://0.0.0.0:7071',
    'http://localhost.contoso.example',
    'http://127.0.0.1@contoso.example',
    'http://[::2]',
    'ftp://127.0.0.1',
    'file:///etc/passwd',
    'contoso.example',
    '',
  ])('refuses "%s"', (url) => {
    expect(() => checkServiceUrl(url)).toRefuse('usage-wrong', /must be https/)
  })
})

describe('callService()', () => {
  it('reads the settings of compliance policies that a refusal names', async () => {
    const { body, ...reply } = problemReply(403, 'device-not-compliant')
    const settings = [{ policy: 'a', setting: 'b', wanted: 'c', actual: 'd', remedy: 'e' }]
    const { url } = await serve(() => ({ ...reply, body: { ...Object(body), settings } }))
    expect(await refusalOf(call(url))).toMatchObject({ options: { failed: { settings } } })
    const plain = await serve(() => problemReply(403, 'device-not-compliant'))
    expect(await refusalOf(call(plain.url))).not.toHaveProperty('options.failed')
  })

  it('posts headers and body, and returns the document of a 2xx answer', async () => {
    const service = await serve(() => ({ status: 201, body: { answer: 2 } }))
    expect(await call(service.url)).toEqual({ answer: 2 })
    const [received] = service.received
    expect(received).toMatchObject({ method: 'POST', path: '/path', body: '{"ask":1}' })
    expect(received?.headers).toMatchObject({ 'x-test': 'yes', 'content-length': '9' })
  })

  it('throws the refusal that a problem document tells of, for every code there is', async () => {
    const service = await serve(({ headers }) => {
      const code = String(headers['x-code']) as RefusalCode
      return problemReply(catalogue[code].status, code)
    })
    expect(codes.length).toBeGreaterThan(40)
    for (const code of codes) {
      const url = new URL(service.url)
      const error = await refusalOf(callService({ url, headers: { 'x-code': code }, body: '' }))
      expect(error).toBeInstanceOf(Refusal)
      expect(error).toMatchObject({ code, detail: `This is a detail of ${code}.` })
    }
  })

  it.each([
    [400, 'of-the-future', 'service-refused'],
    [403, 'toString', 'service-refused'],
    [403, '__proto__', 'service-refused'],
    [429, 'of-the-future', 'service-unavailable'],
    [500, 'of-the-future', 'service-unavailable'],
  ] as const)(
    'takes %i with the problem %s, which it does not know, as %s',
    async (status, problem, code) => {
      const service = await serve(() => ({ status, body: { type: `urn:mayfly:problem:${problem}` } }))
      await expect(call(service.url)).toRefuse(code, new RegExp(`status ${status}`))
    },
  )

  const portal = { location: 'http://portal.example/login?back=/v1' }

  it.each<[Reply, RegExp, number]>([
    [{ status: 302, headers: portal }, /status 302, no media type, leading to http:\/\/portal\.example\)/, 1],
    [{ status: 302, headers: { location: 'javascript:x' } }, /status 302, no media type\)/, 1],
    ...[301, 303, 307, 308].map((status): [Reply, RegExp, number] => [
      { status, headers: { location: '/login' } },
      new RegExp(`status ${status}, no media type, leading to http://127`),
      1,
    ]),
    [{ headers: html, body: '<html>Sign in</html>' }, /status 200, text\/html\)/, 1],
    [{ body: 'OK' }, /status 200, no media type/, 1],
    [{ body: '' }, /status 200/, 1],
    [{ status: 204 }, /status 204/, 1],
    [{ status: 304 }, /status 304/, 1],
    [{ status: 403, headers: html, body: '<h1>Blocked</h1>' }, /status 403, text\/html/, 1],
    [{ status: 404 }, /something between answered, or its host without it \(status 404/, 1],
    [{ status: 404, body: { type: 'about:blank', detail: 'canary' } }, /^(?!.*canary).*status 404/, 1],
    [{ status: 401, body: { type: 7 } }, /status 401/, 1],
    [{ status: 407 }, /a proxy between wants a user and a password \(status 407\)/, 1],
    [{ status: 413 }, /status 413/, 1],
    [{ status: 429 }, /status 429/, 3],
    [{ status: 500 }, /status 500/, 3],
    [{ status: 502, headers: html, body: 'gone' }, /status 502/, 3],
    [{ status: 503, headers: { 'retry-after': '5' } }, /status 503/, 3],
    [{ status: 504, body: {} }, /status 504/, 3],
  ])(
    'never takes %j for a refusal of the service, and tries again where that helps',
    async (reply, detail, tries) => {
      const service = await serve(() => reply)
      await expect(call(service.url)).toRefuse(
        tries === 1 ? 'service-not-reached' : 'service-unavailable',
        detail,
      )
      expect(service.received).toHaveLength(tries)
      const refusal = await refusalOf(call(service.url))
      expect(exitCodeOf(refusal)).toBe(exitCodes.tryLater)
    },
  )

  it.each([
    ['{"cut":', /is not JSON/],
    ['{"answer":1,"\\u0061nswer":2}', /has two members of one name/],
    ['['.repeat(100) + ']'.repeat(100), /is nested more than 32 levels deep/],
  ])('refuses the 2xx answer %j, which is no JSON that all read alike', async (body, detail) => {
    const service = await serve(() => ({ headers: { 'content-type': 'application/json' }, body }))
    await expect(call(service.url)).toRefuse('service-answer-invalid', detail)
    expect(service.received).toHaveLength(1)
  })

  it('tells of the sign-in that a challenge asks for', async () => {
    const wanted = 'Bearer error="insufficient_user_authentication", acr_values="urn:a b", max_age="300"'
    const { url } = await serve(() => ({
      status: 401,
      headers: { 'www-authenticate': wanted },
      body: { type: 'urn:mayfly:problem:sign-in-insufficient', detail: 'Cannot enroll: it is old.' },
    }))
    await expect(call(url)).toRefuse(
      'sign-in-insufficient',
      /^Cannot enroll: it is old\. The sign-in needs acr_values="urn:a b" and max_age=300\.$/,
    )
  })

  it('reads no answer of over a megabyte, and shows no control characters of one', async () => {
    const endless = await serve(() => ({ body: `"${'x'.repeat(1024 * 1024)}"` }))
    await expect(call(endless.url)).toRefuse('service-unavailable')
    const detail = `\u001b[31mred\n${'x'.repeat(2_000)}`
    const rude = await serve(() => ({ status: 403, body: { type: 'urn:mayfly:problem:x', detail } }))
    await expect(call(rude.url)).toRefuse('service-refused', /^ \[31mred x{1,500}$/)
  })

  it('trusts the authority it is given, and no https server without it', async () => {
    const { key, certificate, caFile } = await localServerIdentity(await temporaryFolder(), '127.0.0.1')
    const server = createTlsServer(
      { key, cert: certificate },
      answering(() => ({ body: { safe: true } })),
    )
    const url = `https://127.0.0.1:${await listen(server)}`
    expect(await call(url, await readFile(caFile, 'utf8'))).toEqual({ safe: true })
    await expect(call(url)).toRefuse('service-untrusted', /an authority that is not trusted here \([A-Z_]+\)/)
    const stranger = join(await temporaryFolder(), 'tls')
    const other = await readFile((await localServerIdentity(stranger, '127.0.0.1')).caFile, 'utf8')
    await expect(call(url, other)).toRefuse('service-untrusted')
    expect(waits()).toEqual([])
  })
})

describe('callService(), while the service is unavailable,', () => {
  const busy = (retryAfter?: string): Reply =>
    problemReply(503, 'service-unavailable', retryAfter === undefined ? {} : { 'retry-after': retryAfter })

  it('sends the same request up to three times', async () => {
    const service = await serveInTurn(busy('7'), busy('7'), { body: { answer: 2 } })
    expect(await call(service.url)).toEqual({ answer: 2 })
    expect(service.received.map(({ body }) => body)).toEqual(Array.from({ length: 3 }, () => '{"ask":1}'))
    expect(waits()).toEqual([7000, 7000])
  })

  it('sends it again when there were too many, too', async () => {
    const tooMany = { ...problemReply(429, 'subject-busy'), headers: { 'retry-after': '2' } }
    const service = await serveInTurn(tooMany, { body: { answer: 2 } })
    expect(await call(service.url)).toEqual({ answer: 2 })
    expect(waits()).toEqual([2000])
  })

  it('gives up after the third try, with the refusal of that one', async () => {
    const service = await serve(() => busy('1'))
    await expect(call(service.url)).toRefuse('service-unavailable')
    expect(service.received).toHaveLength(3)
  })

  it('tries no second time what was refused for good', async () => {
    const service = await serve(() => problemReply(403, 'service-refused'))
    await expect(call(service.url)).toRefuse('service-refused')
    expect(service.received).toHaveLength(1)
    expect(waits()).toEqual([])
  })

  it.each([
    [undefined, [1000, 2000]],
    ['soon', [1000, 2000]],
    ['Wed, 21 Oct 2099 07:28:00 GMT', [30_000, 30_000]],
    ['Wed, 21 Oct 2015 07:28:00 GMT', [1000, 2000]],
    ['0', [1000, 2000]],
    ['3600', [30_000, 30_000]],
    ['Infinity', [30_000, 30_000]],
  ])('waits at most 30 s when Retry-After is %s', async (retryAfter, expected) => {
    const service = await serve(() => busy(retryAfter))
    await expect(call(service.url)).toRefuse('service-unavailable')
    expect(waits()).toEqual(expected)
  })

  it('tells that nobody listens', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    await expect(call(url)).toRefuse(
      'service-unavailable',
      /^Cannot reach http:\/\/127\.0\.0\.1:\d+: ECONNREFUSED\.$/,
    )
    expect(waits()).toEqual([1000, 2000])
  })

  it('asks again when the answer was cut short', async () => {
    let cuts = 2
    const server = createServer((_, response) => {
      const body = '{"whole":true}'
      response.writeHead(200, { 'content-length': body.length })
      if (cuts-- > 0) response.write(body.slice(0, 5), () => response.destroy())
      else response.end(body)
    })
    expect(await call(`http://127.0.0.1:${await listen(server)}`)).toEqual({ whole: true })
  })

  it('waits no longer than its time limit for an answer', async () => {
    const timeout = AbortSignal.timeout.bind(AbortSignal)
    const limits = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => timeout(50))
    const url = `http://127.0.0.1:${await listen(createServer(() => undefined))}`
    await expect(call(url)).toRefuse('service-unavailable')
    expect(limits.mock.calls).toEqual([[30_000], [30_000], [30_000]])
    limits.mockRestore()
  })
})

describe('fetchText()', () => {
  const get = (url: string, etag?: string) =>
    fetchText({ url: new URL('/path', url), headers: { 'x-test': 'yes' } }, etag)

  it('gets the body of a 200 answer as it is, JSON or not', async () => {
    const service = await serve(() => ({ body: 'a.b.c\n' }))
    expect(await get(service.url)).toBe('a.b.c\n')
    const [received] = service.received
    expect(received).toMatchObject({ method: 'GET', path: '/path', body: '' })
    expect(received?.headers).toMatchObject({ 'x-test': 'yes' })
    expect(received?.headers).not.toHaveProperty('content-length')
    expect(received?.headers).not.toHaveProperty('if-none-match')
  })

  it('tells that what the caller has is current, if it told what that is', async () => {
    const service = await serve(() => ({ status: 304 }))
    expect(await get(service.url, '"v1"')).toBeUndefined()
    expect(service.received[0]?.headers['if-none-match']).toBe('"v1"')
    await expect(get(service.url)).toRefuse('service-not-reached', /status 304/)
  })

  it.each<Reply>([
    ...[201, 204, 206, 300, 302, 404].map((status) => ({ status, headers: { location: '/elsewhere' } })),
    { headers: html, body: 'Sign in' },
    { headers: { 'content-type': 'application/jose' }, body: '\n<!doctype html>' },
  ])('takes %j for an answer of something between', async (reply) => {
    const service = await serve(() => reply)
    await expect(get(service.url, '"v1"')).toRefuse('service-not-reached')
    expect(service.received).toHaveLength(1)
  })

  it('throws the refusal that a problem document tells of', async () => {
    const service = await serve(() => problemReply(404, 'tenant-unknown'))
    await expect(get(service.url)).toRefuse('tenant-unknown')
  })

  it('asks again while the service is unavailable, with the same headers', async () => {
    const service = await serveInTurn({ status: 503, headers: { 'retry-after': '2' } }, { body: 'text' })
    expect(await get(service.url, '"v1"')).toBe('text')
    expect(service.received.map(({ headers }) => headers['if-none-match'])).toEqual(['"v1"', '"v1"'])
    expect(waits()).toEqual([2000])
  })
})
