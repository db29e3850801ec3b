import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import https from 'node:https'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type * as AzureFunctions from '@azure/functions'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { installFunctionsCore, type FunctionRegistry, type LogLine } from '../../local/functionsCore.ts'
import {
  startFunctionsHost,
  type FunctionsHost,
  type FunctionsHostOptions,
} from '../../local/functionsHost.ts'
import { loadFunctions, type LoadedFunction } from '../../local/loadFunctions.ts'
import { selfSign } from './fixtures/selfSign.ts'

const APP = new URL('./fixtures/app.ts', import.meta.url)
const SERVE_ONCE = fileURLToPath(new URL('./fixtures/serveOnce.ts', import.meta.url))
/** The answer of `hooked` in the fixture, as its hooks change it: what they share, then what the function said. */
const HOOKED = '[["pre"],{"jsonBody":[["pre"],true]}]'
const ALL_METHODS: AzureFunctions.HttpMethod[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
]

let registry: FunctionRegistry
let loaded: readonly LoadedFunction[]
let host: FunctionsHost
const lines: LogLine[] = []
const log = (line: LogLine): void => void lines.push(line)

beforeAll(async () => {
  const core = installFunctionsCore({ log })
  registry = core.registry
  loaded = await loadFunctions(registry, APP)
  core.uninstall()
  host = await start({ bodyLimitBytes: 1000 })
})

afterAll(() => host.close())

function start(options: Partial<FunctionsHostOptions> = {}): Promise<FunctionsHost> {
  return startFunctionsHost({ registry, host: '127.0.0.1', port: 0, log, ...options })
}

/** Registers functions with a fresh copy of the library, which reads the core module only once. */
async function register(define: (app: typeof AzureFunctions.app) => void): Promise<FunctionRegistry> {
  const require = createRequire(import.meta.url)
  delete require.cache[require.resolve('@azure/functions')]
  const core = installFunctionsCore({ log })
  try {
    const library: typeof AzureFunctions = require('@azure/functions')
    define(library.app)
    await core.registry.finishLoading()
    return core.registry
  } finally {
    core.uninstall()
  }
}

/** Serves functions that are registered at these routes with these methods and answer with their name. */
async function serve(
  functions: Readonly<Record<string, { route?: string; methods?: AzureFunctions.HttpMethod[] }>>,
  options: Partial<FunctionsHostOptions> = {},
): Promise<FunctionsHost> {
  const own = await register((app) => {
    for (const [name, trigger] of Object.entries(functions))
      app.http(name, {
        ...trigger,
        handler: ({ params }) => ({ body: name, headers: { params: JSON.stringify(params) } }),
      })
  })
  const started = await start({ registry: own, ...options })
  onTestFinished(() => started.close())
  return started
}

/** Sends bytes that fetch would not send, and returns everything that came back until the server closed. */
async function sendRaw(request: string, port = host.port): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(request, 'latin1')
  return text(socket)
}

/** Serves one request to an app in a node process of its own, which prints the functions and the answer. */
async function serveOnce(entry: string): Promise<{ functions: readonly object[]; body: string }> {
  const { stdout } = await promisify(execFile)(process.execPath, [SERVE_ONCE, entry, '/hooked'])
  return JSON.parse(stdout)
}

interface Echo {
  readonly method: string
  readonly url: string
  readonly params: Record<string, string>
  readonly query: readonly (readonly [string, string])[]
  readonly headers: Record<string, string>
  readonly body: string
}

async function echo(path: string, init?: RequestInit): Promise<Echo> {
  const response = await fetch(host.url + path, init)
  return JSON.parse(await response.text())
}

function parseEcho(raw: string): Echo {
  return JSON.parse(raw.slice(raw.indexOf('\r\n\r\n')))
}

