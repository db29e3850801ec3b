import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type KeyMachine, privateFolder } from '../../../client/credential/privateFolder.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

/** A Windows whose programs are scripts: `icacls` writes down what it was asked. */
const windows = async (programs: Readonly<Record<string, string>> = {}) => {
  const root = await temporaryFolder()
  const log = join(root, 'icacls.log')
  const scripts = {
    whoami: `printf '"AzureAD\\\\Ada","S-1-12-1-1-2-3-4"\\r\\n'`,
    icacls: `printf '%s\\n' "$@" >>'${log}'`,
    ...programs,
  }
  await mkdir(join(root, 'System32'))
  for (const [name, script] of Object.entries(scripts)) {
    const file = join(root, 'System32', `${name}.exe`)
    await writeFile(file, `#!/bin/sh\n${script}\n`)
    await chmod(file, 0o755)
  }
  const machine: KeyMachine = {
    platform: 'win32',
    environment: { SystemRoot: root, PATH: process.env['PATH'] },
  }
  return { machine, asked: async () => (await readFile(log, 'utf8')).trimEnd().split('\n') }
}

const newFolder = async () => join(await temporaryFolder(), 'Ada Lovelace', 'Schlüssel')

describe.skipIf(process.platform === 'win32')('privateFolder()', () => {
  it('has the mode of its owner alone', async () => {
    const folder = await newFolder()
    await privateFolder(folder)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
  })

  it('leaves a folder of Windows to its owner and the system before it has its name, once', async () => {
    const { machine, asked } = await windows()
    const folder = await newFolder()
    await privateFolder(folder, machine)
    const [draft = '', ...rights] = await asked()
    expect(dirname(draft)).toBe(dirname(folder))
    expect(basename(draft)).toMatch(/^Schlüssel\.[\da-f-]{36}\.tmp$/)
    const [user, system] = ['*S-1-12-1-1-2-3-4:(OI)(CI)F', '*S-1-5-18:(OI)(CI)F']
    expect(rights).toEqual(['/inheritance:r', '/grant:r', user, '/grant:r', system, '/q'])
    await privateFolder(folder, machine)
    expect(await asked()).toHaveLength(1 + rights.length)
    expect(await readdir(dirname(folder))).toEqual(['Schlüssel'])
  })

  it('grants the system once where it is the user', async () => {
    const { machine, asked } = await windows({ whoami: `echo '"nt authority\\system","S-1-5-18"'` })
    await privateFolder(await newFolder(), machine)
    expect((await asked()).filter((word) => word === '/grant:r')).toHaveLength(1)
  })

  it.each([
    ['icacls fails', { icacls: 'exit 5' }, /icacls ended with 5/],
    ['whoami fails', { whoami: 'exit 1' }, /whoami ended with 1/],
  ])('is not made where %s', async (_, programs, why) => {
    const { machine } = await windows(programs)
    const folder = await newFolder()
    await expect(privateFolder(folder, machine)).toRefuse('key-file-refused', why)
    expect(await readdir(dirname(folder))).toEqual([])
  })

  it('is not made where it is not told where Windows is', async () => {
    const folder = await newFolder()
    const made = privateFolder(folder, { platform: 'win32', environment: {} })
    await expect(made).toRefuse('key-file-refused', /SystemRoot is not set/)
  })
})
