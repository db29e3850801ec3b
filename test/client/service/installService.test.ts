import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { AgentService } from '../../../client/service/agentService.ts'
import { installedService } from '../../../client/service/installedService.ts'
import { installService } from '../../../client/service/installService.ts'
import { managerOf } from '../../../client/service/managerOf.ts'
import { type RunStep, shownStep } from '../../../client/service/runSteps.ts'
import type { ServiceManager } from '../../../client/service/serviceManager.ts'
import { systemdManager } from '../../../client/service/systemdManager.ts'
import { taskScheduler } from '../../../client/service/taskScheduler.ts'
import { uninstallService } from '../../../client/service/uninstallService.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { testNeeds, testService } from './services.ts'

const service = (changes: Partial<AgentService> = {}) => testService({ isSystem: false, ...changes })

/** A platform that does as it is told, but for what fails, and remembers what it was told. */
const platform = ({ fails = /never/, prints = '' } = {}) => {
  const told: string[] = []
  const run: RunStep = (step) => {
    const line = shownStep(step)
    told.push(line.replace('systemctl --user ', ''))
    return Promise.resolve({
      failure: fails.test(line) ? 'ended with 1' : undefined,
      printed: Buffer.from(prints),
    })
  }
  return { told, run }
}

const userUnits = async () => {
  const folder = join(await temporaryFolder(), 'systemd', 'user')
  return { folder, manager: systemdManager({ folder, isSystem: false }) }
}

const unitFile = (manager: ServiceManager) => manager.places.find((path) => path.endsWith('.service')) ?? ''

