import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { problemReply, serve } from '../../client/serve.ts'
import { socketServer } from '../../client/guard/socketServer.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { runCommand, testDeployment } from '../runCommand.ts'
import { startAgent } from './agentProcess.ts'

const status = (user: string) =>
  [
    'HEADER\tCLIENT_LIST\tCommon Name\tVirtual Address\tConnected Since (time_t)\tClient ID',
    `CLIENT_LIST\t${user}\t10.20.0.2\t${Math.floor(Date.now() / 1000) - 10}\t5`,
    'END\r\n',
  ].join('\r\n')

/** A server with one session, its agent's configuration, and a service that tells whom an administrator stopped. */
const guarded = async (user = 'ada@contoso.example') => {
  const folder = await temporaryFolder()
  const told: string[] = []
  const service = { isAway: false, drops: [] as unknown[] }
  const { url, received } = await serve(({ headers }) => {
    if (service.isAway) return { status: 500, body: '' }
    if (headers.authorization !== `Basic ${Buffer.from('vpn:c2VjcmV0').toString('base64')}`)
      return problemReply(401, 'relying-party-refused')
    const { drops } = service
    return { body: { tenant: 'contoso', sequence: drops.length, hintSeconds: 15, drops } }
  })
  const socket = await socketServer((connection) => {
    connection.write('>INFO:OpenVPN Management Interface Version 5\r\n')
    connection.on('data', (octets: Buffer) => {
      const line = octets.toString().trim()
      told.push(line)
      connection.write(line === 'status 3' ? status(user) : 'SUCCESS: client-kill command succeeded\r\n')
    })
  })
  const config = join(folder, 'mayfly.toml')
  const server = `[[bundles.guard.servers]]\nkind = "openvpn"\nsocket = "${socket}"\n`
  const bundle = `url = "${url}"\ntenant = "contoso"\n[[bundles]]\nfolder = "trust"\nrelying-party = { name = "vpn", secret-file = "secret" }\n[bundles.guard]\nlifetime-seconds = 3600\n`
  await writeFile(join(folder, 'secret'), 'c2VjcmV0', { mode: 0o600 })
  await writeFile(config, bundle + server, { mode: 0o600 })
  const run = (...words: readonly string[]) =>
    runCommand(['agent', ...words, '--config', config], testDeployment(folder), { now: () => new Date() })
  const stop = (value: string) =>
    service.drops.push({ kind: 'user', value, at: '2026-01-01T00:00:00Z', until: null, users: [] })
  return { folder, told, service, received, config, bundle, server, run, stop }
}