describe('loadFunctions()', () => {
  test('returns the functions sorted by name without regard to case, timers without a route', () => {
    expect(loaded.map(({ name }) => name)).toEqual([
      'bytes',
      'echo',
      'files',
      'hooked',
      'item-any',
      'Item-Deleted',
      'item-special',
      'nightly',
      'nothing',
      'silent',
      'slow',
      'throwing',
    ])
    expect(loaded.find(({ name }) => name === 'echo')).toEqual({
      name: 'echo',
      methods: ['GET', 'HEAD', 'POST'],
      route: 'Echo/{id}/{kind?}',
      authLevel: 'anonymous',
    })
    expect(loaded.find(({ name }) => name === 'nightly')?.methods).toEqual([])
  })

  test('locks the registry against late registrations', async () => {
    let late: typeof AzureFunctions.app | undefined
    await register((app) => {
      late = app
      app.http('early', { handler: () => ({}) })
    })
    expect(() => late?.http('late', { handler: () => ({}) })).toThrow(
      'Cannot register the function "late": the app has already been loaded',
    )
  })

  test('refuses a registry that is already loaded', async () => {
    await expect(loadFunctions(registry, APP)).rejects.toThrow('the registry is already loaded')
  })

  test('refuses an app that registers nothing', async () => {
    await expect(register(() => {})).rejects.toThrow('the app registered no function')
  })

  test('refuses a second function of the same name in another case', async () => {
    const twice = register((app) => {
      app.http('twin', { handler: () => ({}) })
      app.http('TWIN', { handler: () => ({}) })
    })
    await expect(twice).rejects.toThrow('Cannot register "TWIN": the name is already registered')
  })

  test('refuses a name that the real host refuses', async () => {
    const misnamed = register((app) => app.http('not a name', { handler: () => ({}) }))
    await expect(misnamed).rejects.toThrow('Cannot register "not a name": the host refuses that name')
  })

  test('refuses hooks that are never run here', async () => {
    const hooked = register((app) => void app.hook.log(() => {}))
    await expect(hooked).rejects.toThrow('Cannot register the hook "log"')
  })

  test('lets an appStart hook register functions', async () => {
    const started = await register((app) => {
      app.http('first', { handler: () => ({}) })
      app.hook.appStart(() => app.http('second', { handler: () => ({}) }))
    })
    expect(started.functions.map(({ metadata }) => metadata.name)).toEqual(['first', 'second'])
  })
})

describe('installFunctionsCore()', () => {
  test('refuses to install twice and allows it after uninstall()', () => {
    const first = installFunctionsCore({ log })
    expect(() => installFunctionsCore({ log })).toThrow('already supplies it')
    first.uninstall()
    installFunctionsCore({ log }).uninstall()
  })

  test('serves TypeScript sources in a plain node process', async () => {
    const { functions, body } = await serveOnce(APP.href)
    expect(functions).toHaveLength(loaded.length)
    expect(body).toBe(HOOKED)
  })

  test('serves an ESM bundle that inlines the library and reaches the core by createRequire()', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'functions-host-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const outfile = join(folder, 'bundle.mjs')
    await build({
      entryPoints: [fileURLToPath(APP)],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: ['@azure/functions-core'],
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
      logLevel: 'silent',
    })
    const { functions, body } = await serveOnce(pathToFileURL(outfile).href)
    expect(functions).toHaveLength(loaded.length)
    expect(body).toBe(HOOKED)
  })
})

