import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rememberSignIn } from '../../../client/token/rememberSignIn.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { entraSettings } from './entraWorld.ts'
import { fakeTools } from './fakeTools.ts'
import { signInMachine } from './oidcWorld.ts'

const secret = `canary-${'ä'.repeat(1_200)}`

const bench = async (platform: NodeJS.Platform, ...tools: readonly string[]) => {
  const fakes = await fakeTools(...tools, 'whoami.exe', 'icacls.exe')
  const folder = join(await temporaryFolder(), 'ada')
  const machine = signInMachine(() => undefined, { platform, environment: fakes.environment })
  const open = (changes = {}) => rememberSignIn({ ...entraSettings, ...changes }, { ...machine, folder })
  const file = join(folder, 'sign-in.json')
  return { ...fakes, folder, machine, open, file, text: () => readFile(file, 'utf8') }
}

const posix = process.platform !== 'win32'

describe.runIf(posix).each([
  ['linux', 'secret-tool', 'secret-service'],
  ['darwin', 'security', 'keychain'],
  ['win32', 'powershell.exe', 'dpapi'],
] as const)('rememberSignIn() on %s, by a fake of %s', (platform, tool, kind) => {
  it('keeps a long secret for the next program, which no file and no argument shows', async () => {
    const { open, called, text, file, machine } = await bench(platform, tool)
    await open().write(secret)
    expect(await open().read()).toBe(secret)
    expect(JSON.parse(await text())).toMatchObject({ protectedBy: kind })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const hidden = [await text(), JSON.stringify(await called())].join()
    expect(hidden).not.toContain('canary')
    expect(hidden).not.toContain(Buffer.from('canary').toString('base64url').slice(0, 8))
    expect(machine.told).toEqual([])
  })

  it('replaces what was there by what is shorter, and forgets it', async () => {
    const { open, stored, file } = await bench(platform, tool)
    const keeping = open()
    await keeping.write(secret)
    await keeping.write('short')
    expect(await open().read()).toBe('short')
    await keeping.forget()
    expect(await open().read()).toBeUndefined()
    expect(await stored()).toEqual({})
    await expect(stat(file)).rejects.toThrow('ENOENT')
  })

  it('does not know that of another client, nor what the store lost', async () => {
    const { open, break: spoil } = await bench(platform, tool)
    await open().write(secret)
    expect(await open({ clientId: 'another' }).read()).toBeUndefined()
    await spoil(tool, 7)
    expect(await open().read()).toBeUndefined()
  })

  it.each([0, 7])('does not count on a store that keeps nothing, and ends with %d', async (code) => {
    const { open, break: spoil, machine } = await bench(platform, tool)
    await spoil(tool, code)
    await open().write(secret)
    expect(machine.told.length).toBe(1)
    expect(await open().read()).toBe(platform === 'win32' ? undefined : secret)
  })
})

describe.runIf(posix)('rememberSignIn() without a store of the platform', () => {
  it('keeps the secret in a file of mode 0600, and warns of it once', async () => {
    const { open, file, machine, text } = await bench('linux')
    const keeping = open()
    await keeping.write('canary')
    await keeping.write('canary-2')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await text()).toContain('canary-2')
    expect(machine.told).toEqual([
      expect.stringMatching(/^Warning: .*sign-in\.json without protection but its mode, 0600\.$/),
    ])
    expect(await open().read()).toBe('canary-2')
    await keeping.forget()
    expect(await open().read()).toBeUndefined()
  })

  it('remembers nothing on Windows, where a mode means nothing, and says so', async () => {
    const { open, file, machine } = await bench('win32')
    await open().write('canary')
    await expect(stat(file)).rejects.toThrow('ENOENT')
    expect(machine.told).toEqual([expect.stringMatching(/is not remembered/)])
  })

  it('leaves the folder to its user on Windows before the sign-in is in it', async () => {
    const { open, called, folder } = await bench('win32', 'powershell.exe')
    await open().write('canary')
    const restricted = (await called()).filter(([name]) => name === 'icacls.exe')
    expect(restricted).toEqual([
      expect.arrayContaining(['/inheritance:r', '*S-1-5-21-1-2-3-1001:(OI)(CI)F', '*S-1-5-18:(OI)(CI)F']),
    ])
    expect(restricted[0]?.[1]).toContain(`${folder}.`)
  })

  it('refuses a file that others can read, and one that is none, without what it holds', async () => {
    const { open, file } = await bench('linux')
    await open().write('canary')
    await chmod(file, 0o640)
    await expect(open().read()).toRefuse('key-file-refused', /its mode is 0640/)
    await chmod(file, 0o600)
    for (const content of ['{"name":"canary"}', 'canary', '{"name":1,"protectedBy":"canary"}']) {
      await writeFile(file, content)
      await expect(open().read()).toRefuse('key-file-refused', /^(?!.*canary)/)
    }
  })
})
