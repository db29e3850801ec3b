import { createServer, type RequestListener, type Server } from 'node:http'
import { once } from 'node:events'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { fetchJson } from '../../../lib/token/fetchJson.ts'

const servers: Server[] = []

afterEach(() => {
  vi.restoreAllMocks()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** Serves on the loopback interface; the URL of its root. */
const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  return `http://127.0.0.1:${address.port}/`
}

const sending =
  (body: string | Buffer, status = 200): RequestListener =>
  (_, response) =>
    response.writeHead(status).end(body)

/** Closes the connection in the middle of its answer. */
const cut: RequestListener = (request, response) => {
  response.writeHead(200, { 'content-length': '100' })
  response.write('{', () => request.socket.destroy())
}

const local = fetchJson({ allowLoopbackHttp: true })
const limit = 256 * 1024

describe('fetchJson()', () => {
  it('fetches JSON from loopback over http where that is allowed, and asks for JSON', async () => {
    const accepted: unknown[] = []
    const url = await serve((request, response) => {
      accepted.push(request.headers.accept)
      response.end('{"keys":[]}')
    })
    expect(await local(url)).toEqual({ keys: [] })
    expect(await local(url.replace('127.0.0.1', 'localhost'))).toEqual({ keys: [] })
    expect(accepted).toEqual(['application/json', 'application/json'])
  })

  it('refuses http to loopback unless it is allowed, without sending anything', async () => {
    let requests = 0
    const url = await serve((_, response) => {
      requests += 1
      response.end('{}')
    })
    await expect(fetchJson({ allowLoopbackHttp: false })(url)).rejects.toThrow(/not https/)
    expect(requests).toBe(0)
  })

  it.each([
    'http://issuer.example/keys',
    'http://127.0.0.1.issuer.example/',
    'http://localhost.example/',
    'http://10.0.0.1/',
    'http://user@issuer.example/',
    'ftp://127.0.0.1/',
    'file:///etc/passwd',
    'data:application/json,{}',
  ])('refuses %s even where loopback is allowed', (url) => expect(local(url)).rejects.toThrow(/not https/))

  it('refuses what is no URL', () => expect(local('keys')).rejects.toThrow(/Invalid URL/))

  it.each([301, 302, 303, 307, 308])('does not follow a redirect (%i)', async (status) => {
    let followed = 0
    const target = await serve((_, response) => {
      followed += 1
      response.end('{}')
    })
    const url = await serve((_, response) => response.writeHead(status, { location: target }).end())
    await expect(local(url)).rejects.toThrow(/fetch failed/)
    expect(followed).toBe(0)
  })

  it.each([201, 204, 304, 400, 404, 500, 503])('refuses an answer of status %i', async (status) => {
    const url = await serve(sending(status === 204 || status === 304 ? '' : '{}', status))
    await expect(local(url)).rejects.toThrow(`status ${status}`)
  })

  it('reads 256 KiB and not an octet more', async () => {
    const exactly = `"${'x'.repeat(limit - 2)}"`
    expect(await local(await serve(sending(exactly)))).toHaveLength(limit - 2)
    await expect(local(await serve(sending(`${exactly} `)))).rejects.toThrow(/more than/)
  })

  it('stops reading an answer that does not end', async () => {
    const url = await serve((_, response) => {
      const chunk = Buffer.alloc(64 * 1024, ' ')
      const write = () => void (!response.destroyed && response.write(chunk, write))
      write()
    })
    await expect(local(url)).rejects.toThrow(/more than/)
  })

  it('reads past a byte order mark', async () => {
    expect(await local(await serve(sending('\ufeff{"keys":[]}')))).toEqual({ keys: [] })
  })

  it('refuses what is not JSON, and what is not UTF-8', async () => {
    await expect(local(await serve(sending('<html>')))).rejects.toThrow(/JSON/)
    await expect(local(await serve(sending('')))).rejects.toThrow(/JSON/)
    await expect(local(await serve(sending(Buffer.of(0x22, 0xff, 0x22))))).rejects.toThrow(/not UTF-8/)
  })

  it('refuses a document with two members of one name: two readers would see two key sets', async () => {
    const url = await serve(sending('{"keys":[],"keys":[{"kty":"RSA"}]}'))
    await expect(local(url)).rejects.toThrow('The document has two members of one name.')
  })

  it('puts characters together that arrive in pieces', async () => {
    const url = await serve((_, response) => {
      response.write(Buffer.of(0x22, 0xc3), () => response.end(Buffer.of(0xa9, 0x22)))
    })
    expect(await local(url)).toBe('\u00e9')
  })

  it('fails when the server closes before, or in the middle of, its answer', async () => {
    await expect(local(await serve((request) => request.socket.destroy()))).rejects.toThrow(/fetch failed/)
    await expect(local(await serve(cut))).rejects.toThrow(/terminated/)
  })

  it('gives up on a server that never answers', async () => {
    const timeout = AbortSignal.timeout.bind(AbortSignal)
    const spy = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => timeout(50))
    await expect(local(await serve(() => undefined))).rejects.toThrow(/timeout/i)
    expect(spy).toHaveBeenCalledWith(5_000)
  })
})
