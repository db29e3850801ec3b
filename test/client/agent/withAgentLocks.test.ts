import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { withAgentLocks } from '../../../client/agent/withAgentLocks.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

const times = { beat: 20, stale: 60_000, patience: 60_000 }
const options = (number: number) => ({
  ...times,
  holder: `the agent with process id ${number} on here`,
  signal: undefined,
})
const folders = async (...names: readonly string[]) => {
  const base = await temporaryFolder()
  return names.map((name) => join(base, name))
}

describe('withAgentLocks()', () => {
  it('makes folders for their owner alone, and gives them back', async () => {
    const all = await folders('b', 'a', 'c', 'a')
    for (let run = 0; run < 2; run++) expect(await withAgentLocks(all, async () => run, options(1))).toBe(run)
    await expect(withAgentLocks(all, () => Promise.reject(new Error('no')), options(1))).rejects.toThrow('no')
    expect(await withAgentLocks(all, async () => 7, options(1))).toBe(7)
    if (process.platform !== 'win32') expect((await stat(all[0] ?? '')).mode & 0o777).toBe(0o700)
    expect(await withAgentLocks([], async () => 8, options(1))).toBe(8)
  })

  it('refuses whoever comes second for one of many, by the name of the first, and lets nothing stay locked', async () => {
    const [a = '', b = '', c = '', d = ''] = await folders('a', 'b', 'c', 'd')
    await withAgentLocks(
      [c],
      async () => {
        const second = withAgentLocks([a, b, c, d], async () => 'ran', options(2))
        await expect(second).toRefuse(
          'folder-busy',
          /folder .*c\/agent\.lock: the agent with process id 1 on here has it/,
        )
      },
      options(1),
    )
    expect(await withAgentLocks([a, b, c, d], async () => 'ran', { ...options(3), patience: 0 })).toBe('ran')
  })

  it('waits no longer for the others once one cannot be had', async () => {
    const [a = '', b = '', c = ''] = await folders('a', 'b', 'c')
    // Somebody who died: it is waited for, for a minute here.
    await mkdir(join(b, 'agent.lock'), { recursive: true, mode: 0o700 })
    await writeFile(join(b, 'agent.lock', '4'), '')
    await withAgentLocks(
      [c],
      async () => {
        const begun = performance.now()
        await expect(withAgentLocks([a, b, c], async () => 'ran', options(2))).toRefuse('folder-busy')
        expect(performance.now() - begun).toBeLessThan(20_000)
      },
      options(1),
    )
  })

  it('lets one of two that begin at once run', async () => {
    const all = await folders('a', 'b', 'c')
    let inside = 0
    const both: Promise<number>[] = []
    const act = async () => {
      inside += 1
      // Until the other one has ended.
      await Promise.race(both).catch(() => undefined)
      return inside
    }
    both.push(withAgentLocks(all, act, options(1)), withAgentLocks(all.toReversed(), act, options(2)))
    const ends = await Promise.allSettled(both)
    expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(inside).toBe(1)
  })

  it('waits for the locks of an agent that ended on another machine at once, not one after the other', async () => {
    const all = await folders('a', 'b', 'c', 'd', 'e', 'f')
    for (const folder of all) {
      await mkdir(join(folder, 'agent.lock'), { recursive: true, mode: 0o700 })
      await chmod(folder, 0o700)
      await writeFile(join(folder, 'agent.lock', '4'), '')
    }
    const begun = performance.now()
    await withAgentLocks(all, async () => undefined, { ...options(1), stale: 1_000 })
    expect(performance.now() - begun).toBeLessThan(20_000)
    for (const folder of all)
      expect(await readdir(join(folder, 'agent.lock'))).toEqual(['5', expect.stringMatching(/^5-/), 'holder'])
  })

  it.skipIf(process.platform === 'win32')('takes no folder that others can write to', async () => {
    const [folder = ''] = await folders('a')
    await mkdir(folder)
    await chmod(folder, 0o777)
    await expect(withAgentLocks([folder], async () => 'ran', options(1))).toRefuse(
      'path-shared',
      /the folder/,
    )
  })
})
