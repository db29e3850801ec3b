import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { kindsHere } from './canTunnel.ts'
import { within } from './lab.ts'
import { tunnelKinds } from './tunnelKinds.ts'

const project = resolve(import.meta.dirname, '../../..')
const kinds = ['net', 'mnt', 'pid'] as const

/** What the system tells of a process. */
interface Process {
  readonly pid: string
  /** Command, environment and mounts. */
  readonly text: string
  readonly namespaces: readonly string[]
}

/** Reads something of a process; nothing where it ended meanwhile. */
const told = async (reading: Promise<string>): Promise<string> => reading.catch(() => '')

const processes = async (): Promise<readonly Process[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  return Promise.all(
    pids.map(async (pid) => {
      const texts = ['cmdline', 'environ', 'mountinfo'].map((name) =>
        told(readFile(`/proc/${pid}/${name}`, 'utf8')),
      )
      const links = kinds.map((kind) => told(readlink(`/proc/${pid}/ns/${kind}`)))
      return { pid, text: (await Promise.all(texts)).join('\n'), namespaces: await Promise.all(links) }
    }),
  )
}

/** Whatever belongs to a run: by the folder of its temporary files, or by the namespaces that it made. */
const belonging = async (folder: string, made: ReadonlySet<string>): Promise<readonly Process[]> =>
  (await processes()).filter(
    ({ text, namespaces }) => text.includes(folder) || namespaces.some((one) => made.has(one)),
  )

/** Holds the namespaces of a process open until the test ends: their names are numbers, which others get once they are free. */
const hold = async ({ pid }: Process): Promise<readonly string[]> => {
  const holding = kinds.map(async (kind) => {
    const handle = await open(`/proc/${pid}/ns/${kind}`).catch(() => undefined)
    if (handle === undefined) return []
    onTestFinished(() => handle.close())
    return [await readlink(`/proc/self/fd/${handle.fd}`)]
  })
  return (await Promise.all(holding)).flat()
}

/** Starts the real tunnels as somebody at a terminal does, and waits until some of their machines are there. */
const startRun = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-run-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const program = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/vpn/vitest.config.ts']
  const child = spawn(process.execPath, [...program, 'test/vpn/tunnels/tunnels.test.ts'], {
    cwd: project,
    env: { PATH: process.env['PATH'], TMPDIR: folder },
    stdio: 'ignore',
    detached: true,
  })
  const ended = once(child, 'exit')
  const labs = async () => (await readdir(folder)).filter((name) => name.startsWith('mayfly-tunnels-'))
  const machines = async () => {
    const inside = await Promise.all((await labs()).map((lab) => readdir(join(folder, lab))))
    return inside.flat().filter((name) => name.endsWith('-server'))
  }
  const isUnderWay = async () => child.exitCode !== null || (await machines()).length > 2
  expect(await within(400, isUnderWay)).toBe(true)
  const own = new Set(await Promise.all(kinds.map((kind) => readlink(`/proc/self/ns/${kind}`))))
  const held = (await Promise.all((await belonging(folder, new Set())).map(hold))).flat()
  const made = new Set(held.filter((one) => !own.has(one)))
  return { child, ended, folder, labs, made }
}

const here = kindsHere(tunnelKinds)

it.skipIf(here.size === 0).each([
  ['SIGINT', 'all of its processes, as a terminal does', -1],
  ['SIGTERM', 'the one that was started', 1],
] as const)(
  'a run that gets %s, %s, leaves no namespace, process, mount or file behind',
  { timeout: 600_000 },
  async (signal, _, whom) => {
    const { child, ended, folder, labs, made } = await startRun()
    expect(child.exitCode).toBe(null)
    // Those of the laboratory, and of some machines.
    expect(made.size).toBeGreaterThan(5)
    process.kill(whom * (child.pid ?? NaN), signal)
    await ended
    const isClean = async () => (await belonging(folder, made)).length === 0 && (await labs()).length === 0
    const isGone = await within(90, isClean)
    expect((await belonging(folder, made)).map(({ text }) => text.slice(0, 300))).toEqual([])
    expect(isGone).toBe(true)
  },
)
