import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { withFolderLock } from '../../../lib/files/withFolderLock.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

/** Nobody takes over, however busy the machine is. */
const times = { beat: 20, stale: 60_000, patience: 60_000 }

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
    expect(await readdir(folder)).toHaveLength(1)
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
})
