import { spawnSync } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { lockFolder } from '../../local/lockFolder.ts'
import { temporaryFolder } from './temporaryFolder.ts'

it('lockFolder() gives a folder to one process at a time, and back', async () => {
  const folder = await temporaryFolder()
  const unlock = await lockFolder(folder)
  expect(await readFile(join(folder, 'lock'), 'utf8')).toBe(String(process.pid))
  await unlock()
  expect(await readdir(folder)).toEqual([])
  // Another process that runs: the one that started this one.
  await writeFile(join(folder, 'lock'), String(process.ppid))
  await expect(lockFolder(folder)).rejects.toThrow(`process ${process.ppid} uses ${folder}`)
})

it('lockFolder() takes over from a process that is gone or had this id before, and from a lock that names none', async () => {
  const folder = await temporaryFolder()
  const { pid } = spawnSync(process.execPath, ['--eval', ''])
  for (const content of [String(pid), String(process.pid), '', 'garbage']) {
    await writeFile(join(folder, 'lock'), content)
    await (
      await lockFolder(folder)
    )()
  }
})