describe('installService()', () => {
  it('writes what the platform reads, tells it, and is found again', async () => {
    const { manager } = await userUnits()
    const { told, run } = platform()
    const file = unitFile(manager)
    expect(await installService(manager, service(), run)).toMatchObject({
      written: [file],
      removed: [],
      left: [],
    })
    expect(told).toEqual(['daemon-reload', 'enable --now mayfly-agent.service'])
    expect((await stat(file)).mode & 0o777).toBe(0o644)
    expect(await readFile(file, 'utf8')).toMatch(
      /^# Made by mayfly agent install; sha256 [\da-f]{64}\n\[Unit\]/,
    )
    expect(await installedService(manager)).toEqual({ files: [file], foreign: [] })
  })

  it('changes nothing where the same is installed and runs', async () => {
    const { manager } = await userUnits()
    await installService(manager, service(), platform().run)
    const before = await stat(unitFile(manager), { bigint: true })
    const { told, run } = platform()
    expect(await installService(manager, service(), run)).toEqual({
      written: [],
      removed: [],
      ran: [],
      left: [],
    })
    expect(told).toEqual([
      'is-enabled --quiet mayfly-agent.service',
      'is-active --quiet mayfly-agent.service',
    ])
    expect(await stat(unitFile(manager), { bigint: true })).toMatchObject({
      ino: before.ino,
      mtimeNs: before.mtimeNs,
    })
  })

  it('begins what is installed and does not run', async () => {
    const { manager } = await userUnits()
    await installService(manager, service(), platform().run)
    const { told, run } = platform({ fails: /is-active/ })
    expect(await installService(manager, service(), run)).toMatchObject({ written: [] })
    expect(told.slice(2)).toEqual([
      'disable --now mayfly-agent.service',
      'daemon-reload',
      'enable --now mayfly-agent.service',
    ])
  })

  it('puts a timer in the place of a service that stays, and back', async () => {
    const { manager, folder } = await userUnits()
    await installService(manager, service(), platform().run)
    const timed = platform()
    await installService(manager, service({ everySeconds: 300 }), timed.run)
    expect(timed.told).toEqual([
      'disable --now mayfly-agent.service',
      'daemon-reload',
      'enable --now mayfly-agent.timer',
    ])
    const { told, run } = platform()
    expect(await installService(manager, service(), run)).toMatchObject({
      removed: [join(folder, 'mayfly-agent.timer')],
    })
    expect(told[0]).toBe('disable --now mayfly-agent.timer mayfly-agent.service')
    expect(await readdir(folder)).toEqual(['mayfly-agent.service'])
  })

  it('leaves the files where the platform does not answer, and tells what is to be run', async () => {
    const { manager } = await userUnits()
    const done = await installService(manager, service(), platform({ fails: /daemon-reload/ }).run)
    expect(done).toMatchObject({ written: [unitFile(manager)], ran: [], failed: { failure: 'ended with 1' } })
    expect(done.left.map(shownStep)).toEqual([
      'systemctl --user daemon-reload',
      'systemctl --user enable --now mayfly-agent.service',
    ])
  })

  it.each([
    ['wrote', (file: string) => writeFile(file, '[Unit]\n')],
    [
      'changed',
      async (file: string) => writeFile(file, (await readFile(file, 'utf8')).replace('30s', '31s')),
    ],
    ['linked', async (file: string) => rm(file).then(() => symlink('/dev/null', file))],
  ])('does not touch a file that somebody %s, and names it', async (_, act) => {
    const { manager } = await userUnits()
    await installService(manager, service(), platform().run)
    const file = unitFile(manager)
    await act(file)
    const before = await readFile(file, 'utf8')
    const { told, run } = platform()
    await expect(installService(manager, service({ everySeconds: 60 }), run)).rejects.toMatchObject({
      code: 'service-foreign',
      detail: expect.stringContaining(file) as string,
    })
    expect(await uninstallService(manager, run)).toEqual({ removed: [], foreign: [file], ran: [], left: [] })
    expect(told).toEqual([])
    expect(await readFile(file, 'utf8')).toBe(before)
  })

  it('makes the folders that a service of the machine writes to', async () => {
    const folder = await temporaryFolder()
    const base = systemdManager({ folder: join(folder, 'units'), isSystem: true })
    // Folders of tests are temporary ones, which such a service does not see.
    const manager = { ...base, filesOf: () => base.filesOf(testService()) }
    const [keys, bundle] = [join(folder, 'keys'), join(folder, 'bundle')]
    const writable = [
      { path: keys, isPrivate: true },
      { path: bundle, isPrivate: false },
    ]
    await installService(manager, testService({ needs: { ...testNeeds, writable } }), platform().run)
    expect((await stat(keys)).mode & 0o777).toBe(0o700)
    expect((await stat(bundle)).mode & 0o777).toBe(0o755)
  })

  it('refuses what such a service would not find in its own /tmp', async () => {
    const manager = systemdManager({ folder: await temporaryFolder(), isSystem: true })
    const changed = testService({ configurationFile: '/var/tmp/mayfly.toml' })
    await expect(installService(manager, changed, platform().run)).rejects.toMatchObject({
      code: 'install-refused',
      detail: expect.stringContaining('/var/tmp/mayfly.toml') as string,
    })
  })

  it('refuses a path with control characters, which no format has', async () => {
    const { manager } = await userUnits()
    const changed = service({ configurationFile: '/home/a\nExecStart=/bin/sh' })
    await expect(installService(manager, changed, platform().run)).rejects.toMatchObject({
      code: 'install-refused',
    })
  })

  it.skipIf(process.getuid?.() === 0)('tells where this user may not write', async () => {
    const { manager, folder } = await userUnits()
    await mkdir(folder, { recursive: true })
    await chmod(folder, 0o500)
    await expect(installService(manager, service(), platform().run)).rejects.toMatchObject({
      code: 'install-refused',
    })
    await chmod(folder, 0o700)
  })
})

describe('uninstallService()', () => {
  it('ends the service, removes its files alone, and has nothing to do then', async () => {
    const { manager, folder } = await userUnits()
    await installService(manager, service({ everySeconds: 60 }), platform().run)
    await writeFile(join(folder, 'other.service'), '')
    const { told, run } = platform({ fails: /is-failed/ })
    expect((await uninstallService(manager, run)).removed).toHaveLength(2)
    expect(told.slice(0, 2)).toEqual([
      'disable --now mayfly-agent.timer mayfly-agent.service',
      'daemon-reload',
    ])
    expect(told.join()).not.toContain('reset-failed')
    expect(await readdir(folder)).toEqual(['other.service'])
    expect(await uninstallService(manager, run)).toEqual({ removed: [], foreign: [], ran: [], left: [] })
  })

  it('keeps the files of a service that it cannot end', async () => {
    const { manager } = await userUnits()
    await installService(manager, service(), platform().run)
    const done = await uninstallService(manager, platform({ fails: /disable/ }).run)
    expect(done).toMatchObject({ removed: [], failed: { failure: 'ended with 1' } })
    expect((await installedService(manager)).files).toEqual([unitFile(manager)])
  })
})

