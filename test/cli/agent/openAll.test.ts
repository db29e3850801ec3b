import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { configurationFile, configurationFileOf } from '../../../cli/agent/configurationFile.ts'
import { runCommand, testDeployment } from '../runCommand.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'open-all-'))
})
afterAll(() => rm(folder, { recursive: true }))

const credential = (name: string) =>
  `[[credentials]]\nfolder = "${name}"\ntoken = { kind = "file", file = "token" }\n`

const written = async (name: string, text: string): Promise<string> => {
  const file = join(folder, name)
  await writeFile(file, `url = "http://127.0.0.1:9"\ntenant = "contoso"\n${text}`)
  return file
}

const run = (...words: readonly string[]) => runCommand(words, testDeployment(folder))

describe('mayfly agent --config', () => {
  it('lets options win where the file keeps one credential', async () => {
    const file = await written('one.toml', credential('a'))
    const words = ['agent', '--once', '--config', file, '--token-file', join(folder, 'other')]
    await expect(run(...words)).rejects.toMatchObject({
      detail: expect.stringContaining(join(folder, 'other')) as string,
    })
  })

  it('takes no option about one of several', async () => {
    const file = await written('two.toml', credential('a') + credential('b'))
    await expect(run('agent', '--once', '--config', file, '--on-renew', 'hook')).rejects.toMatchObject({
      code: 'usage-wrong',
      detail: expect.stringContaining('--on-renew') as string,
    })
  })

  it('does not guess what to keep', async () => {
    await expect(run('agent', '--once', '--out', join(folder, 'c'))).rejects.toMatchObject({
      code: 'usage-wrong',
    })
  })
})

describe('mayfly agent check', () => {
  it('tells what a right file keeps', async () => {
    const file = await written('right.toml', credential('a'))
    expect(await run('agent', 'check', '--config', file)).toEqual({
      text: `${file} is right: 1 credential, 0 bundles`,
      json: { file, valid: true, faults: [], credentials: 1, bundles: 0, profiles: 0 },
    })
  })

  it('looks at the file that the agent would read, and says where that is when there is none', async () => {
    vi.stubEnv('XDG_CONFIG_HOME', folder)
    vi.stubEnv('LOCALAPPDATA', folder)
    onTestFinished(() => void vi.unstubAllEnvs())
    // That of the machine, where the tests are run by root.
    expect(existsSync(configurationFile())).toBe(false)
    await expect(run('agent', 'check')).rejects.toMatchObject({
      code: 'usage-wrong',
      detail: expect.stringContaining(configurationFile()) as string,
    })
  })

  it('tells all that is wrong with another', async () => {
    const file = await written('wrong.toml', `${credential('a')}colour = 1\nreuse-key = 2\n`)
    expect(await run('agent', 'check', '--config', file)).toMatchObject({
      text: [
        `${file}: line 6, credentials[0].colour: there is no such member`,
        `${file}: line 7, credentials[0].reuse-key: must be true or false`,
        '2 faults',
      ].join('\n'),
      exitCode: 3,
    })
  })
})

describe('configurationFileOf()', () => {
  it.each([
    ['linux', false, {}, '/home/ada/.config/mayfly/mayfly.toml'],
    ['linux', false, { XDG_CONFIG_HOME: '/conf' }, '/conf/mayfly/mayfly.toml'],
    ['linux', true, { XDG_CONFIG_HOME: '/conf' }, '/etc/mayfly/mayfly.toml'],
    ['darwin', false, {}, '/home/ada/Library/Application Support/Mayfly/mayfly.toml'],
    ['darwin', true, {}, '/Library/Application Support/Mayfly/mayfly.toml'],
    ['win32', false, { LOCALAPPDATA: 'C:\\Local' }, 'C:\\Local\\Mayfly\\mayfly.toml'],
    ['win32', true, {}, 'C:\\Program Files\\Mayfly\\mayfly.toml'],
  ] as const)('on %s (of the machine: %s)', (platform, isSystem, environment, file) => {
    expect(configurationFileOf({ platform, isSystem, environment, home: '/home/ada' })).toBe(file)
  })
})