describe('the route', () => {
  test('matches without regard to case and leaves an absent optional parameter out', async () => {
    expect((await echo('/eCHO/Some%20One')).params).toEqual({ id: 'Some One' })
    expect((await echo('/echo/1/two')).params).toEqual({ id: '1', kind: 'two' })
  })

  test.each(['/echo', '/echo/1/2/3', '/echo//2', '/', '//', '/other', '/echo/1//'])(
    'gives an empty 404 for %s',
    async (path) => {
      const response = await fetch(host.url + path)
      expect([response.status, await response.text()]).toEqual([404, ''])
    },
  )

  test('ignores one trailing slash', async () => {
    expect((await echo('/echo/1/')).params).toEqual({ id: '1' })
  })

  test('leaves an encoded slash encoded, so that it separates no segments', async () => {
    expect((await echo('/echo/a%2Fb%252F/%C3%A9')).params).toEqual({ id: 'a%2Fb%2F', kind: 'é' })
  })

  test('takes everything that follows for {*rest}', async () => {
    const rest = async (path: string): Promise<unknown> => (await fetch(host.url + path)).json()
    expect(await rest('/files')).toEqual({})
    expect(await rest('/files/')).toEqual({})
    expect(await rest('/files/a/b%20c/')).toEqual({ rest: 'a/b c/' })
    expect(await rest('/files/a//b')).toEqual({ rest: 'a//b' })
    expect((await fetch(`${host.url}/files//a`)).status).toBe(404)
  })

  test('resolves by function name and not by specificity', async () => {
    expect(await (await fetch(`${host.url}/items/special`)).text()).toBe('item-any')
  })

  test('considers only the functions that take the method', async () => {
    const response = await fetch(`${host.url}/items/special`, { method: 'DELETE' })
    expect(await response.text()).toBe('deleted')
  })

  test('gives an empty 404 for a wrong method', async () => {
    const response = await fetch(`${host.url}/items/special`, { method: 'PUT' })
    expect([response.status, response.headers.get('allow'), await response.text()]).toEqual([404, null, ''])
  })

  test('gives 404 for HEAD where only GET is registered', async () => {
    expect((await fetch(`${host.url}/nothing`, { method: 'HEAD' })).status).toBe(404)
  })

  test('reaches a catch-all whose name sorts last for wrong methods and unknown paths', async () => {
    const { url } = await serve({
      'zz-unmatched': { route: '{*path}', methods: ALL_METHODS },
      certificates: { route: 'v1/{tenant}/certificates', methods: ['POST'] },
    })
    const reach = async (path: string, method: string): Promise<string> =>
      (await fetch(url + path, { method })).text()
    expect(await reach('/v1/contoso/certificates', 'POST')).toBe('certificates')
    expect(await reach('/v1/contoso/certificates', 'GET')).toBe('zz-unmatched')
    expect(await reach('/v1/contoso/nothing', 'POST')).toBe('zz-unmatched')
    expect(await reach('/', 'GET')).toBe('zz-unmatched')
  })

  test('never leads to a function below admin and runtime, which belong to the host', async () => {
    const { url } = await serve({ 'zz-unmatched': { route: '{*path}', methods: ['GET'] } })
    expect((await fetch(`${url}/Admin/host/status`)).status).toBe(401)
    expect((await fetch(`${url}/runtime`)).status).toBe(401)
    expect((await fetch(`${url}/administrators`)).status).toBe(200)
  })

  test('defaults to the name of the function, and "/" means the root', async () => {
    const { url } = await serve({ Named: { methods: ['GET'] }, root: { route: '/', methods: ['GET'] } })
    expect(await (await fetch(`${url}/named`)).text()).toBe('Named')
    expect(await (await fetch(url)).text()).toBe('root')
  })

  test('carries the route prefix of host.json', async () => {
    const { url } = await serve({ named: { methods: ['GET'] } }, { routePrefix: 'api' })
    expect((await fetch(`${url}/api/named`)).status).toBe(200)
    expect((await fetch(`${url}/named`)).status).toBe(404)
  })

  test.each([
    ['v1/{tenant:alpha}', 'constraints are not supported'],
    ['v1/{tenant}.pem', 'is neither a literal nor'],
    ['v1/{tenant=x}', 'is neither a literal nor'],
    ['v1/{*rest?}', 'is neither a literal nor'],
    ['v1//x', 'is neither a literal nor'],
    ['{*rest}/x', '{*rest} must come last'],
    ['v1/{a?}/x', 'only optional parameters may follow an optional one'],
    ['{a}/{A}', 'a parameter occurs twice'],
    ['admin/x', 'the host reserves "admin/x"'],
  ])('is refused at the start when it is %s', async (route, message) => {
    await expect(serve({ wrong: { route, methods: ['GET'] } })).rejects.toThrow(message)
  })

  test('is refused at the start when two functions share it and a method', async () => {
    const rivals = serve({
      a: { route: 'x/{y}', methods: ['GET'] },
      b: { route: '/X/{Y}', methods: ['PUT', 'GET'] },
    })
    await expect(rivals).rejects.toThrow('Cannot route "b" at "X/{Y}": "a" has the same route and method')
  })

  test('is refused at the start when it takes no method', async () => {
    await expect(serve({ a: { methods: [] } })).rejects.toThrow('Cannot route "a": it takes no method')
  })
})

