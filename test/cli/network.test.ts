import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer as createTlsServer } from 'node:https'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../local/freePort.ts'
import { localServerIdentity } from '../../local/serverIdentity.ts'
import { testTables } from '../azurite.ts'
import { startProxy } from '../client/connectProxy.ts'
import { answering, listen, type Received } from '../client/serve.ts'
import { testAuthority } from '../client/testAuthority.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { applyDocument } from '../world.ts'
import { testDeployment } from './runCommand.ts'
import { runMayfly } from './runMayfly.ts'
import { testDocument } from './testDocument.ts'

const now = new Date()
beforeAll(() => testTables(now))

const host = 'vpn-ca.contoso.example'
const authority = testAuthority()

/** A https service of this name that enrolls, and a folder with a token for it. */
const bench = async () => {
  const folder = await temporaryFolder()
  const { key, certificate, caFile } = await localServerIdentity(join(folder, 'tls'), host)
  const received: Received[] = []
  const enroll = answering(({ body }) => ({ body: authority.reply(body) }), received)
  const port = await listen(createTlsServer({ key, cert: certificate }, enroll))
  await writeFile(join(folder, 'ada.jwt'), 'a.b.c\n')
  const enrolling = ['enroll', '--tenant', 'contoso', '--token-file', 'ada.jwt', '--out', 'ada', '--url']
  return { folder, port, caFile, received, enrolling }
}

describe('mayfly on a network', () => {
  it('enrolls through the proxy of its environment, as its authority file or the environment says', async () => {
    const { folder, port, caFile, received, enrolling } = await bench()
    const proxy = await startProxy(port)
    const args = [...enrolling, `https://${host}`]
    const environment = { HTTPS_PROXY: proxy.url, NO_PROXY: 'other.example' }
    const named = await runMayfly(folder, [...args, '--ca', caFile], '', environment)
    expect(named).toMatchObject({ code: 0, stderr: '' })
    const trusting = { ...environment, NODE_EXTRA_CA_CERTS: caFile }
    expect(await runMayfly(folder, args, '', trusting)).toMatchObject({ code: 0, stderr: '' })
    expect(proxy.asked.map(({ target }) => target)).toEqual([`${host}:443`, `${host}:443`])
    expect(received).toHaveLength(2)
    const { code, stderr } = await runMayfly(folder, args, '', environment)
    expect(code).toBe(3)
    expect(stderr).toMatch(
      /an authority that is not trusted here .*\n {2}service-untrusted: .*NODE_EXTRA_CA_CERTS/,
    )
  })

  it('sends nothing for this machine through a proxy, to tables neither', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, '.mayfly'))
    await writeFile(join(folder, '.mayfly', 'local.json'), JSON.stringify(testDeployment(folder)))
    const document = testDocument()
    await applyDocument(await testTables(now), document)
    const dead = `http://127.0.0.1:${await freePort()}`
    const environment = { HTTP_PROXY: dead, HTTPS_PROXY: dead, NODE_USE_ENV_PROXY: '1' }
    const shown = await runMayfly(folder, ['tenant', 'show', '--tenant', document.tenant], '', environment)
    expect(shown).toMatchObject({ code: 0, stderr: '' })
  })

  it('tells tables whose server is not trusted from tables that are out', async () => {
    const { folder, port, received } = await bench()
    const other = (await localServerIdentity(join(folder, 'other'), host)).caFile
    const endpoint = `https://127.0.0.1:${port}/contosovpn`
    const tables = { endpoint, standIn: { caFile: other, token: 'canary' } }
    const file = join(folder, 'deployment.json')
    await writeFile(file, JSON.stringify({ ...testDeployment(folder), tables }))
    const { code, stderr } = await runMayfly(folder, [
      'tenant',
      'show',
      '--tenant',
      't',
      '--deployment',
      file,
    ])
    expect(code).toBe(3)
    expect(stderr).toMatch(
      /^(?!.*canary)mayfly: Cannot use the tables: .*not trusted here.*\n {2}service-untrusted/,
    )
    expect(received).toEqual([])
  })

  it('tells a captive portal from a service that refuses', async () => {
    const { folder, enrolling } = await bench()
    const portal = await readFile(new URL('../incidents/2026-11-28/http-portal-302.txt', import.meta.url))
    const server = createServer((socket) => void socket.once('data', () => socket.end(portal)))
    const port = await freePort()
    await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve))
    const { code, stderr } = await runMayfly(folder, [...enrolling, `http://127.0.0.1:${port}`])
    server.close()
    expect(code).toBe(4)
    expect(stderr).toMatch(/something between answered.*status 302.*leading to http:\/\/portal\.example\)/)
    expect(stderr).toMatch(/service-not-reached: A captive portal/)
  })
})
