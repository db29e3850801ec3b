import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ownMark, printMark } from '../../../lib/files/processMark.ts'
import { withFolderLock } from '../../../lib/files/withFolderLock.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

/** Nobody takes over, however busy the machine is. */
const times = { beat: 20, stale: 60_000, patience: 60_000 }

/** What is in the folder of a lock once everybody is done. */
const theOne = (ticket: number) => [
  String(ticket),
  expect.stringMatching(`^${ticket}-${printMark(ownMark())}-`) as string,
]

const holder = join(import.meta.dirname, 'lockHolder.ts')

/** Starts a process that takes a lock over and over, and works under it for some milliseconds. */
const startHolder = (folder: string, milliseconds: number): ChildProcess => {
  const child = spawn(process.execPath, [holder, folder, String(milliseconds)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** Resolves once a process has the lock. */
const hasBegun = ({ stdout }: ChildProcess) => once(stdout as Readable, 'data')

const kill = async (child: ChildProcess): Promise<void> => {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

describe('withFolderLock()', () => {
  it('lets one do something at a time, of many that begin at once', async () => {
    const folder = join(await temporaryFolder(), 'lock')
    let [inside, most, done] = [0, 0, 0]
    const act = async () => {
      inside += 1
      most = Math.max(most, inside)
      await sleep(5)
      inside -= 1
      done += 1
    }
    await Promise.all(Array.from({ length: 20 }, () => withFolderLock(folder, act, times)))
    expect([most, done]).toEqual([1, 20])
    expect(await readdir(folder)).toEqual(theOne(20))
  })

  it('gives the folder back when what is done fails, and returns what it returns', async () => {
    const folder = await temporaryFolder()
    await expect(withFolderLock(folder, () => Promise.reject(new Error('no')), times)).rejects.toThrow('no')
    expect(await withFolderLock(folder, () => Promise.resolve(7), { ...times, patience: 0 })).toBe(7)
  })

  it('waits while whoever has it lives, and refuses when that takes too long', async () => {
    const folder = await temporaryFolder()
    await withFolderLock(
      folder,
      async () => {
        const other = withFolderLock(folder, () => Promise.resolve(), {
          ...times,
          stale: 1_000,
          patience: 2_100,
        })
        await expect(other).toRefuse('folder-busy', /another process has it/)
      },
      times,
    )
  })

  it('takes nothing over from who lives because the machine slept, nor gives up for it', async () => {
    const folder = await temporaryFolder()
    const real = performance.now.bind(performance)
    let slept = 0
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => real() + slept)
    onTestFinished(() => clock.mockRestore())
    const ends: string[] = []
    const rare = { ...times, beat: 400 }
    const holding = withFolderLock(folder, () => sleep(900).then(() => ends.push('first')), rare)
    await sleep(100)
    const waiting = withFolderLock(folder, async () => ends.push('second'), { ...rare, stale: 1_500 })
    // Between two signs of life.
    setTimeout(() => (slept = 3_600_000), 150)
    await Promise.all([holding, waiting])
    expect(ends).toEqual(['first', 'second'])
  })

  it('takes over from a process that died, once, however many wait', async () => {
    const folder = await temporaryFolder()
    // What a process leaves that is killed: a ticket that nobody releases; and an older one that it had no time to remove.
    for (const number of ['7', '8']) await writeFile(join(folder, number), '')
    const early = withFolderLock(folder, () => Promise.resolve(), { ...times, patience: 0 })
    await expect(early).toRefuse('folder-busy')
    const order: number[] = []
    await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        withFolderLock(
          folder,
          async () => {
            order.push(index)
            await sleep(5)
            order.push(index)
          },
          { ...times, stale: 1_000 },
        ),
      ),
    )
    expect(order.filter((_, at) => at % 2 === 0)).toEqual(order.filter((_, at) => at % 2 === 1))
    expect(order).toHaveLength(16)
  })

  it.skipIf(process.platform === 'win32')('takes over from a process that was killed, at once', async () => {
    const folder = await temporaryFolder()
    const child = startHolder(folder, 60_000)
    await hasBegun(child)
    const busy = withFolderLock(folder, () => Promise.resolve(), { ...times, patience: 0 })
    await expect(busy).toRefuse('folder-busy')
    await kill(child)
    expect(await withFolderLock(folder, () => Promise.resolve(7), { ...times, patience: 0 })).toBe(7)
  })

  it.skipIf(process.platform !== 'linux')('takes nothing over from a process that is stopped', async () => {
    const folder = await temporaryFolder()
    const child = startHolder(folder, 60_000)
    await hasBegun(child)
    child.kill('SIGSTOP')
    const wait = { ...times, stale: 300, patience: 1_500 }
    await expect(withFolderLock(folder, () => Promise.resolve(), wait)).toRefuse('folder-busy')
    const first = withFolderLock(folder, () => Promise.resolve(), { ...times, isForOne: true })
    await expect(first).toRefuse('folder-busy')
  })

  it('believes no mark of another ticket, none that cannot be read, and none beside that of who lives', async () => {
    const folder = await temporaryFolder()
    const gone = printMark({ ...ownMark(), pid: 2 ** 22 + 1 })
    const early = () => withFolderLock(folder, () => Promise.resolve(7), { ...times, patience: 0 })
    const names = [`7-${gone}-00000000`, `9-${gone}-00000000`, `8-0${gone}-00000000`, `8-${gone}`]
    for (const name of ['8', ...names]) await writeFile(join(folder, name), '')
    await expect(early()).toRefuse('folder-busy')
    const late = [`8-${gone}-00000000`, `8-${printMark(ownMark())}-00000000`].map((name) =>
      join(folder, name),
    )
    for (const file of late) await writeFile(file, '')
    await expect(early()).toRefuse('folder-busy')
    await rm(late[1] ?? '')
    expect(await early()).toBe(7)
    const strange = new Set([`9-${gone}-00000000`, ...names.slice(2)])
    expect((await readdir(folder)).filter((name) => !strange.has(name))).toEqual(theOne(9))
  })

  it.skipIf(process.platform === 'win32')(
    'never lets two processes in, however many are killed at whatever moment',
    async () => {
      const folder = await temporaryFolder()
      const failures: string[] = []
      let held = 0
      const lane = async () => {
        for (let killed = 0; killed < 5; killed++) {
          const child = startHolder(folder, 2)
          child.stdout?.on('data', (octets: Buffer) => (held += octets.length))
          child.stderr?.on('data', (octets: Buffer) => failures.push(octets.toString()))
          await hasBegun(child)
          await sleep(killed * 5)
          await kill(child)
        }
      }
      await Promise.all([lane(), lane(), lane()])
      expect(failures).toEqual([])
      expect(held).toBeGreaterThanOrEqual(15)
      // The last one may have been killed before it had written.
      expect(await readFile(join(folder, 'inside'), 'utf8')).toMatch(/^\d*$/)
    },
  )

  it('tells whoever has it that its ticket is gone', async () => {
    const folder = join(await temporaryFolder(), 'lock')
    const lost = Promise.withResolvers<void>()
    const act = async () => {
      await rm(folder, { recursive: true })
      await lost.promise
    }
    await withFolderLock(folder, act, { ...times, onLost: lost.resolve })
  })
})
