import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Instead, standInService } from '../../client/agent/standInService.ts'
import { problemReply } from '../../client/serve.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { runMayfly } from '../runMayfly.ts'
import { startAgent } from './agentProcess.ts'

const bench = async (instead?: Instead) => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'ada.jwt'), 'a.b.c')
  const service = await standInService(() => new Date(), instead)
  const words = ['--url', service.url, '--tenant', 'contoso', '--token-file', 'ada.jwt', '--out', 'ada']
  const run = (...args: readonly string[]) => runMayfly(folder, args)
  return { folder, service, words, run }
}

describe.skipIf(process.platform === 'win32')('mayfly agent', () => {
  it('keeps a credential, alone, asks for nothing again, and ends at once', async () => {
    const { folder, service, words, run } = await bench()
    const first = startAgent(words, folder)
    await first.next({ event: 'renewed' })
    expect(first.lines.map(({ event }) => event)).toEqual(
      ['started', 'renewed', 'waiting'].slice(0, first.lines.length),
    )

    const second = await run('agent', ...words)
    expect(second).toMatchObject({ code: 4, stdout: '' })
    expect(second.stderr).toContain(`the agent with process id ${first.child.pid} on `)

    const status = await run('agent', 'status', '--out', 'ada', '--json')
    expect(status.code).toBe(0)
    expect(JSON.parse(status.stdout)).toMatchObject({
      credentials: [{ state: 'valid', folder: join(folder, 'ada') }],
    })
    expect((await run('agent', 'ensure', '--min-left', '10m', ...words)).code).toBe(0)

    first.child.kill('SIGHUP')
    await first.next({ event: 'reloaded' })
    const { code, milliseconds } = await first.end('SIGTERM')
    expect(code).toBe(0)
    expect(milliseconds).toBeLessThan(20_000)
    expect(first.lines.at(-1)).toMatchObject({ event: 'stopped' })
    expect(await first.out).toBe('')

    const again = startAgent(words, folder)
    await again.next({ event: 'waiting' })
    await again.end('SIGTERM')
    expect(service.served.map(({ status: answered }) => answered)).toEqual([201])
    expect((await stat(join(folder, 'ada', 'agent.json'))).mode & 0o777).toBe(0o600)
    expect(await readFile(join(folder, 'ada', 'agent.json'), 'utf8')).not.toContain('a.b.c')
  })

  it('is no success where a certificate ends sooner than a connection wants, and nothing may be asked yet', async () => {
    const { service, words, run } = await bench()
    expect((await run('agent', '--once', ...words)).code).toBe(0)
    const ensured = await run('agent', 'ensure', '--min-left', '2h', ...words)
    expect(ensured.code).toBe(4)
    expect(ensured.stderr).toContain('ends sooner than is wanted')
    expect(service.served).toHaveLength(1)
    const wrong = await run('agent', 'ensure', '--min-left', '10', ...words)
    expect(wrong.stderr).toContain('Cannot read --min-left: it takes a duration such as 90s, 10m or 2h.')
  })

  it('gets another certificate at once where the configuration names another tenant', async () => {
    const { folder, service, words, run } = await bench()
    expect((await run('agent', '--once', ...words)).code).toBe(0)
    const config = join(folder, 'mayfly.toml')
    const credential = '[[credentials]]\nfolder = "ada"\ntoken = { kind = "file", file = "ada.jwt" }\n'
    await writeFile(config, `url = "${service.url}"\ntenant = "fabrikam"\n${credential}`)
    const status = () => run('agent', 'status', '--config', config)
    // The service is not asked twice within half a minute: until then what is held is no success.
    const early = await run('agent', 'ensure', '--config', config)
    expect(early.code).toBe(4)
    expect(await status()).toMatchObject({
      code: 4,
      stdout: expect.stringContaining('foreign: the configuration names another tenant') as string,
    })
    const state = join(folder, 'ada', 'agent.json')
    const remembered = JSON.parse(await readFile(state, 'utf8')) as object
    await writeFile(state, JSON.stringify({ ...remembered, retryAt: undefined }))
    expect((await run('agent', 'ensure', '--config', config)).code).toBe(0)
    expect(service.served).toHaveLength(2)
    expect(JSON.parse(await readFile(state, 'utf8'))).toMatchObject({ tenant: 'fabrikam', url: service.url })
    expect((await status()).code).toBe(0)
  })

  it('tells a refusal with its remedy, and does not ask again soon', async () => {
    const { service, words, run } = await bench(() => problemReply(403, 'device-not-compliant'))
    const refused = await run('agent', '--once', ...words)
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain('"event":"refused"')
    const status = await run('agent', 'status', '--out', 'ada')
    expect(status).toMatchObject({ code: 3 })
    expect(status.stdout).toContain('what to do    Make the device compliant')
    expect((await run('agent', '--once', ...words)).code).toBe(3)
    expect(service.served).toHaveLength(1)
  })
})
