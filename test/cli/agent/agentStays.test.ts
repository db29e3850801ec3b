import { chmod, mkdir, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { runProgram } from '../../../client/runProgram.ts'
import { standInService } from '../../client/agent/standInService.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { runMayfly } from '../runMayfly.ts'
import { startAgent } from './agentProcess.ts'

const isWindows = process.platform === 'win32'

/** A folder for a configuration, whose service a test holds up. */
const bench = async () => {
  const folder = await temporaryFolder()
  const held = { isSilent: false }
  const service = await standInService(
    () => new Date(),
    () => (held.isSilent ? 'silent' : undefined),
  )
  await writeFile(join(folder, 'token'), 'a.b.c')
  const program = async (name: string, lines: string) => {
    const file = join(folder, name)
    await writeFile(file, `#!/bin/sh\n${lines}\n`)
    await chmod(file, 0o755)
    return file
  }
  const credential = (name: string, ...more: readonly string[]) =>
    [
      '[[credentials]]',
      `folder = "${name}"`,
      ...(more.some((line) => line.startsWith('token')) ? [] : ['token = { kind = "file", file = "token" }']),
      ...more,
    ].join('\n')
  const write = async (...tables: readonly string[]) => {
    const file = join(folder, 'mayfly.toml')
    await writeFile(file, [`url = "${service.url}"\ntenant = "contoso"`, ...tables].join('\n\n'))
    return file
  }
  return { folder, held, service, program, credential, write }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe.skipIf(isWindows)('SIGTERM', () => {
  /** Waits for the process id that a program writes down. */
  const pidOf = (file: string): Promise<number> =>
    vi.waitFor(
      async () => {
        const pid = Number(await readFile(file, 'utf8'))
        expect(pid).toBeGreaterThan(0)
        return pid
      },
      { timeout: 50_000 },
    )

  it.each([
    ['its token command runs', (command: string) => `token = { kind = "command", command = "${command}" }`],
    [
      'its posture command runs',
      (command: string) => `posture = { kind = "command", command = "${command}" }`,
    ],
    ['its hook runs', (command: string) => `on-renew = "${command}"`],
  ])('ends an agent at once while %s, and that with it', async (_, member) => {
    const { folder, program, credential, write } = await bench()
    const command = await program('wait', `sleep 60 &\necho $! > '${folder}/pid'\nwait`)
    const agent = startAgent(['--config', await write(credential('ada', member(command)))])
    const pid = await pidOf(join(folder, 'pid'))
    const { code, milliseconds } = await agent.end('SIGTERM')
    expect([code, agent.lines.at(-1)?.event]).toEqual([0, 'stopped'])
    expect(milliseconds).toBeLessThan(20_000)
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 50_000)
    // What was ended is no failure: the next start begins with it.
    expect(agent.lines.filter(({ level }) => level === 'error' || level === 'warning')).toEqual([])
  })

  it('ends an agent at once while the service does not answer', async () => {
    const { held, service, credential, write } = await bench()
    held.isSilent = true
    const agent = startAgent(['--config', await write(credential('ada'))])
    await vi.waitFor(() => expect(service.served).toHaveLength(1), 50_000)
    const { code, milliseconds } = await agent.end('SIGTERM')
    expect(code).toBe(0)
    expect(milliseconds).toBeLessThan(20_000)
    expect(agent.lines.map(({ event }) => event)).toEqual(['started', 'stopped'])
  })

  it.each(['agent.lock', 'renew.lock'])('ends an agent at once while somebody else has %s', async (lock) => {
    const { folder, credential, write } = await bench()
    await mkdir(join(folder, 'ada'), { mode: 0o700 })
    await mkdir(join(folder, 'ada', lock))
    await writeFile(join(folder, 'ada', lock, '7'), '')
    const agent = startAgent(['--config', await write(credential('ada'))])
    await agent.next({ event: 'started' })
    // A reload meanwhile is no end, nor a reason to wait anew for somebody who was waited for.
    agent.child.kill('SIGHUP')
    await agent.next({ event: 'reloaded' })
    const { code, milliseconds } = await agent.end('SIGTERM')
    expect([code, agent.lines.at(-1)?.event]).toEqual([0, 'stopped'])
    expect(milliseconds).toBeLessThan(20_000)
  })
})

describe.skipIf(isWindows)('an agent', () => {
  it('that was killed while it renewed is followed by the next one at once, which asks for the same key', async () => {
    const { folder, held, service, credential, write } = await bench()
    held.isSilent = true
    const words = ['--config', await write(credential('ada'), credential('bob'))]
    const killed = startAgent(words)
    await vi.waitFor(() => expect(service.served).toHaveLength(2), 50_000)
    await killed.end('SIGKILL')
    const key = await readFile(join(folder, 'ada', 'pending-key.pem'), 'utf8')
    held.isSilent = false
    const beside = await bench()
    const others = ['--config', await beside.write(beside.credential('ada'))]
    const [second, other] = [startAgent(words), startAgent(others)]
    const renewed = async (agent: typeof second, of: string) => {
      await agent.next({ event: 'renewed', subject: join(of, 'ada') })
      return performance.now()
    }
    const [last, first] = await Promise.all([renewed(second, folder), renewed(other, beside.folder)])
    // The locks that the killed one left, one after the other, would count for ten seconds each.
    expect(last - first).toBeLessThan(9_000)
    expect(await readFile(join(folder, 'ada', 'key.pem'), 'utf8')).toBe(key)
    expect((await second.end('SIGTERM')).code).toBe(0)
  })

  it('fills a folder again that somebody removed, and still is the only one of it', async () => {
    const { folder, service, credential, write } = await bench()
    const words = ['--config', await write(credential('ada'))]
    const agent = startAgent(words)
    await agent.next({ event: 'renewed' })
    await rm(join(folder, 'ada'), { recursive: true, maxRetries: 5 })
    await agent.next({ event: 'failed', level: 'warning' })
    await agent.next({ event: 'renewed' })
    expect(service.served).toHaveLength(2)
    expect(await runMayfly(folder, ['agent', ...words])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining(`process id ${agent.child.pid}`) as string,
    })
    expect((await agent.end('SIGTERM')).code).toBe(0)
  })
})

