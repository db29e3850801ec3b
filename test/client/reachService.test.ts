import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { reachService } from '../../client/reachService.ts'
import { freePort } from '../../local/freePort.ts'
import { startProxy } from './connectProxy.ts'
import { serve } from './serve.ts'
import { certificateFor, day, startService } from './tlsService.ts'

const host = 'vpn-ca.contoso.example'
const good = await certificateFor(host)
const { signal } = new AbortController()

const reach = (url: string, ca?: string, ended = signal) =>
  reachService({ url: new URL(url), ca, signal: ended })

const useProxy = (url: string): void => {
  vi.stubEnv('HTTPS_PROXY', url)
  onTestFinished(() => void vi.unstubAllEnvs())
}

describe('reachService()', () => {
  it('connects, and sends no request', async () => {
    const local = await certificateFor('localhost')
    const [plain, secure] = [await serve(() => ({})), await startService(local)]
    await reach(plain.url)
    await reach(`https://localhost:${secure.port}`, local)
    expect([plain.received, secure.received]).toEqual([[], []])
  })

  it('goes through the proxy, to the service behind it', async () => {
    const service = await startService(good)
    const proxy = await startProxy(service.port)
    useProxy(proxy.url)
    await reach(`https://${host}`, good)
    expect(proxy.asked.map(({ target }) => target)).toEqual([`${host}:443`])
    const other = await certificateFor('other.example')
    const stranger = await startService(other)
    useProxy((await startProxy(stranger.port)).url)
    await expect(reach(`https://${host}`, other)).toRefuse('service-untrusted', /for another host name/)
  })

  it.each([
    ['502 Bad Gateway', 'service-unavailable', /answers 502/],
    ['407 Proxy Authentication Required', 'service-not-reached', /407/],
  ] as const)('tells that the proxy answers %s', async (line, code, detail) => {
    useProxy((await startProxy(0, () => line)).url)
    await expect(reach(`https://${host}`, good)).toRefuse(code, detail)
  })

  it('tells who is not there, and who is somebody else', async () => {
    const port = await freePort()
    for (const scheme of ['http', 'https'])
      await expect(reach(`${scheme}://127.0.0.1:${port}`)).toRefuse('service-unavailable', /ECONNREFUSED/)
    const expired = await certificateFor('localhost', -2 * day, -day)
    const portal = await startService(expired)
    await expect(reach(`https://localhost:${portal.port}`, expired)).toRefuse(
      'service-untrusted',
      /has expired/,
    )
    await expect(reach(`https://localhost:${portal.port}`)).toRefuse('service-untrusted')
  })

  it('ends with the signal while nobody answers', async () => {
    const sockets: Socket[] = []
    const silent = createServer((socket) => sockets.push(socket))
    onTestFinished(() => {
      silent.close()
      for (const socket of sockets) socket.destroy()
    })
    await once(silent.listen(0, '127.0.0.1'), 'listening')
    const { port } = silent.address() as AddressInfo
    const ended = reach(`https://127.0.0.1:${port}`, good, AbortSignal.timeout(100))
    await expect(ended).toRefuse('service-unavailable', /there was no answer in time/)
  })
})
