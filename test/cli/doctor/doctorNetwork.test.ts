import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exitCodes } from '../../../cli/commandLine/exitCodes.ts'
import { freePort } from '../../../local/freePort.ts'
import { type BundleWorld, createBundleWorld } from '../../client/bundleWorld.ts'
import { startTlsServer, type TlsServer } from '../../client/check/tlsServer.ts'
import { startProxy } from '../../client/connectProxy.ts'
import { answering, problemReply, type Received, type Reply, serve } from '../../client/serve.ts'
import { type ExpectedFindings, expectFindings } from './expectFindings.ts'
import { clientOf, withVariables } from './keptWorld.ts'

const host = 'vpn-ca.contoso.example'

let bench: BundleWorld
beforeAll(async () => {
  bench = await createBundleWorld('ES256', new Date())
})
afterAll(() => bench[Symbol.asyncDispose]())

const bundle = (): Reply => ({ body: bench.jws })

/** How it is examined, and how that ends. */
interface Examined {
  readonly exitCode?: number
  readonly more?: readonly string[]
  readonly now?: () => Date
}

/** What a client says of the way to a service. */
const finds = async (
  url: string,
  expected: ExpectedFindings,
  { exitCode = exitCodes.refused, more = [], now = () => new Date() }: Examined = {},
) => {
  const diagnosis = await (await clientOf(url)).examine(more, now)
  expectFindings(diagnosis.findings, expected, { more: true })
  expect(diagnosis.exitCode).toBe(exitCode)
  return diagnosis
}

const startTls = async (server: TlsServer) => {
  const received: Received[] = []
  return { ...(await startTlsServer(server, answering(bundle, received))), received }
}

