import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { draftedName } from '../../../lib/files/draftOf.ts'
import { replaceFile } from '../../../lib/files/replaceFile.ts'

it('replaceFile() shows no draft to programs that read the whole folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-replace-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'mayfly')
  await replaceFile(file, 'old', 0o600)
  const seen: string[] = []
  // Looks at the folder in the middle of the writing.
  const contents = async function* () {
    yield 'ne'
    seen.push(...(await readdir(folder)))
    yield 'w'
  }
  await replaceFile(file, contents(), 0o600)
  expect(seen.map(draftedName)).toContain('mayfly')
  expect(seen.filter((name) => !name.startsWith('.'))).toEqual(['mayfly'])
  expect(await readdir(folder)).toEqual(['mayfly'])
  expect(await readFile(file, 'utf8')).toBe('new')
})
