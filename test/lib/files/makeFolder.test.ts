import { mkdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeFolder, unwritable } from '../../../lib/files/makeFolder.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

describe('makeFolder()', () => {
  it('makes what leads to a folder as well, as often as it is asked and by however many', async () => {
    const folder = join(await temporaryFolder(), 'a', 'b', 'c')
    await Promise.all(Array.from({ length: 8 }, () => makeFolder(folder, 0o700)))
    await makeFolder(folder, 0o755)
    expect((await stat(folder)).isDirectory()).toBe(true)
    if (process.platform !== 'win32') expect((await stat(join(folder, '..'))).mode & 0o777).toBe(0o700)
  })

  it('tells what is in its way', async () => {
    const base = await temporaryFolder()
    await writeFile(join(base, 'file'), '')
    await symlink(join(base, 'nowhere'), join(base, 'dangling'))
    await expect(makeFolder(join(base, 'file'), 0o700)).rejects.toMatchObject({ code: 'EEXIST' })
    await expect(makeFolder(join(base, 'dangling'), 0o700)).rejects.toMatchObject({ code: 'EEXIST' })
    await expect(makeFolder(join(base, 'file', 'a', 'b'), 0o700)).rejects.toMatchObject({
      code: expect.stringMatching(/^ENO(TDIR|ENT)$/) as string,
    })
  })

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'names a folder that is of others',
    async () => {
      const base = await temporaryFolder()
      await mkdir(join(base, 'closed'), { mode: 0o500 })
      await expect(makeFolder(join(base, 'closed', 'a', 'b'), 0o700)).toRefuse(
        'path-unwritable',
        /closed.*EACCES/,
      )
    },
  )
})

describe('unwritable()', () => {
  it('explains what keeps one from writing, and nothing else', () => {
    const fault = (code: string) => Object.assign(new Error(code), { code })
    expect(unwritable('/x', fault('EROFS'))).toMatchObject({
      code: 'path-unwritable',
      detail: expect.stringMatching(
        /^Cannot write to \/x: .*\(EROFS\).*mayfly agent install.*ReadWritePaths=/,
      ) as string,
    })
    expect(unwritable('/x', fault('EACCES'))).toMatchObject({
      detail: 'Cannot write to /x: this user may not (EACCES).',
    })
    const full = fault('ENOSPC')
    expect(unwritable('/x', full)).toBe(full)
  })
})