describe.skipIf(isWindows)('SIGHUP', () => {
  it('leaves everything as it was where the file has a fault, and takes what is right, asking for nothing again', async () => {
    const { folder, service, credential, write } = await bench()
    const agent = startAgent(['--config', await write(credential('ada'))])
    await agent.next({ event: 'renewed', subject: join(folder, 'ada') })
    await write(credential('ada'), credential('bob', 'colour = 1'))
    agent.child.kill('SIGHUP')
    expect(await agent.next({ event: 'failed' })).toMatchObject({
      level: 'error',
      text: expect.stringMatching(/^Cannot reload: .*colour/) as string,
    })
    expect(agent.child.exitCode).toBeNull()
    await write(credential('ada'), credential('bob'))
    agent.child.kill('SIGHUP')
    await agent.next({ event: 'renewed', subject: join(folder, 'bob') })
    expect((await agent.end('SIGTERM')).code).toBe(0)
    expect(service.served).toHaveLength(2)
  })

  it('lets a renewal come to its end first, and spends no second token', async () => {
    const { folder, service, program, credential, write } = await bench()
    const begun = join(folder, 'begun')
    const command = await program('token-command', `echo >> '${begun}'\nsleep 1\necho a.b.c`)
    const token = `token = { kind = "command", command = "${command}" }`
    const agent = startAgent(['--config', await write(credential('ada', token))])
    await vi.waitFor(() => readFile(begun), 50_000)
    for (let count = 0; count < 2; count++) agent.child.kill('SIGHUP')
    await agent.next({ event: 'renewed' })
    await agent.next({ event: 'reloaded' })
    expect((await agent.end('SIGTERM')).code).toBe(0)
    expect(await readFile(begun, 'utf8')).toBe('\n')
    expect(service.served).toHaveLength(1)
  })

  it('counts as often as it comes: the file that was there at the last one is kept', async () => {
    const { folder, credential, write } = await bench()
    const names = ['bob', 'eve', 'joe', 'kim']
    const agent = startAgent(['--config', await write(credential('ada'))])
    await agent.next({ event: 'renewed' })
    for (const name of names) {
      await write(credential(name))
      agent.child.kill('SIGHUP')
      if (name !== 'kim') await new Promise((resolve) => setTimeout(resolve, 15))
    }
    await agent.next({ event: 'renewed', subject: join(folder, 'kim') })
    expect((await agent.end('SIGTERM')).code).toBe(0)
  })
})

