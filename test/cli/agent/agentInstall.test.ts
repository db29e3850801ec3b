import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { checkInstaller } from '../../../cli/agent/processInstaller.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { runCommand, testDeployment } from '../runCommand.ts'

let folder: string
let file: string

beforeEach(async () => {
  folder = await temporaryFolder()
  file = join(folder, 'may fly.toml')
  await writeFile(
    file,
    'url = "https://m.example"\ntenant = "contoso"\n[[credentials]]\nfolder = "vpn"\ntoken = { kind = "file", file = "t" }\n',
  )
})

const install = (...words: readonly string[]) =>
  runCommand(['agent', 'install', '--dry-run', ...words], testDeployment(folder))

/** A program there is refused. */
const isTemporary = ['/tmp/', '/var/tmp/', '/dev/shm/', '/run/'].some((prefix) =>
  process.execPath.startsWith(prefix),
)

describe.skipIf(process.platform !== 'linux' || isTemporary)('mayfly agent install --dry-run', () => {
  it('shows what it would write and run, and changes nothing', async () => {
    const { text, json, exitCode } = await install('--config', file)
    expect(text).toMatch(
      /^would write \S+\/systemd\/user\/mayfly-agent\.service:\n# Made by mayfly agent install; /,
    )
    expect(text).toContain(`"--config" "${file}"\n`)
    expect(text).toContain(`ExecStart="${process.execPath}" "`)
    expect(text).toMatch(/would run systemctl --user enable --now mayfly-agent\.service$/)
    expect(json).toMatchObject({ dryRun: true, steps: ['systemctl --user daemon-reload', expect.anything()] })
    expect(exitCode).toBeUndefined()
    expect(await readdir(folder)).toEqual(['may fly.toml'])
  })

  it('shows a timer for --every', async () => {
    const { text } = await install('--config', file, '--every', '5m')
    expect(text).toContain('OnUnitInactiveSec=300s')
    expect(text).toContain('enable --now mayfly-agent.timer')
  })

  it('installs no timer for an agent that guards sessions', async () => {
    const guard = '[bundles.guard]\nlifetime-seconds = 3600\n'
    const bundle = `url = "https://mayfly.example.com"\ntenant = "contoso"\n[[bundles]]\nfolder = "trust"\n${guard}`
    const server = '[[bundles.guard.servers]]\nkind = "ocserv"\n'
    await writeFile(file, bundle + server)
    await expect(install('--config', file, '--every', '5m')).rejects.toMatchObject({
      code: 'install-refused',
    })
    expect((await install('--config', file)).text).toContain('mayfly-agent.service')
    // Sessions that a script tells need no agent that stays.
    await writeFile(file, bundle)
    expect((await install('--config', file, '--every', '5m')).text).toContain('mayfly-agent.timer')
  })

  it('checks the configuration as agent check does', async () => {
    await writeFile(file, 'colour = 1\n')
    await expect(install('--config', file)).rejects.toMatchObject({
      code: 'configuration-invalid',
      detail: expect.stringContaining('colour') as string,
    })
  })

  it('takes no configuration that others can write to', async () => {
    const shared = join(folder, 'shared')
    await mkdir(shared)
    await writeFile(join(shared, 'a.toml'), '')
    await chmod(shared, 0o777)
    await expect(install('--config', join(shared, 'a.toml'))).rejects.toMatchObject({ code: 'path-shared' })
  })

  it.each(['59s', '31m', '2h', 'often'])('does not look every %s', async (every) => {
    await expect(install('--config', file, '--every', every)).rejects.toMatchObject({ code: 'usage-wrong' })
  })
})

describe('checkInstaller()', () => {
  it.each([
    [true, 0],
    [false, 1000],
    [true, undefined],
  ])('lets services of the machine (%s) be changed by user %s', (isSystem, uid) => {
    expect(() => checkInstaller(isSystem, uid)).not.toThrow()
  })

  it.each([
    [true, 1000, '--system is for root'],
    [false, 0, 'the user root'],
  ])('does not (%s) by user %s', (isSystem, uid, why) => {
    expect(() => checkInstaller(isSystem, uid)).toThrow(why)
  })
})
