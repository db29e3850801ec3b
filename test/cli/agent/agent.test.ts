import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text as consume } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Instead, standInService } from '../../client/agent/standInService.ts'
import { problemReply } from '../../client/serve.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { runMayfly } from '../runMayfly.ts'

const entry = fileURLToPath(new URL('../../../cli/mayfly.ts', import.meta.url))

const bench = async (instead?: Instead) => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'ada.jwt'), 'a.b.c')
  const service = await standInService(() => new Date(), instead)
  const words = ['--url', service.url, '--tenant', 'contoso', '--token-file', 'ada.jwt', '--out', 'ada']
  const run = (...args: readonly string[]) => runMayfly(folder, args)
  return { folder, service, words, run }
}

/** Begins an agent that stays. */
const stay = async (folder: string, words: readonly string[]) => {
  const child = spawn(process.execPath, [entry, 'agent', ...words], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: Record<string, unknown>[] = []
  let rest = ''
  child.stderr.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts.map((line) => JSON.parse(line) as Record<string, unknown>))
  })
  const until = async (event: string, count = 1) => {
    while (lines.filter((line) => line.event === event).length < count) {
      if (child.exitCode !== null) throw new Error(`The agent ended: ${JSON.stringify(lines)}`)
      await once(child.stderr, 'data')
    }
  }
  return { child, lines, until, out: consume(child.stdout) }
}

describe.skipIf(process.platform === 'win32')('mayfly agent', () => {
  it('keeps a credential, alone, asks for nothing again, and ends at once', async () => {
    const { folder, service, words, run } = await bench()
    const first = await stay(folder, words)
    await first.until('renewed')
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
    await first.until('reloaded')
    const begun = performance.now()
    first.child.kill('SIGTERM')
    expect(await once(first.child, 'exit')).toEqual([0, null])
    expect(performance.now() - begun).toBeLessThan(2_000)
    expect(first.lines.at(-1)).toMatchObject({ event: 'stopped' })
    expect(await first.out).toBe('')

    const again = await stay(folder, words)
    await again.until('waiting')
    again.child.kill('SIGTERM')
    await once(again.child, 'exit')
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