describe.skipIf(process.platform === 'win32')('mayfly agent guard', () => {
  it('looks once, and agent status tells what it came to', async () => {
    const { run, told } = await guarded()
    expect(await run('status')).toMatchObject({
      exitCode: 3,
      text: expect.stringMatching(/^state +stopped$/m) as string,
    })
    const { json, exitCode, text } = await run('guard', '--once')
    expect(exitCode).toBe(0)
    expect(json).toMatchObject({
      guards: [{ condition: 'guarding', servers: [{ sessions: 1, ended: 0 }], drops: { sequence: 0 } }],
    })
    expect(text).toMatch(/^drop list +0, confirmed /m)
    expect(told).toEqual(['status 3'])
    expect((await run('status')).text).toMatch(/^state +guarding$/m)
  })

  it('ends sessions while it stays, again by what SIGHUP reads, and ends at once', async () => {
    const { folder, config, stop, told, service } = await guarded('bob@contoso.example')
    stop('bob@contoso.example')
    const guard = startAgent(['guard', '--config', config], folder)
    const ended = await guard.next({ event: 'session-ended' })
    expect(ended).toMatchObject({ user: 'bob@contoso.example', reason: 'dropped', by: 'user', session: '5' })
    expect(told).toContain('client-kill 5 HALT')
    await vi.waitFor(() => access(join(folder, 'trust', 'drops.json')), 20_000)
    service.isAway = true
    guard.child.kill('SIGHUP')
    await guard.next({ event: 'reloaded' })
    // The list is kept across the outage.
    await guard.next({ event: 'session-ended' })
    const { code, milliseconds } = await guard.end('SIGTERM')
    expect(code).toBe(0)
    // Before the next look.
    expect(milliseconds).toBeLessThan(4_500)
  })

  it('decides about sessions that a file tells, ends none, and asks the service no more often than it says', async () => {
    const { folder, config, bundle, stop, run, received } = await guarded()
    await writeFile(config, bundle, { mode: 0o600 })
    stop('ada@contoso.example')
    const file = join(folder, 'sessions.json')
    const since = new Date(Date.now() - 60_000).toISOString()
    const old = new Date(Date.now() - 7_200_000).toISOString()
    const sessions = [
      { id: 'a', user: 'ADA@contoso.example', since },
      { id: 'b', user: 'bob@contoso.example', since },
      { id: 'c', user: 'eve";\n\u001b[2J', since: old },
    ]
    await writeFile(file, `\uFEFF${JSON.stringify({ sessions })}`)
    const decided = await run('guard', '--once', '--sessions', file)
    expect(decided.exitCode).toBe(0)
    expect(decided.json).toMatchObject({
      ends: [
        { id: 'a', reason: 'dropped' },
        { id: 'c', reason: 'certificate-ended', user: 'eve";\n\u001b[2J' },
      ],
      drops: { sequence: 1, isStale: false },
    })
    expect(decided.text).not.toContain('\u001b')
    await run('guard', '--once', '--sessions', file)
    expect(received).toHaveLength(1)
    await writeFile(file, '{"sessions":[{"id":"a","user":"a","since":"yesterday"}]}')
    await expect(run('guard', '--once', '--sessions', file)).rejects.toMatchObject({
      code: 'usage-wrong',
      detail: expect.stringContaining('sessions[0]') as string,
    })
    await expect(run('guard', '--sessions', file)).rejects.toMatchObject({ code: 'usage-wrong' })
  })

  it('ends with 4 where the drop list is not known for now, and with 3 where the service refuses', async () => {
    const { folder, run, service, told } = await guarded()
    service.isAway = true
    const away = await run('guard', '--once')
    expect(away).toMatchObject({ exitCode: 4, json: { guards: [{ condition: 'drops-stale' }] } })
    expect(told).toEqual(['status 3'])
    service.isAway = false
    await writeFile(join(folder, 'secret'), 'b3RoZXI=')
    expect(await run('guard', '--once')).toMatchObject({ exitCode: 3 })
  })

  it('guards as a part of the agent, too, and has nothing to do without a guard', async () => {
    const { folder, config, bundle, server, run, stop } = await guarded('bob@contoso.example')
    stop('bob@contoso.example')
    const agent = startAgent(['--config', config], folder)
    await agent.next({ event: 'session-ended' })
    await agent.end('SIGTERM')
    await writeFile(config, bundle.replace(/\[bundles\.guard\][^]*/, ''))
    await expect(run('guard', '--once')).rejects.toMatchObject({ code: 'usage-wrong' })
    for (const [wrong, path] of [
      [server.replace('"openvpn"', '"pptp"'), 'bundles[0].guard.servers[0].kind'],
      [server.replace(/socket.*/, ''), 'bundles[0].guard.servers[0].socket'],
    ] as const) {
      await writeFile(config, bundle + wrong)
      await expect(run('guard', '--once')).rejects.toMatchObject({
        code: 'configuration-invalid',
        detail: expect.stringContaining(path) as string,
      })
    }
    await writeFile(config, bundle.replace('3600', '"1h"'))
    await expect(run('guard', '--once')).rejects.toMatchObject({ code: 'configuration-invalid' })
  })
})
