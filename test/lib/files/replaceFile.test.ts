import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { draftedName } from '../../../lib/files/draftOf.ts'
import { makeFolder } from '../../../lib/files/makeFolder.ts'
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

it.skipIf(process.platform === 'win32')(
  'what VPN servers read they can read, whatever the umask of who wrote it',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mayfly-replace-'))
    const before = process.umask(0o077)
    onTestFinished(() => {
      process.umask(before)
      return rm(folder, { recursive: true })
    })
    await makeFolder(join(folder, 'made', 'trust'), 0o755)
    await replaceFile(join(folder, 'made', 'trust', 'pem'), '', 0o644)
    await replaceFile(join(folder, 'key'), '', 0o600)
    const modeOf = async (name: string) => (await stat(join(folder, name))).mode & 0o777
    expect(await Promise.all(['made', 'made/trust', 'made/trust/pem', 'key'].map(modeOf))).toEqual([
      0o755, 0o755, 0o644, 0o600,
    ])
  },
)