describe('the request', () => {
  test('arrives with method, URL, body and a log that names the function', async () => {
    const seen = await echo('/echo/1?q=2', { method: 'POST', body: 'héllo', headers: { 'X-Mixed': 'Case' } })
    expect(seen).toMatchObject({ method: 'POST', url: `${host.url}/echo/1?q=2`, body: 'héllo' })
    expect(seen.headers).toMatchObject({ 'x-mixed': 'Case', host: `127.0.0.1:${host.port}` })
    expect(lines).toContainEqual(
      expect.objectContaining({ message: 'echoing', category: 'user', functionName: 'echo' }),
    )
  })

  test('shows a second Authorization header', async () => {
    const raw = await sendRaw(
      'GET /echo/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\nConnection: close\r\n\r\n',
    )
    expect(parseEcho(raw).headers['authorization']).toBe('Bearer a, Bearer b')
  })

  test("tells the socket's address as Azure's front end does, and nothing of what the client says of it", async () => {
    const fields = ['X-Forwarded-For: 192.0.2.1', 'x-forwarded-for: 192.0.2.2, 192.0.2.3'].join('\r\n')
    const raw = await sendRaw(`GET /echo/1 HTTP/1.1\r\nHost: x\r\n${fields}\r\nConnection: close\r\n\r\n`)
    expect(parseEcho(raw).headers['x-forwarded-for']).toMatch(/^127\.0\.0\.1:\d+$/)
  })

  test('joins repeated query parameters with commas, names without regard to case', async () => {
    expect((await echo('/echo/1?a=1&b=%26+x&A=2&c')).query).toEqual([
      ['a', '1,2'],
      ['b', '& x'],
      ['c', ''],
    ])
  })

  test('resolves dot segments before it is routed', async () => {
    const raw = await sendRaw(
      'GET /files/../echo/%2e%2e/echo/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    )
    expect(parseEcho(raw).params).toEqual({ id: '1' })
  })

  test('has no body when its length was not declared, as on the real host', async () => {
    const raw = await sendRaw(
      'POST /echo/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    )
    expect(parseEcho(raw).body).toBe('')
  })

  test('has no body when it is a GET', async () => {
    const raw = await sendRaw(
      'GET /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc',
    )
    expect(parseEcho(raw).body).toBe('')
  })

  const simple = 'GET /nothing HTTP/1.1\r\nHost: x\r\n'
  test.each([
    [400, 'an encoded NUL', 'GET /echo/%00 HTTP/1.1\r\nHost: x\r\n'],
    [400, 'octets beyond ASCII', 'GET /echo/\xe9 HTTP/1.1\r\nHost: x\r\n'],
    [400, 'no Host', 'GET /echo/1 HTTP/1.1\r\n'],
    [400, 'an empty Host', 'GET /echo/1 HTTP/1.1\r\nHost:\r\n'],
    [400, 'a malformed Host', 'GET /echo/1 HTTP/1.1\r\nHost: a b/c\r\n'],
    [400, 'credentials in Host', 'GET /echo/1 HTTP/1.1\r\nHost: user@x\r\n'],
    [400, 'a Host port out of range', 'GET /echo/1 HTTP/1.1\r\nHost: x:99999\r\n'],
    [400, 'two Hosts', 'GET /echo/1 HTTP/1.1\r\nHost: x\r\nHost: y\r\n'],
    [500, 'no Host in HTTP/1.0', 'GET /echo/1 HTTP/1.0\r\n'],
    [500, 'a header value in UTF-8', `${simple}X: \xc3\xa9\r\n`],
    [400, 'a header value in Latin-1', `${simple}X: \xe9\r\n`],
    [414, 'a request line over 8 KiB', `GET /nothing?${'x'.repeat(8192)} HTTP/1.1\r\nHost: x\r\n`],
    [431, 'more than 100 headers', simple + 'X: 1\r\n'.repeat(100)],
    [505, 'HTTP/2.0', 'GET /nothing HTTP/2.0\r\nHost: x\r\n'],
    [404, 'broken percent-encoding', 'GET /%zz HTTP/1.1\r\nHost: x\r\n'],
    [404, 'percent-encoding that is not UTF-8', 'GET /%ff HTTP/1.1\r\nHost: x\r\n'],
    [404, 'a fragment', 'GET /nothing#a HTTP/1.1\r\nHost: x\r\n'],
    [200, 'an absolute target', 'GET http://x/nothing HTTP/1.1\r\nHost: x\r\n'],
    [200, 'an expectation that nobody knows', `${simple}Expect: foo\r\n`],
    [200, '99 headers', simple + 'X: 1\r\n'.repeat(97)],
  ])("gets %i for %s, as on Azure's host", async (status, _, head) => {
    const raw = await sendRaw(`${head}Connection: close\r\n\r\n`)
    expect(raw).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    if (status !== 200) expect(raw).toMatch(/\r\n\r\n(0\r\n\r\n)?$/)
  })

  test('gets 431 when its headers exceed 32 KiB', async () => {
    const response = await fetch(`${host.url}/nothing`, { headers: { large: 'x'.repeat(33 * 1024) } })
    expect(response.status).toBe(431)
  })

  test('may carry 30 KiB of headers', async () => {
    const response = await fetch(`${host.url}/nothing`, { headers: { large: 'x'.repeat(30 * 1024) } })
    expect(response.status).toBe(200)
  })
})

describe('the body limit', () => {
  test('lets a body of exactly that size through', async () => {
    expect((await echo('/echo/1', { method: 'POST', body: 'x'.repeat(1000) })).body).toHaveLength(1000)
  })

  test('answers a bare 500 to a larger one, readable while the client still sends', async () => {
    const body = `Content-Length: 4000000\r\n\r\n${'x'.repeat(4_000_000)}`
    const raw = await sendRaw(`POST /echo/1 HTTP/1.1\r\nHost: x\r\n${body}`)
    expect(raw).toMatch(/^HTTP\/1\.1 500 Internal Server Error\r\n/)
    expect(raw).toMatch(/connection: close\r\n/i)
    expect(raw).toMatch(/content-length: 0\r\n[^]*\r\n\r\n$/i)
  })

  test('lets one of undeclared length through as empty, whatever its size', async () => {
    const body = `Transfer-Encoding: chunked\r\n\r\n3d0900\r\n${'x'.repeat(4_000_000)}\r\n0\r\n\r\n`
    const raw = await sendRaw(`POST /echo/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${body}`)
    expect(parseEcho(raw)).toMatchObject({ body: '', headers: { 'transfer-encoding': 'chunked' } })
  })

  test('stops draining a body that has no end', async () => {
    const socket = connect(host.port, '127.0.0.1')
    socket.write('POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000000\r\n\r\n')
    const isClosed = new Promise((resolve) => socket.once('close', resolve))
    const chunk = Buffer.alloc(1024 * 1024)
    const send = (): void => void (socket.writable && socket.write(chunk, send))
    socket.on('error', () => {}).resume()
    send()
    await isClosed
    expect(socket.bytesWritten).toBeLessThan(200 * 1024 * 1024)
  })

  test('survives a client that leaves in the middle of its body', async () => {
    const socket = connect(host.port, '127.0.0.1')
    socket.write('POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nabc')
    await new Promise((resolve) => setTimeout(resolve, 50))
    socket.destroy()
    expect((await fetch(`${host.url}/nothing`)).status).toBe(200)
  })
})

describe('the response', () => {
  test('carries status, headers, content-length and date', async () => {
    const response = await fetch(`${host.url}/echo/1`)
    expect(response.status).toBe(201)
    expect(response.headers.get('x-echo')).toBe('yes')
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(Number(response.headers.get('content-length'))).toBe((await response.arrayBuffer()).byteLength)
    expect(Date.parse(response.headers.get('date') ?? '')).not.toBeNaN()
  })

  test('carries bytes as they are, and framing headers of the server only', async () => {
    const response = await fetch(`${host.url}/bytes`)
    expect(response.headers.get('connection')).toBe('keep-alive')
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(Uint8Array.of(0, 255, 128))
  })

  test('to HEAD has headers but no body', async () => {
    const raw = await sendRaw('HEAD /echo/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect(raw).toMatch(/^HTTP\/1\.1 201 Created\r\n/)
    expect(raw).toMatch(/x-echo: yes\r\n[^]*\r\n\r\n$/)
  })

  test('is 200 for an empty object and 204 for nothing', async () => {
    expect((await fetch(`${host.url}/nothing`)).status).toBe(200)
    expect((await fetch(`${host.url}/silent`)).status).toBe(204)
  })

  test('is an empty 500 with a log line when the function throws', async () => {
    const response = await fetch(`${host.url}/throwing`)
    expect([response.status, await response.text()]).toEqual([500, ''])
    const line = lines.find(({ level }) => level === 'error')
    expect(line).toMatchObject({
      functionName: 'throwing',
      message: expect.stringContaining('the function broke'),
    })
  })

  test('shows what the hooks changed', async () => {
    const response = await fetch(`${host.url}/hooked`)
    expect(await response.text()).toBe(HOOKED)
    expect(response.headers.get('x-post')).toBe('ran')
  })

  test('is what a postInvocation hook puts in place of an error', async () => {
    const rescued = await register((app) => {
      app.hook.postInvocation((context) => {
        context.error = null
        context.result = { status: 418 }
      })
      app.http('broken', {
        handler: () => {
          throw new Error('broken')
        },
      })
    })
    const own = await start({ registry: rescued })
    onTestFinished(() => own.close())
    expect((await fetch(`${own.url}/broken`)).status).toBe(418)
  })
})

describe('startFunctionsHost()', () => {
  test('rejects with the code of the listening error', async () => {
    await expect(start({ port: host.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  test('refuses a registry that is not loaded', async () => {
    const { registry: empty, uninstall } = installFunctionsCore({ log })
    uninstall()
    await expect(start({ registry: empty })).rejects.toThrow('no app is loaded')
  })

  test('refuses enableHttpStream', async () => {
    const streaming = await register((app) => {
      app.setup({ enableHttpStream: true })
      app.http('stream', { handler: () => ({}) })
    })
    await expect(start({ registry: streaming })).rejects.toThrow('enableHttpStream is set')
  })

  test('serves HTTPS with a key and a certificate', async () => {
    const tls = await selfSign('127.0.0.1')
    const secure = await start({ tls })
    onTestFinished(() => secure.close())
    const body = await new Promise<string>((resolve, reject) => {
      https
        .get(`${secure.url}/echo/1`, { ca: tls.certificate }, (response) => resolve(text(response)))
        .once('error', reject)
    })
    expect(JSON.parse(body)).toMatchObject({ url: `https://127.0.0.1:${secure.port}/echo/1` })
  })

  /** Asks a host for an answer that takes so long, and waits until the function has begun. */
  const askSlowly = async ({ url }: FunctionsHost, milliseconds: number) => {
    lines.length = 0
    const answer = fetch(`${url}/slow/${milliseconds}`)
    await vi.waitFor(() => expect(lines).toMatchObject([{ message: 'sleeping' }]), 20_000)
    return { answer }
  }

  test('close() lets a running request finish and accepts no other', async () => {
    const own = await start({ closeWithinMilliseconds: 60_000 })
    const { answer } = await askSlowly(own, 300)
    const closed = own.close()
    await expect(fetch(`${own.url}/nothing`)).rejects.toThrow('fetch failed')
    const response = await answer
    expect([await response.text(), response.headers.get('connection')]).toEqual(['done', 'close'])
    await closed
    expect(own.close()).toBe(closed)
  })

  test('close() cuts a request that outlasts the bound', async () => {
    const own = await start({ closeWithinMilliseconds: 100 })
    const { answer } = await askSlowly(own, 30_000)
    await Promise.all([expect(answer).rejects.toThrow('fetch failed'), own.close()])
  })
})