describe('mayfly doctor --client on the way to a service', () => {
  it('names each step of one that is well, and sends no token', async () => {
    const { url, received } = await serve(bundle)
    const expected = {
      'network-proxy ok': 'none: the service is on this machine',
      'network-name ok': 'an address, which nobody has to look up',
      'network-connection ok': /^127\.0\.0\.1 takes connections at port \d+$/,
      'network-tls ok': 'plain http, which stays on this machine',
      'network-service ok': 'serves the trust bundle of contoso',
      'network-clock ok': "within 60 s of this machine's",
    }
    await finds(url, expected)
    expect(received.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /v1/contoso/trust.jws'])
    expect(received[0]?.headers.authorization).toBeUndefined()
  })

  it.each([
    [-400, 'network-clock problem', /^40\d s ahead of the clock of this machine/],
    [-100, 'network-clock warning', /^10\d s ahead of/],
    [400, 'network-clock problem', /^(39|40)\d s behind the clock/],
  ])('tells of a clock that is %i s wrong', async (seconds, name, detail) => {
    const { url } = await serve(bundle)
    const now = () => new Date(Date.now() + seconds * 1000)
    await finds(url, { [name]: { detail, remedy: /by NTP/ } }, { now })
  })

  it('tells of a port that nobody listens at, as something that may pass', async () => {
    const expected = {
      'network-connection problem': {
        detail: /^localhost refuses connections at port \d+ \(ECONNREFUSED\)$/,
        remedy: /^Check the port of the URL; else the service is down/,
      },
      'network-tls not checked': { remedy: 'Mend network-connection first.' },
    }
    await finds(`https://localhost:${await freePort()}`, expected, { exitCode: exitCodes.tryLater })
  })

  it('tells of a name that nobody knows', async () => {
    const expected = {
      'network-name problem': /^no name server (knows|answers about) ca\.invalid \(E/,
      'network-tls not checked': {},
      'network-clock not checked': {},
    }
    await finds('https://ca.invalid', expected, { exitCode: exitCodes.tryLater })
  })

  it.each([
    [
      { status: 302, headers: { location: 'http://portal.example/login' } },
      /status 302.*leading to http:\/\/portal\.example/,
    ],
    [{ headers: { 'content-type': 'text/html' }, body: '<html>Welcome' }, /status 200, text\/html/],
  ])('tells a captive portal from a service (%j)', async (reply, detail) => {
    const { url } = await serve(() => reply)
    await finds(url, {
      'network-service problem': { detail, remedy: /^Open the URL in a browser: a captive portal/ },
    })
  })

  it.each([
    ['tenant-unknown', 404, /^Correct the tenant, or the URL/],
    ['tables-unavailable', 503, /^Try again after Retry-After/],
  ])('tells what the service says: %s', async (code, status, remedy) => {
    const { url, received } = await serve(() => problemReply(status, code))
    const detail = `This is a detail of ${code}.`
    await finds(url, { 'network-service problem': { detail, remedy }, 'network-clock not checked': {} })
    expect(received).toHaveLength(1)
  })

  it('tells of a service that is another one', async () => {
    const { url } = await serve(() => ({ body: 'hello' }))
    await finds(url, { 'network-service problem': /not a JWS/ })
  })
})

describe('mayfly doctor --client on proxies', () => {
  it.each([
    ['407 Proxy Authentication Required', /wants a user and a password \(407\).* \(HTTPS_PROXY names it\)$/],
    ['403 Forbidden', /answers 403 instead of connecting/],
  ])('tells that one says %s', async (line, detail) => {
    withVariables({ HTTPS_PROXY: (await startProxy(0, () => line)).url })
    const remedy = /^See that the proxy of HTTPS_PROXY runs.* name vpn-ca\.contoso\.example in NO_PROXY\.$/
    const expected = { 'network-proxy problem': { detail, remedy }, 'network-name not checked': {} }
    await finds(`https://${host}`, expected, { exitCode: exitCodes.tryLater })
  })

  it('tells that one is not there, without the password of its URL', async () => {
    withVariables({ all_proxy: `http://ada:canary@127.0.0.1:${await freePort()}` })
    const expected = {
      'network-proxy problem': /Cannot reach the proxy 127.*ECONNREFUSED \(all_proxy names it\)/,
    }
    const { text } = await finds(`https://${host}`, expected, { exitCode: exitCodes.tryLater })
    expect(text).not.toContain('canary')
  })

  it('tells that a variable names none', async () => {
    withVariables({ HTTPS_PROXY: 'socks5://127.0.0.1:1' })
    const detail = 'Cannot use the proxy of HTTPS_PROXY: it is no http or https URL.'
    const expected = { 'network-proxy problem': { detail, remedy: /^Correct it: / } }
    await finds(`https://${host}`, expected, { exitCode: exitCodes.tryLater })
  })

  it('goes through one as the client does', async () => {
    const { port, ca } = await startTls({ name: host })
    const proxy = await startProxy(port)
    withVariables({ HTTPS_PROXY: proxy.url, NO_PROXY: 'other.example' })
    const client = await clientOf(`https://${host}`)
    await writeFile(join(client.folder, 'ca.pem'), ca)
    const { findings } = await client.examine(['--ca', join(client.folder, 'ca.pem')])
    const expected = {
      'network-proxy ok': /^127\.0\.0\.1:\d+, which HTTPS_PROXY names, leads to the service$/,
      'network-name ok': 'looked up by the proxy',
      'network-connection ok': 'made by the proxy',
      'network-tls ok': /^TLSv1\.3; its certificate, by CN=Contoso CA, is good for \d+ days$/,
      'network-service ok': 'serves the trust bundle of contoso',
    }
    expectFindings(findings, expected, { more: true })
    expect(new Set(proxy.asked.map(({ target }) => target))).toEqual(new Set([`${host}:443`]))
  })

  it('tells that NO_PROXY goes around one', async () => {
    withVariables({ HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: '.invalid' })
    const expected = { 'network-proxy ok': 'none: NO_PROXY exempts the service' }
    await finds('https://ca.invalid', expected, { exitCode: exitCodes.tryLater })
  })
})

describe('mayfly doctor --client on TLS', () => {
  it.each<readonly [what: string, server: TlsServer, detail: RegExp, remedy: RegExp]>([
    [
      'an interception whose product names itself',
      { issuer: 'CN=Zscaler Intermediate Root CA, O=Zscaler Inc.' },
      /authority that is not trusted here .*its issuer is CN=Zscaler Intermediate Root CA, O=Zscaler Inc\.; TLS is intercepted on the way, as Zscaler does$/,
      /exempt this host.*--ca.*NODE_EXTRA_CA_CERTS.*--use-system-ca/,
    ],
    [
      'an authority of no public name',
      { issuer: 'CN=Contoso CA' },
      /its issuer is CN=Contoso CA; TLS may be intercepted on the way$/,
      /send nothing\.$/,
    ],
  ])('names %s, and sends nothing', async (_, server, detail, remedy) => {
    const { url, received } = await startTls(server)
    await finds(url, { 'network-tls problem': { detail, remedy }, 'network-service not checked': {} })
    expect(received).toEqual([])
  })

  it.each<readonly [what: string, server: TlsServer, detail: RegExp, remedy: RegExp]>([
    [
      'has ended',
      { from: -9, until: -1 },
      /^its certificate has expired .* at 20/,
      /^Whoever runs the service renews it\./,
    ],
    [
      'has not begun',
      { from: 1 },
      /^its certificate is not valid yet.* before 20/,
      /^Set the clock of this machine/,
    ],
    [
      'is for another name',
      { name: 'portal.example' },
      /another host name .*it names DNS:portal\.example/,
      /^Check the URL/,
    ],
  ])('tells of a certificate that %s', async (_, server, detail, remedy) => {
    const { url, ca } = await startTls(server)
    const client = await clientOf(url)
    const file = join(client.folder, 'ca.pem')
    await writeFile(file, ca)
    await finds(url, { 'network-tls problem': { detail, remedy } }, { more: ['--ca', file] })
  })

  it('tells of what does not speak TLS', async () => {
    const answer = 'HTTP/1.1 400 Bad Request\r\n\r\n'
    const server = createServer((socket) => socket.on('error', () => undefined).end(answer))
    const port = await freePort()
    await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve))
    const expected = { 'network-tls problem': { detail: /^does not speak TLS/, remedy: /^Check the port/ } }
    await finds(`https://localhost:${port}`, expected)
    server.close()
  })
})
