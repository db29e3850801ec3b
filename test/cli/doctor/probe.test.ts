import { createServer } from 'node:https'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { fetchAsClient } from '../../../cli/doctor/probe.ts'
import { fetchJson } from '../../../lib/token/fetchJson.ts'
import { localServerIdentity } from '../../../local/serverIdentity.ts'
import { startProxy } from '../../client/connectProxy.ts'
import { answering, listen, serve } from '../../client/serve.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

const fetch = fetchJson({ allowLoopbackHttp: true, fetch: fetchAsClient })

describe('fetchAsClient()', () => {
  it('lets the documents of a token issuer through as they are, and follows no redirect', async () => {
    const issuer = await serve(({ path }) => (path === '/keys' ? { body: { keys: [] } } : { status: 302 }))
    expect(await fetch(`${issuer.url}/keys`)).toEqual({ keys: [] })
    await expect(fetch(issuer.url)).rejects.toThrow('The answer has status 302.')
    expect(issuer.received[0]?.headers.accept).toBe('application/json')
  })

  it('asks through the proxy of this machine', async () => {
    const { key, certificate } = await localServerIdentity(await temporaryFolder(), 'issuer.example')
    const server = createServer(
      { key, cert: certificate },
      answering(() => ({})),
    )
    const proxy = await startProxy(await listen(server))
    vi.stubEnv('HTTPS_PROXY', proxy.url)
    onTestFinished(() => void vi.unstubAllEnvs())
    await expect(fetch('https://issuer.example/keys')).toRefuse('service-untrusted')
    expect(proxy.asked).toMatchObject([{ target: 'issuer.example:443' }])
  })
})
