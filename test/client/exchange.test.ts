import { createServer as createPlainServer } from 'node:http'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { exitCodeOf } from '../../cli/commandLine/exitCodes.ts'
import { exchange } from '../../client/exchange.ts'
import { freePort } from '../../local/freePort.ts'
import { startProxy } from './connectProxy.ts'
import { listen } from './serve.ts'
import { certificateFor, day, startService } from './tlsService.ts'

const host = 'vpn-ca.contoso.example'
const good = await certificateFor(host)

const useProxy = (url: string): void => {
  vi.stubEnv('HTTPS_PROXY', url).stubEnv('HTTP_PROXY', url)
  onTestFinished(() => void vi.unstubAllEnvs())
}

const send = (url: string, ca?: string, headers: Readonly<Record<string, string>> = {}) =>
  exchange({
    url: new URL(url),
    method: 'POST',
    headers,
    body: '{}',
    ca,
    timeoutMilliseconds: 25_000,
    maxOctets: 1_000,
  })

describe('exchange() through a proxy', () => {
  it('sends https through a tunnel, of which the proxy sees the name and its own credentials alone', async () => {
    const service = await startService(good)
    const proxy = await startProxy(service.port)
    useProxy(proxy.url.replace('//', '//user:p%40ss@'))
    const { status, tls } = await send(`https://${host}`, good, { authorization: 'Bearer canary' })
    expect({ status, protocol: tls?.protocol }).toEqual({ status: 200, protocol: 'TLSv1.3' })
    const credentials = `Basic ${Buffer.from('user:p@ss').toString('base64')}`
    expect(proxy.asked).toEqual([{ target: `${host}:443`, credentials }])
    expect(service.received).toMatchObject([
      { body: '{}', headers: { host, authorization: 'Bearer canary' } },
    ])
    expect(service.received[0]?.headers).not.toHaveProperty('proxy-authorization')
  })

  it('verifies the server behind the tunnel as any other', async () => {
    const service = await startService(good)
    useProxy((await startProxy(service.port)).url)
    await expect(send(`https://${host}`)).toRefuse('service-untrusted', /DEPTH_ZERO_SELF_SIGNED_CERT/)
    await expect(send('https://other.example', good)).toRefuse('service-untrusted', /another host name/)
    expect(service.received).toEqual([])
  })

  it('sends plain http to the proxy with its whole URL', async () => {
    const proxy = await startProxy(0)
    useProxy(proxy.url)
    expect((await send(`http://${host}/healthz`)).status).toBe(301)
    expect(proxy.asked).toEqual([{ target: `http://${host}/healthz`, credentials: undefined }])
  })

  it.each([
    ['407 Proxy Authentication Required', '', 'service-not-reached', /wants a user and a password \(407\)/],
    [
      '407 Proxy Authentication Required',
      'ada:canary@',
      'service-not-reached',
      /does not take the user and password/,
    ],
    ['403 Forbidden', '', 'service-not-reached', /answers 403 instead of connecting/],
    ['302 Found', '', 'service-not-reached', /answers 302/],
    ['503 Service Unavailable', '', 'service-unavailable', /answers 503/],
  ] as const)('tells that the proxy answers %s (with %j)', async (line, userinfo, code, detail) => {
    const proxy = await startProxy(0, () => line)
    useProxy(proxy.url.replace('//', `//${userinfo}`))
    await expect(send(`https://${host}`)).toRefuse(code, detail)
    await expect(send(`https://${host}`)).toRefuse(code, /^(?!.*canary).*the proxy 127\.0\.0\.1:\d+/)
  })

  it('tells that the proxy is not there, and sends nothing around it', async () => {
    useProxy(`http://127.0.0.1:${await freePort()}`)
    await expect(send(`https://${host}`)).toRefuse(
      'service-unavailable',
      /Cannot reach the proxy 127.*ECONNREFUSED/,
    )
  })

  it('waits for a silent proxy no longer than for a service', async () => {
    const silent = createPlainServer().on('connect', () => undefined)
    useProxy(`http://127.0.0.1:${await listen(silent)}`)
    const { port } = new URL(process.env['HTTPS_PROXY'] ?? '')
    const sent = exchange({
      url: new URL(`https://${host}`),
      method: 'GET',
      headers: {},
      timeoutMilliseconds: 50,
      maxOctets: 1,
    })
    await expect(sent).toRefuse(
      'service-unavailable',
      new RegExp(`the proxy 127.0.0.1:${port}: there was no answer in time`),
    )
  })
})

describe('exchange() over TLS', () => {
  it.each([
    [
      'has expired',
      () => certificateFor('localhost', -2 * day, -day),
      /its certificate has expired \(CERT_HAS_EXPIRED\)/,
    ],
    ['is not valid yet', () => certificateFor('localhost', day, 2 * day), /is not valid yet; see the clock/],
    [
      'is for another name',
      () => certificateFor('other.example'),
      /for another host name \(ERR_TLS_CERT_ALTNAME/,
    ],
    ['is of an authority that nobody knows', undefined, /signed by itself, and not trusted here/],
  ])('tells that the certificate of the server %s, which is not "try later"', async (_, make, detail) => {
    const certificate = (await make?.()) ?? (await certificateFor('localhost'))
    const { port, received } = await startService(certificate)
    const error: unknown = await send(`https://localhost:${port}`, make && certificate).catch(
      (thrown: unknown) => thrown,
    )
    await expect(Promise.reject(error)).toRefuse('service-untrusted', detail)
    expect(exitCodeOf(error)).toBe(3)
    expect(received).toEqual([])
  })

  it('tells that no TLS is spoken there', async () => {
    const port = await listen(createPlainServer((_, response) => void response.end()))
    await expect(send(`https://localhost:${port}`)).toRefuse('service-untrusted', /does not speak TLS/)
  })

  it('reads no answer that is larger than asked for', async () => {
    const port = await listen(createPlainServer((_, response) => void response.end('x'.repeat(1_001))))
    await expect(send(`http://localhost:${port}`)).toRefuse('service-unavailable', /more than 1000 octets/)
  })
})