describe('a scheduled task', () => {
  const place = String.raw`C:\conf\agent-task.xml`

  /** Has its file in a folder of this machine, under the name that it has on Windows. */
  const scheduler = async (): Promise<ServiceManager> => {
    const file = join(await temporaryFolder(), 'agent-task.xml')
    const manager = taskScheduler({
      folder: String.raw`C:\conf`,
      isSystem: false,
      userId: 'S-1-5-21-7',
      systemRoot: String.raw`C:\Windows`,
      logFile: String.raw`C:\l`,
    })
    return {
      ...manager,
      places: manager.places.map(() => file),
      filesOf: (described) => manager.filesOf(described).map(({ contents }) => ({ path: file, contents })),
    }
  }
  const source = 'Made by mayfly agent install'

  it('is a file in UTF-16, which schtasks reads', async () => {
    const manager = await scheduler()
    const { told, run } = platform({ prints: source })
    const [file = ''] = (await installService(manager, service(), run)).written
    expect((await readFile(file)).subarray(0, 4)).toEqual(Buffer.from([0xff, 0xfe, 0x3c, 0]))
    expect(told).toContain(
      `C:\\Windows\\System32\\schtasks.exe /create /tn "Mayfly agent of S-1-5-21-7" /xml ${place} /f`,
    )
    expect((await installedService(manager)).files).toEqual([file])
  })

  it.each([
    ['printed in a code page', Buffer.from(source)],
    ['printed in UTF-16', Buffer.from(source, 'utf16le')],
  ])('is known again when it is %s', async (_, printed) => {
    expect((await scheduler()).namesake?.isForeign(printed)).toBe(false)
  })

  it('of somebody else is let alone', async () => {
    const { told, run } = platform({ prints: '<Task/>' })
    await expect(installService(await scheduler(), service(), run)).rejects.toMatchObject({
      code: 'service-foreign',
    })
    expect(told).toHaveLength(1)
  })

  it('that somebody removed by hand does not keep its file', async () => {
    const manager = await scheduler()
    await installService(manager, service(), platform({ prints: source }).run)
    const { told, run } = platform({ fails: /query/ })
    expect((await uninstallService(manager, run)).removed).toHaveLength(1)
    expect(told.join()).not.toContain('/delete')
  })
})

describe('managerOf()', () => {
  const machine = { home: '/home/ada', environment: {}, userId: '501', configurationFolder: '/conf' }

  it.each([
    ['linux', false, '/home/ada/.config/systemd/user/mayfly-agent.timer'],
    ['linux', true, '/etc/systemd/system/mayfly-agent.timer'],
    ['darwin', false, '/home/ada/Library/LaunchAgents/mayfly.agent.plist'],
    ['darwin', true, '/Library/LaunchDaemons/mayfly.agent.plist'],
    ['win32', true, '\\conf\\agent-task.xml'],
  ] as const)('on %s (for the machine: %s) has its files in %s', (name, isSystem, place) => {
    expect(managerOf({ ...machine, platform: name, isSystem }).places[0]).toBe(place)
  })

  it('bootstraps into the domain of the user on macOS, and ends there only what is', async () => {
    const { start, stop } = managerOf({ ...machine, platform: 'darwin', isSystem: false })
    expect(start([]).map(shownStep).at(-1)).toMatch(/^launchctl bootstrap gui\/501 /)
    expect(stop([])).toMatchObject([{ onlyIf: { arguments: ['print', 'gui/501/mayfly.agent'] } }])
  })

  it('knows no other platform', () => {
    expect(() => managerOf({ ...machine, platform: 'freebsd', isSystem: true })).toRefuse('install-refused')
  })
})
