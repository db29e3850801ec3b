import { appendFile, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { serviceFound } from '../../../client/check/serviceFound.ts'
import type { AgentService } from '../../../client/service/agentService.ts'
import { installService } from '../../../client/service/installService.ts'
import { launchdManager } from '../../../client/service/launchdManager.ts'
import { type RunStep, shownStep } from '../../../client/service/runSteps.ts'
import type { ServiceManager } from '../../../client/service/serviceManager.ts'
import { systemdManager } from '../../../client/service/systemdManager.ts'
import { taskScheduler } from '../../../client/service/taskScheduler.ts'
import { Refusal } from '../../../lib/errors/refusal.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { testService } from '../service/services.ts'

const service = (changes: Partial<AgentService> = {}) => testService({ isSystem: false, ...changes })

const run =
  (fails = /never/): RunStep =>
  (step) =>
    Promise.resolve({
      failure: fails.test(shownStep(step)) ? 'ended with 3' : undefined,
      printed: Buffer.from('Made by mayfly agent install'),
    })

const managers: Readonly<Record<string, (folder: string) => ServiceManager>> = {
  systemd: (folder) => systemdManager({ folder, isSystem: false }),
  launchd: (folder) => launchdManager({ folder, domain: 'gui/501', logFile: join(folder, 'agent.log') }),
  'the Task Scheduler': (folder) => ({
    ...taskScheduler({
      folder,
      isSystem: false,
      userId: 'S-1-5-21-7',
      systemRoot: 'C:\\Windows',
      logFile: 'C:\\agent.log',
    }),
    // A path of this machine.
    places: [join(folder, 'agent-task.xml')],
  }),
}

/** Has a manager whose files are where this machine keeps them. */
const here = (manager: ServiceManager): ServiceManager => ({
  ...manager,
  filesOf: (one) =>
    manager
      .filesOf(one)
      .map((file) => (file.path.includes('\\') ? { ...file, path: manager.places[0] ?? '' } : file)),
})

const bench = async (name = 'systemd') => {
  const manager = here((managers[name] ?? managers['systemd'])?.(await temporaryFolder()) as ServiceManager)
  const look = (changes: Partial<AgentService> = {}, runs = run()) =>
    serviceFound({
      manager,
      run: runs,
      configurationFile: '/etc/mayfly/mayfly.toml',
      describe: async (everySeconds) => service({ everySeconds, ...changes }),
    })
  return {
    manager,
    look,
    install: (changes: Partial<AgentService> = {}) => installService(manager, service(changes), run()),
  }
}

const remedy = expect.stringContaining('mayfly agent install --config "/etc/mayfly/mayfly.toml"') as string

describe.each(Object.keys(managers))('serviceFound() by %s', (name) => {
  it('tells that there is none', async () => {
    const { look, manager } = await bench(name)
    const detail = `no service starts the agent: there is no ${manager.places.join(' or ')}`
    expect(await look()).toEqual([{ status: 'warning', detail, remedy }])
  })

  it.each([undefined, 300, 90])(
    'takes what an installation wrote, looking every %s s',
    async (everySeconds) => {
      const { look, install } = await bench(name)
      await install({ everySeconds })
      expect(await look()).toEqual([{ status: 'ok', detail: `${name} has it, and it is on`, remedy: null }])
    },
  )

  it('names what is of another configuration, program or time', async () => {
    const { look, install } = await bench(name)
    await install()
    for (const change of [{ configurationFile: '/other.toml' }, { program: ['/opt/new'] }] as const)
      expect(await look(change)).toEqual([
        { status: 'warning', detail: expect.stringMatching(/is not what this program would write/), remedy },
      ])
  })
})

describe('serviceFound()', () => {
  it('tells what the platform says of one that is off, or is no service any more', async () => {
    const { look, install } = await bench()
    await install()
    const detail =
      'systemd does not say that it is on: systemctl --user is-active --quiet mayfly-agent.service ended with 3'
    expect(await look({}, run(/is-active/))).toEqual([{ status: 'problem', detail, remedy }])
    expect(await look({ program: ['/opt/new'] }, run(/is-enabled/))).toMatchObject([
      { status: 'problem' },
      { status: 'warning', detail: expect.stringMatching(/would write/) as string },
    ])
  })

  it('names what somebody changed, whatever it would be, and asks whether that is on', async () => {
    const { look, install, manager } = await bench()
    await install()
    const [, file = ''] = manager.places
    await appendFile(file, 'Nice=5\n')
    expect(await look()).toEqual([
      { status: 'warning', detail: expect.stringMatching(`^${file}: .*somebody changed it$`), remedy },
    ])
    expect(await look({}, run(/is-active/))).toMatchObject([{ status: 'problem' }, { status: 'warning' }])
    expect(await readFile(file, 'utf8')).toMatch(/Nice=5\n$/)
  })

  it('asks whether a timer is on that somebody changed, not the service that it starts', async () => {
    const { look, install, manager } = await bench()
    await install({ everySeconds: 300 })
    await appendFile(manager.places[0] ?? '', 'Persistent=yes\n')
    expect(await look({}, run(/is-active --quiet mayfly-agent\.timer/))).toMatchObject([
      { status: 'problem' },
      { status: 'warning', detail: expect.stringContaining('mayfly-agent.timer') as string },
    ])
  })

  it('names a timer whose service is gone', async () => {
    const { look, install, manager } = await bench()
    await install({ everySeconds: 300 })
    await rm(manager.places[1] ?? '')
    expect(await look()).toMatchObject([
      { status: 'warning', detail: expect.stringContaining('.timer') as string },
    ])
  })

  it('compares with nothing where this program could not be installed', async () => {
    const { manager, install } = await bench()
    await install()
    const checked = { manager, run: run(), configurationFile: 'a.toml' }
    const refusing = () => Promise.reject(new Refusal('install-refused', 'It is temporary.'))
    expect(await serviceFound({ ...checked, describe: refusing })).toMatchObject([{ status: 'ok' }])
    const broken = () => Promise.reject(new Error('broken'))
    await expect(serviceFound({ ...checked, describe: broken })).rejects.toThrow('broken')
  })
})
