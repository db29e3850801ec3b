import { mkdir, open, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { readOrMake, writePrivateFile } from '../../local/writePrivateFile.ts'
import { temporaryFolder } from './temporaryFolder.ts'

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777

describe('writePrivateFile()', () => {
  it.skipIf(process.platform === 'win32')(
    'keeps the file and the folders it makes from everybody else',
    async () => {
      const folder = join(await temporaryFolder(), 'a')
      const file = join(folder, 'b', 'secret')
      await writePrivateFile(file, 'text')
      expect(await modeOf(file)).toBe(0o600)
      expect(await modeOf(folder)).toBe(0o700)
      expect(await modeOf(join(folder, 'b'))).toBe(0o700)
    },
  )

  it.skipIf(process.platform === 'win32')(
    'takes a file away from those who could read it before',
    async () => {
      const file = join(await temporaryFolder(), 'secret')
      await writeFile(file, 'old', { mode: 0o666 })
      await writePrivateFile(file, 'new')
      expect(await modeOf(file)).toBe(0o600)
    },
  )

  it('replaces the file in one step and leaves no draft', async () => {
    const folder = await temporaryFolder()
    const file = join(folder, 'secret')
    await writePrivateFile(file, 'old')
    const reader = await open(file)
    await writePrivateFile(file, 'new')
    expect(await reader.readFile('utf8')).toBe('old')
    await reader.close()
    expect(await readFile(file, 'utf8')).toBe('new')
    expect(await readdir(folder)).toEqual(['secret'])
  })

  it('leaves no draft, which would be a secret too, when the file cannot be replaced', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'secret'))
    await expect(writePrivateFile(join(folder, 'secret'), 'text')).rejects.toThrow()
    expect(await readdir(folder)).toEqual(['secret'])
  })
})

describe('readOrMake()', () => {
  it('makes what is missing, once', async () => {
    const file = join(await temporaryFolder(), 'made', 'secret')
    const make = vi.fn<() => string>(() => 'made')
    expect(await readOrMake(file, make)).toBe('made')
    expect(await readOrMake(file, make)).toBe('made')
    expect(make).toHaveBeenCalledOnce()
    expect(await readFile(file, 'utf8')).toBe('made')
  })

  it('writes nothing when making fails', async () => {
    const folder = await temporaryFolder()
    const make = () => Promise.reject(new Error('no chance'))
    await expect(readOrMake(join(folder, 'secret'), make)).rejects.toThrow('no chance')
    expect(await readdir(folder)).toEqual([])
  })

  it('makes nothing in place of a file that is there and cannot be read', async () => {
    const folder = await temporaryFolder()
    const make = vi.fn<() => string>(() => 'made')
    await expect(readOrMake(folder, make)).rejects.toThrow(/EISDIR/)
    expect(make).not.toHaveBeenCalled()
  })
})
