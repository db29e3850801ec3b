import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Whether PowerShell is here; the programs around it are scripts for a POSIX shell. */
export const hasPowerShell =
  process.platform !== 'win32' && spawnSync('pwsh', ['-NoProfile', '-Command', 'exit 7']).status === 7

/** Has one PowerShell run what the programs of its folder are asked, as long as this process is there. */
const begin = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-powershell-'))
  spawnSync('mkfifo', [join(folder, 'ask'), join(folder, 'told')])
  const script = join(import.meta.dirname, 'powerShellServer.ps1')
  spawn('pwsh', ['-NoProfile', '-NonInteractive', '-File', script, folder, String(process.pid)], {
    stdio: 'ignore',
    env: { ...process.env, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1', POWERSHELL_TELEMETRY_OPTOUT: '1' },
  }).unref()
  return folder
}

let folder: string | undefined

/** What a PowerShell of a test is besides. */
interface Besides {
  /** Defines what stands in for commands of Windows, before each script. */
  readonly standIns?: string
  /** Lines for the shell, such as what the arguments must be. */
  readonly checks?: readonly string[]
}

/** Makes a program that is PowerShell to whoever runs it, and hands everything to the one that runs already. */
export const powerShellProgram = async (
  file: string,
  { standIns = '', checks = [] }: Besides = {},
): Promise<void> => {
  folder ??= begin()
  await mkdir(dirname(file), { recursive: true })
  await writeFile(`${file}.stand-ins.ps1`, standIns)
  const program = `#!/bin/sh
${checks.join('\n')}
while [ "$1" != -Command ] && [ "$1" != -File ]; do shift; done
cp "$0.stand-ins.ps1" '${folder}/stand-ins'
printf '%s\\0' "$@" >'${folder}/arguments'
pwd >'${folder}/directory'
env -0 >'${folder}/environment'
cat >'${folder}/in'
echo run >'${folder}/ask'
read -r status <'${folder}/told'
cat '${folder}/out'
cat '${folder}/err' >&2
exit "$status"
`
  await writeFile(file, program, { mode: 0o755 })
}
