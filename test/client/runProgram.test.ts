import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { type ProgramRun, runProgram } from '../../client/runProgram.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'

const shell = (program: string, changes: Partial<ProgramRun> = {}) =>
  runProgram({
    program,
    isShell: true,
    environment: { PATH: process.env.PATH },
    timeoutMilliseconds: 20_000,
    ...changes,
  })

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Runs what starts another program, tells its process id, and waits for it. */
const parent = async (changes: Partial<ProgramRun>, whenBegun: () => void = () => undefined) => {
  const file = join(await temporaryFolder(), 'pid')
  const begun = performance.now()
  const running = shell(`sleep 60 & echo $! > '${file}'; wait`, changes)
  await vi.waitFor(async () => expect(await readFile(file, 'utf8')).toMatch(/\n$/), 20_000)
  whenBegun()
  const { how } = await running
  const child = Number(await readFile(file, 'utf8'))
  // Whoever is killed is there until somebody looks after it.
  await vi.waitFor(() => expect(isAlive(child)).toBe(false), 20_000)
  return { how, milliseconds: performance.now() - begun }
}

describe.skipIf(process.platform === 'win32')('runProgram()', () => {
  it('gives the environment that it is told, the input, and what both outputs got', async () => {
    const environment = { PATH: process.env.PATH, GIVEN: 'a', NOT: undefined }
    const run = await shell('cat; echo "$GIVEN ${NOT-none} ${HOME-none}" >&2', { environment, input: 'in' })
    expect(run.how).toBeUndefined()
    expect([run.stdout.toString(), run.stderr.toString()]).toEqual(['in', 'a none none\n'])
  })

  it.each([
    ['ended with 7', 'exit 7'],
    ['ended with SIGTERM', 'kill -TERM $$'],
  ])('tells that it %s', async (how, line) => expect(await shell(line)).toMatchObject({ how }))

  it('tells that there is no such program, and of an environment that no program can be given', async () => {
    const program = '/no/such/program'
    expect(await shell(program, { isShell: false })).toMatchObject({ how: 'cannot be run (ENOENT)' })
    const environment = { LONG: 'x'.repeat(4 * 1024 * 1024) }
    expect(await shell('exit 0', { environment })).toMatchObject({ how: 'cannot be run (E2BIG)' })
  })

  it('ends it with what it started when its time is over', async () => {
    // Time enough to start both, however busy the machine is.
    const { how, milliseconds } = await parent({ timeoutMilliseconds: 5_000 })
    expect(how).toBe('took more than 5 s')
    expect(milliseconds).toBeLessThan(25_000)
  })

  it('ends it with what it started when the signal does, which may have been before', async () => {
    const stop = new AbortController()
    const { how, milliseconds } = await parent({ signal: stop.signal }, () => stop.abort())
    expect(how).toBe('was stopped')
    expect(milliseconds).toBeLessThan(25_000)
    expect(await shell('sleep 60', { signal: stop.signal })).toMatchObject({ how: 'was stopped' })
  })

  it('lets go on what a program leaves running, such as a VPN that a hook starts', async () => {
    const folder = await temporaryFolder()
    const [told, file] = [join(folder, 'told'), join(folder, 'went-on')]
    const waits = `for _ in $(seq 600); do [ ! -e '${told}' ] || break; sleep 0.1; done`
    const { how, stdout } = await shell(`(${waits}; echo late; echo done > '${file}') & echo begun`)
    expect([how, stdout.toString()]).toEqual([undefined, 'begun\n'])
    await writeFile(told, '')
    await vi.waitFor(async () => expect(await readFile(file, 'utf8')).toBe('done\n'), 20_000)
  })

  it('keeps a quarter of a MiB of what is written without end, and is not held up by it', async () => {
    const { how, stdout, stderr } = await shell(
      'head -c 3000000 /dev/zero; head -c 300000 /dev/zero >&2; exit 5',
    )
    expect([how, stdout.length, stderr.length]).toEqual(['ended with 5', 262_144, 262_144])
  })

  it('leaves no listener on a signal that many programs share', async () => {
    const { signal } = new AbortController()
    const added = vi.spyOn(signal, 'addEventListener')
    const removed = vi.spyOn(signal, 'removeEventListener')
    for (let run = 0; run < 3; run++) await shell('exit 0', { signal })
    await sleep(0)
    expect([added.mock.calls.length, removed.mock.calls.length]).toEqual([3, 3])
  })
})
