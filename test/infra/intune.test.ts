import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseConfiguration } from '../../client/agent/readConfiguration.ts'
import { managerOf } from '../../client/service/managerOf.ts'
import { hasPowerShell, powerShellProgram } from '../client/powerShellServer.ts'
import { faultsOfPowerShell } from '../client/store/windowsMachine.ts'
import { temporaryFolder } from '../local/temporaryFolder.ts'
import { blocksIn } from '../pages.ts'
import { infraFile } from './infra.ts'

const names = ['install.ps1', 'uninstall.ps1', 'detectProgram.ps1', 'detectAgent.ps1'] as const
const userId = 'S-1-5-21-1-2-3-1001'
const textOf = (name: string): string => infraFile(`client/intune/${name}`)
const { version } = JSON.parse(
  await readFile(fileURLToPath(new URL('../../package.json', import.meta.url)), 'utf8'),
) as { version: string }

/** A program that logs what it is asked, and fails where a file of the name of a verb says so. */
const program = (root: string, told = `mayfly ${version}`): string => `#!/bin/sh
echo "mayfly $*" >>'${root}/called'
[ "$1" = --version ] && echo '${told}'
[ "$2" = status ] && printf 'credential vpn\\nstate valid\\n'
[ ! -e "${root}/fails-$2" ]
`

/** Has a program of PowerShell do as Windows does with a program that runs: it is renamed, and neither removed nor replaced. */
const asWindows = `
function Test-Runs($Path) { [IO.File]::Exists($Path) -and [IO.File]::ReadAllText($Path).Contains('# runs') }
function Remove-Item {
  [CmdletBinding()] param([string]$LiteralPath, [switch]$Force)
  if (Test-Runs $LiteralPath) { Write-Error "Access to the path '$LiteralPath' is denied." } else { [IO.File]::Delete($LiteralPath) }
}
function Move-Item {
  [CmdletBinding()] param([string]$LiteralPath, [string]$Destination, [switch]$Force)
  if ([IO.File]::Exists($Destination) -and (-not $Force -or (Test-Runs $Destination))) { throw 'Cannot create a file when that file already exists.' }
  [IO.File]::Move($LiteralPath, $Destination, $true)
}
function Get-ChildItem { [CmdletBinding()] param([string]$LiteralPath) [IO.DirectoryInfo]::new($LiteralPath).GetFiles() }
`

/** A Windows as far as the scripts see it, with the package that Intune unpacked. */
const bench = async () => {
  const root = await temporaryFolder()
  const [files, system, own] = [join(root, 'Program Files'), join(root, 'System32'), join(root, 'Ada Ünal')]
  const unpacked = join(root, 'IMECache 1')
  for (const folder of [files, system, own, unpacked]) await mkdir(folder)
  const put = async (file: string, text: string) => {
    await writeFile(file, text)
    await chmod(file, 0o755)
  }
  for (const name of [...names, 'mayfly.toml']) await writeFile(join(unpacked, name), textOf(name))
  await put(join(unpacked, 'mayfly-win-x64.exe'), program(root))
  await put(join(system, 'whoami.exe'), `#!/bin/sh\necho '"contoso\\ada","${userId}"'\n`)
  await put(
    join(system, 'schtasks.exe'),
    `#!/bin/sh\necho "schtasks $*" >>'${root}/called'\n[ ! -e '${root}/no-task' ]\n`,
  )
  const env = { ...process.env, ProgramW6432: files, LOCALAPPDATA: own, SystemRoot: root }
  const powershell = join(system, 'powershell.exe')
  await powerShellProgram(powershell, { standIns: asWindows })
  const run = (name: (typeof names)[number], ...words: readonly string[]) => {
    const args = ['-NoProfile', '-File', join(unpacked, name), ...words]
    const { status, stdout, stderr } = spawnSync(powershell, args, { env, encoding: 'utf8' })
    return { status, out: stdout.trim(), err: stderr }
  }
  /** Runs a line as Intune does, in the folder that it unpacked. */
  const command = (line: string) => {
    const [first = '', ...words] = line.split(' ')
    return spawnSync(join(system, first), words, { env, cwd: unpacked, encoding: 'utf8' })
  }
  return {
    root,
    command,
    unpacked,
    installed: join(files, 'Mayfly'),
    own: join(own, 'Mayfly'),
    put,
    run,
    called: async () => (await readFile(join(root, 'called'), 'utf8')).trim().split('\n'),
  }
}

