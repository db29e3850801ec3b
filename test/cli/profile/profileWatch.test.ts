import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { watchFiles } from '../../../client/profileWatch/watchSpec.ts'
import type { WatchState } from '../../../client/profileWatch/watchState.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { startAgent } from '../agent/agentProcess.ts'
import { runCommand, testDeployment, testTime } from '../runCommand.ts'

const since = '2026-03-02T08:01:47Z'

type Condition = WatchState['profiles'][number]['condition']

const stateOf = (condition: Condition, changes: Partial<WatchState> = {}): WatchState => ({
  version: 1,
  checkedAt: '2026-03-02T09:30:00Z',
  sources: [],
  notes: [],
  profiles: [
    {
      name: 'Contoso',
      isManaged: true,
      condition,
      since,
      text: `It is ${condition}.`,
      key: '',
      isBegun: false,
    },
  ],
  ...changes,
})

/** A mayfly.toml with profiles of OpenVPN, and what is remembered of them. */
const configured = async (state?: WatchState, more = '') => {
  const folder = await temporaryFolder()
  const config = join(folder, 'mayfly.toml')
  const profiles = '[[profiles]]\nfile = "vpn.toml"\nfolder = "."\nplatform = "openvpn"\n'
  await writeFile(config, `${more}${profiles}credential = "/var/lib/mayfly/vpn"\n`, { mode: 0o600 })
  if (state) await writeFile(watchFiles(folder).state, JSON.stringify(state))
  const run = (...words: readonly string[]) =>
    runCommand([...words, '--config', config], testDeployment(folder), { now: testTime })
  return { folder, config, run }
}

const error = { code: 'configuration-invalid', detail: 'Cannot use it.', since }

describe('mayfly agent status and mayfly doctor --client', () => {
  it.each([
    ['nothing', undefined, 3, /^state +stopped$/m, /nobody ever checked them/],
    [
      'an old check',
      stateOf('current', { checkedAt: '2026-03-02T08:00:00Z' }),
      3,
      /stopped/,
      /checked them since\s+2026-03-02T08:00:00Z/,
    ],
    [
      'what is as it is to be',
      stateOf('current'),
      0,
      /^profile +Contoso: current$/m,
      /all are as the file says/,
    ],
    [
      'what waits',
      stateOf('waiting'),
      4,
      /waiting since 2026-03-02T08:01:47Z: It is waiting\./,
      /It is waiting\. \(since/,
    ],
    ['what is held', stateOf('held'), 4, /^state +differing$/m, /It is held\./],
    ['what differs', stateOf('mismatched'), 3, /mismatched since/, /It is mismatched\./],
    [
      'a file that cannot be used',
      stateOf('current', { error }),
      3,
      /^last error +Cannot use it\./m,
      /Cannot use it\./,
    ],
    [
      'a name that does not answer',
      stateOf('current', { sources: ['a.b: no answer'] }),
      0,
      /^source +a\.b: no answer$/m,
      /a\.b: no answer/,
    ],
    [
      'what a platform lacks',
      stateOf('current', { notes: ['Contoso: proxy has no such setting there.'] }),
      0,
      /^lacking +Contoso: proxy has no such setting there\.$/m,
      /all are as the file says/,
    ],
  ] as const)('tell %s', async (_, state, exitCode, status, found) => {
    const { run } = await configured(state)
    const shown = await run('agent', 'status')
    expect(shown.text).toMatch(status)
    expect(shown.exitCode ?? 0).toBe(exitCode)
    expect((await run('doctor', '--client')).text).toMatch(found)
  })
})

describe('mayfly profile watch', () => {
  it('wants profiles, of a client that this machine has, by what is right', async () => {
    const { folder, config, run } = await configured()
    await expect(run('profile', 'watch', '--log-level', 'all')).rejects.toMatchObject({ code: 'usage-wrong' })
    await writeFile(
      config,
      '[[profiles]]\nfile = "v"\nfolder = "f"\nplatform = "windows"\ncheck-minutes = 0\n',
    )
    await expect(run('profile', 'watch')).rejects.toMatchObject({
      detail: expect.stringContaining('check-minutes: must be a whole number from 1 to 1440') as string,
    })
    await writeFile(config, '[[profiles]]\nfile = "v"\nfolder = "f"\nplatform = "windows"\n')
    if (process.platform !== 'win32')
      await expect(run('profile', 'watch', '--once')).rejects.toMatchObject({
        detail: expect.stringContaining('no such client') as string,
      })
    await writeFile(config, `url = "https://m.example"\ntenant = "c"\n[[bundles]]\nfolder = "trust"\n`)
    await expect(run('profile', 'watch')).rejects.toMatchObject({
      detail: `Cannot keep profiles current: ${join(folder, 'mayfly.toml')} has no [[profiles]].`,
    })
  })

  it('removes nothing that others manage: not where two [[profiles]] are of one client', async () => {
    const { folder, config, run } = await configured()
    const two = ['windows', 'windows-entra'].map(
      (platform) => `[[profiles]]\nfile = "v"\nfolder = "${platform}"\nplatform = "${platform}"\n`,
    )
    await writeFile(config, two.join(''))
    const detail = `Cannot remove what is not managed: ${join(folder, 'mayfly.toml')} has several [[profiles]] of one client, and each would remove what another manages.`
    for (const mode of ['--once', '--dry-run'])
      await expect(run('profile', 'watch', mode, '--remove-unmanaged')).rejects.toMatchObject({ detail })
  })

  it('tells what it cannot use, as the agent does, by levels, and ends at once (fault 3)', async () => {
    const { folder, config } = await configured(undefined, 'log-level = "error"\nlog-file = "events"\n')
    for (const words of [['profile', 'watch'], ['agent']]) {
      const watch = startAgent(['--config', config], folder, words)
      await vi.waitFor(async () => {
        expect(await readFile(join(folder, 'events'), 'utf8')).toMatch(/"profiles-invalid"/)
      }, 50_000)
      const { code, milliseconds } = await watch.end('SIGTERM')
      expect(code).toBe(0)
      expect(milliseconds).toBeLessThan(20_000)
      const lines = (await readFile(join(folder, 'events'), 'utf8')).trim().split('\n')
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
        expect.objectContaining({
          time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
          level: 'error',
          id: 101,
          event: 'profiles-invalid',
        }),
      ])
      await writeFile(join(folder, 'events'), '')
    }
  })
})
