import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { openBrowser } from '../../../client/token/openBrowser.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

const url = new URL('https://login.example/auth?a=b&c=$(touch%20x)%20%26&d=%2e')

/** A folder that is the whole PATH, with one program which writes down what it is called with. */
const bench = async (program: string, last = '') => {
  const folder = await temporaryFolder()
  const log = join(folder, 'called')
  await writeFile(join(folder, program), `#!/bin/sh\nprintf '%s\\n' "$#" "$@" > '${log}'\n${last}\n`)
  await chmod(join(folder, program), 0o755)
  const called = () => readFile(log, 'utf8').then((text) => text.trimEnd().split('\n'))
  return { called, environment: { PATH: folder, DISPLAY: ':0' } }
}

describe.runIf(process.platform !== 'win32')('openBrowser()', () => {
  it.each([
    ['linux', 'xdg-open', []],
    ['darwin', 'open', []],
    ['win32', 'rundll32.exe', ['url.dll,FileProtocolHandler']],
  ] as const)(
    'hands the URL of %s to %s as one argument, without a shell',
    async (platform, program, words) => {
      const { called, environment } = await bench(program)
      expect(await openBrowser(url, { platform, environment })).toBe(true)
      expect(await called()).toEqual([String(words.length + 1), ...words, url.href])
    },
  )

  it('tells that there is no browser: no screen, no program, or one that fails', async () => {
    const { environment } = await bench('xdg-open', 'exit 3')
    const open = (changes: Record<string, string | undefined>) =>
      openBrowser(url, { platform: 'linux', environment: { ...environment, ...changes } })
    expect(await open({ DISPLAY: undefined })).toBe(false)
    expect(await open({ PATH: '/nowhere' })).toBe(false)
    expect(await open({})).toBe(false)
  })

  it('does not wait for a browser that stays open', async () => {
    const { called, environment } = await bench('xdg-open', '/bin/sleep 4')
    const opened = openBrowser(url, { platform: 'linux', environment })
    expect(await opened).toBe(true)
    await vi.waitFor(async () => expect((await called()).length).toBe(2), 20_000)
  })
})
