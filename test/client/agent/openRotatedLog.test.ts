import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openRotatedLog } from '../../../client/agent/openRotatedLog.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

const mebibyte = 1024 * 1024
const long = (letter: string) => letter.repeat(mebibyte + 1)
const first = async (file: string) => (await readFile(file, 'utf8'))[0]

describe('openRotatedLog()', () => {
  it('appends lines to a file for its owner alone', async () => {
    const file = join(await temporaryFolder(), 'agent.log')
    openRotatedLog(file)('one')
    openRotatedLog(file)('two')
    expect(await readFile(file, 'utf8')).toBe('one\ntwo\n')
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('begins anew with every MiB, keeps three files before it, and loses no line of them', async () => {
    const folder = await temporaryFolder()
    const file = join(folder, 'agent.log')
    const write = openRotatedLog(file)
    for (const letter of 'abcdef') write(long(letter))
    expect((await readdir(folder)).toSorted()).toEqual([
      'agent.log',
      'agent.log.1',
      'agent.log.2',
      'agent.log.3',
    ])
    const letters = await Promise.all([file, `${file}.1`, `${file}.2`, `${file}.3`].map(first))
    expect(letters).toEqual(['f', 'e', 'd', 'c'])
  })

  it('goes on in the same file where it cannot be rotated, and keeps the line', async () => {
    const folder = await temporaryFolder()
    const file = join(folder, 'agent.log')
    const write = openRotatedLog(file)
    write(long('a'))
    // No file can take the place of a folder.
    await mkdir(join(folder, 'agent.log.3'))
    await writeFile(join(folder, 'agent.log.2'), 'x')
    write('b')
    expect((await readFile(file, 'utf8')).endsWith('a\nb\n')).toBe(true)
  })

  it('is no reason to end when it cannot be written any more, and is one when it never could', async () => {
    const folder = await temporaryFolder()
    const write = openRotatedLog('/dev/full')
    expect(() => write('lost')).not.toThrow()
    const none = join(folder, 'none', 'agent.log')
    await chmod(folder, 0o755)
    expect(() => openRotatedLog(none)).toThrowError(/Cannot write the log .*ENOENT/)
  })
})
