import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { standInService } from '../client/agent/standInService.ts'
import { canRunSystemd, eventually, type OwnSystemd, ownSystemd } from './ownSystemd.ts'

/** systemd and the shell read most of these characters as something else. */
const folder = '/srv/mä "fly" 100%/$HOME'
const configuration = `${folder}/may fly.toml`
const unit = 'mayfly-agent.service'

const write = (machine: OwnSystemd, path: string, text: string) =>
  machine.run('sh', '-c', 'umask 077 && printf %s "$1" >"$0"', path, text)

/** Has a machine keep credentials in these folders, beside its configuration. */
const configure = (machine: OwnSystemd, url: string, names: readonly string[]) => {
  const tables = names.map(
    (name) => `[[credentials]]\nfolder = "${name}"\ntoken = { kind = "file", file = "token.jwt" }\n`,
  )
  return write(machine, configuration, `url = "${url}"\ntenant = "contoso"\n${tables.join('')}`)
}

/** What systemd and the files of a machine tell of its agent. */
const lookingAt = (machine: OwnSystemd) => {
  const said = async (program: string, ...args: readonly string[]) =>
    (await machine.run(program, ...args)).said.trim()
  const show = (property: string, of = unit) => said('systemctl', 'show', '--value', '-p', property, of)
  const journal = () => said('journalctl', '--no-pager', '--output', 'cat', '--unit', unit)
  return {
    show,
    /** Whether there is a control group for it. */
    hasProcesses: async () =>
      (await machine.run('test', '-d', `/sys/fs/cgroup/system.slice/${unit}`)).code === 0,
    units: () => said('find', '/etc/systemd/system', '-name', 'mayfly*', '-printf', '%P\n'),
    exposure: async () =>
      Number(
        /exposure level.*: ([\d.]+)/.exec(await said('systemd-analyze', 'security', '--no-pager', unit))?.[1],
      ),
    journalHas: (event: RegExp) => eventually(`${event}`, async () => event.test(await journal())),
    certificate: async (name: string) => {
      const path = `${folder}/${name}/certificate.pem`
      await eventually(path, async () => (await machine.run('test', '-e', path)).code === 0)
      return new X509Certificate(await said('cat', path))
    },
  }
}

const started = async () => {
  const service = await standInService(() => new Date())
  const machine = await ownSystemd()
  await machine.run('mkdir', '-p', folder)
  await write(machine, `${folder}/token.jwt`, 'a.b.c')
  await configure(machine, service.url, ['one'])
  const install = (...words: readonly string[]) =>
    machine.mayfly('agent', 'install', '--system', '--config', configuration, ...words)
  return { service, machine, install, ...lookingAt(machine) }
}

describe.skipIf(!canRunSystemd())('under a systemd of its own, mayfly agent install --system', () => {
  it('has an agent run until it is uninstalled, which writes to what its configuration named', async () => {
    const { service, machine, install, show, units, ...agent } = await started()

    expect(await install()).toMatchObject({
      code: 0,
      said: expect.stringContaining('The agent is installed.'),
    })
    const first = await agent.certificate('one')
    expect(service.served).toMatchObject([{ token: 'a.b.c', status: 201 }])
    expect([await show('ActiveState'), await show('UnitFileState')]).toEqual(['active', 'enabled'])
    expect(await agent.hasProcesses()).toBe(true)
    // Of 10; systemd calls what is below 5 "OK".
    expect(await agent.exposure()).toBeLessThan(2)

    const [process, text] = [await show('MainPID'), await machine.run('cat', `/etc/systemd/system/${unit}`)]
    expect((await install()).said).toContain('nothing was changed')
    expect([await show('MainPID'), await machine.run('cat', `/etc/systemd/system/${unit}`)]).toEqual([
      process,
      text,
    ])

    expect(await machine.run('systemctl', 'reload', unit)).toEqual({ code: 0, said: '' })
    await agent.journalHas(/"event":"reloaded"/)
    await configure(machine, service.url, ['one', 'two'])
    await machine.run('systemctl', 'reload', unit)
    await agent.journalHas(
      /"event":"failed","text":"Cannot reload: Cannot write to .*\/two: .*EROFS.*mayfly agent install/,
    )
    expect(await machine.run('test', '-e', `${folder}/two`)).toMatchObject({ code: 1 })
    expect([await show('MainPID'), await show('NRestarts')]).toEqual([process, '0'])

    expect(await install('--every', '1m')).toMatchObject({ code: 0 })
    await agent.certificate('two')
    await eventually('a look', async () => (await show('ActiveState')) === 'inactive')
    expect([await show('Result'), await show('Type'), await show('UnitFileState')]).toEqual([
      'success',
      'oneshot',
      'static',
    ])
    expect(await show('ActiveState', 'mayfly-agent.timer')).toBe('active')
    expect((await units()).split('\n').sort()).toEqual([
      'mayfly-agent.service',
      'mayfly-agent.timer',
      'timers.target.wants/mayfly-agent.timer',
    ])
    expect(service.served).toHaveLength(2)

    expect(await machine.mayfly('agent', 'uninstall', '--system')).toMatchObject({ code: 0 })
    expect([await show('LoadState'), await show('LoadState', 'mayfly-agent.timer')]).toEqual([
      'not-found',
      'not-found',
    ])
    expect(await units()).toBe('')
    expect((await agent.certificate('one')).serialNumber).toBe(first.serialNumber)
    expect(await agent.hasProcesses()).toBe(false)
  })
})