describe.skipIf(isWindows)('an agent goes on', () => {
  it('where its log is on a full disk', async () => {
    const { folder, service, credential, write } = await bench()
    const agent = startAgent(['--config', await write(credential('ada')), '--log-file', '/dev/full'])
    await vi.waitFor(() => readFile(join(folder, 'ada', 'certificate.pem')), 50_000)
    expect((await agent.end('SIGTERM')).code).toBe(0)
    expect(service.served).toHaveLength(1)
  })

  it('where nobody reads its events any more', async () => {
    const { folder, credential, write } = await bench()
    const agent = startAgent(['--config', await write(credential('ada'))])
    await agent.next({ event: 'renewed' })
    agent.child.stderr.destroy()
    await write(credential('ada'), credential('bob'))
    agent.child.kill('SIGHUP')
    await vi.waitFor(() => readFile(join(folder, 'bob', 'certificate.pem')), 50_000)
    expect((await agent.end('SIGTERM')).code).toBe(0)
  })
})

/** A disk of this many octets, where this process may make one. */
const smallDisk = async (octets: number): Promise<string | undefined> => {
  const folder = await temporaryFolder()
  const run = (program: string, ...args: readonly string[]) =>
    runProgram({ program, arguments: args, environment: process.env, timeoutMilliseconds: 25_000 })
  const { how } = await run('mount', '-t', 'tmpfs', '-o', `size=${octets},mode=0755`, 'tmpfs', folder)
  if (how !== undefined) return undefined
  onTestFinished(async () => {
    expect((await run('umount', folder)).how).toBeUndefined()
  })
  return folder
}

it.skipIf(isWindows)(
  'a full disk spends no token, keeps what is there, and is no trouble once it has room',
  async (context) => {
    const { folder, service } = await bench()
    const disk = await smallDisk(64 * 1024)
    if (disk === undefined) return context.skip('no file system can be mounted here')
    const words = [
      '--url',
      service.url,
      '--tenant',
      'contoso',
      '--token-file',
      'token',
      '--out',
      join(disk, 'ada'),
    ]
    const once = () => runMayfly(folder, ['agent', '--once', ...words])
    const fill = async () => {
      const { bavail, bsize } = await statfs(disk)
      await writeFile(join(disk, 'filling'), Buffer.alloc(bavail * bsize))
    }
    await mkdir(join(disk, 'ada'), { mode: 0o700 })
    await fill()
    expect(await once()).toMatchObject({ stderr: expect.stringContaining('ENOSPC') as string })
    expect(service.served).toEqual([])
    await rm(join(disk, 'filling'))
    expect((await once()).code).toBe(0)
    const held = await readFile(join(disk, 'ada', 'certificate.pem'), 'utf8')

    // Its time has come, and the disk is full again.
    await rm(join(disk, 'ada', 'agent.json'))
    await fill()
    await once()
    expect(await readFile(join(disk, 'ada', 'certificate.pem'), 'utf8')).toBe(held)
    expect(service.served).toHaveLength(1)
    await rm(join(disk, 'filling'))
    expect((await once()).code).toBe(0)
    expect(
      (await readdir(join(disk, 'ada'), { recursive: true })).filter((name) => name.endsWith('.tmp')),
    ).toEqual([])
  },
)
