import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { watchLock } from '../../../lib/files/watchLock.ts'
import { withFolderLock } from '../../../lib/files/withFolderLock.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

describe('watchLock()', () => {
  it('tells a lock that nobody has, whether or not anybody ever had it', async () => {
    const folder = join(await temporaryFolder(), 'lock')
    expect(await watchLock(folder)).toEqual({ kind: 'free' })
    await withFolderLock(folder, async () => undefined)
    expect(await watchLock(folder)).toEqual({ kind: 'free' })
  })

  it('names who has one, and does not take it', async () => {
    const folder = join(await temporaryFolder(), 'lock')
    const watched = () => Promise.all([watchLock(folder), watchLock(folder)])
    const found = await withFolderLock(folder, watched, { holder: 'an agent' })
    expect(found).toEqual([
      { kind: 'held', holder: 'an agent' },
      { kind: 'held', holder: 'an agent' },
    ])
  })

  it('tells one that is passed on meanwhile from one that was left', async () => {
    const folder = join(await temporaryFolder(), 'lock')
    await mkdir(folder)
    await writeFile(join(folder, '7'), '')
    expect(await watchLock(folder)).toEqual({ kind: 'left', holder: 'another process' })
    const released = watchLock(folder)
    await writeFile(join(folder, '7'), 'released')
    expect(await released).toEqual({ kind: 'free' })
  })
})