/** How `agent install` of this user would look for its task. */
const registered = (root: string): readonly string[] => {
  const [step] = managerOf({
    platform: 'win32',
    home: root,
    environment: { SystemRoot: root },
    isSystem: false,
    userId,
    configurationFolder: root,
  }).isOn([])
  return step?.arguments ?? []
}

describe.runIf(hasPowerShell)('infra/client/intune, by PowerShell', { timeout: 300_000 }, () => {
  it('is parsed without a fault, and says nothing that PowerShell 5.1 does not know', () => {
    expect(faultsOfPowerShell([...names.map(textOf), 'if ('])).toEqual([[], [], [], [], [expect.any(String)]])
    for (const name of names) expect(textOf(name), name).not.toMatch(/\?\?|&&|\|\||\?\.|\bPSNative/)
  })

  it('installs the program over one before, which may run, and tells Intune of this version alone', async () => {
    const { root, unpacked, installed, put, run } = await bench()
    expect(run('detectProgram.ps1')).toMatchObject({ status: 1, out: '' })
    await put(join(unpacked, 'mayfly-win-x64.exe'), program(root, 'mayfly 0.0.9'))
    expect(run('install.ps1', '-Part', 'Program')).toMatchObject({ status: 0, out: 'mayfly 0.0.9' })
    expect(run('detectProgram.ps1')).toMatchObject({ status: 1, out: '' })
    await put(join(unpacked, 'mayfly-win-x64.exe'), program(root))
    expect(run('install.ps1', '-Part', 'Program')).toMatchObject({ status: 0 })
    expect(run('detectProgram.ps1')).toMatchObject({ status: 0, out: `mayfly ${version}` })
    await put(join(unpacked, 'mayfly-win-x64.exe'), '#!/bin/sh\nexit 3\n')
    expect(run('install.ps1', '-Part', 'Program')).toMatchObject({ status: 1 })
    expect(run('detectProgram.ps1')).toMatchObject({ status: 0 })
    expect(await readdir(installed)).toEqual(['mayfly.exe'])
    expect(run('uninstall.ps1', '-Part', 'Program')).toMatchObject({ status: 0 })
    expect(await readdir(installed)).toEqual([])
    expect(run('uninstall.ps1', '-Part', 'Program')).toMatchObject({ status: 0 })
  })

  it('installs over programs that run, whose files go once they are at rest', async () => {
    const { root, unpacked, installed, put, run } = await bench()
    await mkdir(installed)
    const running = `${program(root, 'mayfly 0.0.8')}# runs\n`
    // An earlier install.ps1 gave each the same name.
    await put(join(installed, 'mayfly.old.exe'), running)
    for (const next of ['0.0.9', '0.1.0', '0.1.1']) {
      await put(join(installed, 'mayfly.exe'), running)
      await put(join(unpacked, 'mayfly-win-x64.exe'), program(root, `mayfly ${next}`))
      expect(run('install.ps1', '-Part', 'Program')).toMatchObject({ status: 0, out: `mayfly ${next}` })
    }
    const kept = (await readdir(installed)).filter((name) => name !== 'mayfly.exe')
    expect(kept).toHaveLength(4)
    await put(join(unpacked, 'mayfly-win-x64.exe'), '#!/bin/sh\nexit 3\n')
    await put(join(installed, 'mayfly.exe'), running)
    expect(run('install.ps1', '-Part', 'Program')).toMatchObject({ status: 1 })
    expect(await readFile(join(installed, 'mayfly.exe'), 'utf8')).toBe(running)
    expect((await readdir(installed)).length).toBe(5)
    expect(run('uninstall.ps1', '-Part', 'Program')).toMatchObject({ status: 1 })
    for (const name of await readdir(installed)) await put(join(installed, name), program(root))
    await put(join(unpacked, 'mayfly-win-x64.exe'), program(root))
    expect(run('install.ps1', '-Part', 'Program')).toMatchObject({ status: 0 })
    expect(await readdir(installed)).toEqual(['mayfly.exe'])
  })

  it('installs the agent with a configuration that is right, and finds its task', async () => {
    const { root, unpacked, own, installed, run, called } = await bench()
    expect(run('install.ps1', '-Part', 'Agent').err).toContain('depends on that of the program')
    await mkdir(installed)
    await copyFile(join(unpacked, 'mayfly-win-x64.exe'), join(installed, 'mayfly.exe'))
    await writeFile(join(root, 'fails-check'), '')
    expect(run('install.ps1', '-Part', 'Agent')).toMatchObject({ status: 1 })
    expect(await readdir(own)).toEqual(['mayfly.new.toml'])
    expect(run('detectAgent.ps1')).toMatchObject({ status: 1, out: '' })
    await rm(join(root, 'fails-check'))
    expect(run('install.ps1', '-Part', 'Agent')).toMatchObject({ status: 0 })
    const configuration = join(own, 'mayfly.toml')
    expect((await called()).slice(-2)).toEqual([
      `mayfly agent check --config ${join(own, 'mayfly.new.toml')}`,
      `mayfly agent install --config ${configuration}`,
    ])
    expect(run('detectAgent.ps1')).toMatchObject({ status: 0, out: 'credential vpn; state valid' })
    expect(await called()).toContain(`schtasks ${registered(root).join(' ')}`)
    await writeFile(join(root, 'no-task'), '')
    expect(run('detectAgent.ps1')).toMatchObject({ status: 1, out: '' })
    await writeFile(configuration, 'tenant = "another"\n')
    expect(run('detectAgent.ps1')).toMatchObject({ status: 1, out: '' })
    expect(run('uninstall.ps1', '-Part', 'Agent')).toMatchObject({ status: 0 })
    expect((await called()).at(-1)).toBe('mayfly agent uninstall')
    expect(await readdir(own)).toEqual([])
  })
})

describe.runIf(hasPowerShell)('the commands of infra/client/intune/README.md', { timeout: 300_000 }, () => {
  it('install and uninstall as they stand, what the detection scripts find', async () => {
    const [block = ''] = blocksIn('powershell', textOf('README.md'))
    const lines = block.split('\n')
    expect(lines).toHaveLength(4)
    const { command, run, installed, own } = await bench()
    const [addProgram, addAgent, noAgent, noProgram] = lines.map((line) => () => command(line))
    expect(addProgram?.()).toMatchObject({ status: 0 })
    expect(run('detectProgram.ps1')).toMatchObject({ status: 0 })
    expect(addAgent?.()).toMatchObject({ status: 0 })
    expect(run('detectAgent.ps1')).toMatchObject({ status: 0 })
    expect(noAgent?.()).toMatchObject({ status: 0 })
    expect(noProgram?.()).toMatchObject({ status: 0 })
    expect([await readdir(installed), await readdir(own)]).toEqual([[], []])
  })
})

describe('infra/client/intune', () => {
  it('tells of every file that is there', async () => {
    const readme = textOf('README.md')
    for (const name of [...names, 'mayfly.toml']) expect(readme).toContain(name)
    const found = await readdir(fileURLToPath(new URL('../../infra/client/intune', import.meta.url)))
    expect(found.toSorted()).toEqual(['README.md', 'mayfly.toml', ...names].toSorted())
  })

  it('detects the version of this program, and the configuration beside it', () => {
    expect(textOf('detectProgram.ps1')).toContain(`$wanted = 'mayfly ${version}'`)
    const hash = createHash('sha256').update(textOf('mayfly.toml')).digest('hex').toUpperCase()
    expect(textOf('detectAgent.ps1')).toContain(`$wanted = '${hash}'`)
  })

  it('has a configuration without a fault, of the store of Windows', async () => {
    const read = await parseConfiguration(textOf('mayfly.toml'), await temporaryFolder())
    expect(read).toMatchObject({ configuration: { credentials: [{ keys: { store: 'windows' } }] } })
  })
})
