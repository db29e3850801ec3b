import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeyMachine } from '../../../client/credential/privateFolder.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'
import { powerShellProgram } from '../powerShellServer.ts'

/** What PowerShell's own parser finds wrong in texts: a list for each. */
export const faultsOfPowerShell = (texts: readonly string[]): readonly (readonly string[])[] => {
  const program = `
$texts = [Console]::In.ReadToEnd() | ConvertFrom-Json
$faults = foreach ($text in $texts) {
  $tokens = $null; $errors = $null
  [void][Management.Automation.Language.Parser]::ParseInput($text, [ref]$tokens, [ref]$errors)
  , @($errors | ForEach-Object { $_.Message })
}
ConvertTo-Json -Compress -Depth 3 -InputObject @($faults)`
  const { stdout } = spawnSync('pwsh', ['-NoProfile', '-Command', program], { input: JSON.stringify(texts) })
  return JSON.parse(stdout.toString()) as string[][]
}

const unlessMissing = <T>(reading: Promise<T>, otherwise: T): Promise<T> => reading.catch(() => otherwise)

/** Makes what is in the folder of a Windows. */
const makeMachine = async (root: string): Promise<void> => {
  const system = (name: string) => join(root, 'System32', name)
  await powerShellProgram(system('WindowsPowerShell/v1.0/powershell.exe'), {
    standIns: await readFile(join(import.meta.dirname, 'windowsStandIns.ps1'), 'utf8'),
    checks: [
      `printf 'powershell\\n' >>"$SystemRoot/called"`,
      '[ -z "$PSModulePath" ] || exit 9',
      `[ "$1 $2 $3" = '-NoProfile -NonInteractive -Command' ] || exit 8`,
    ],
  })
  const scripts = {
    'whoami.exe': `printf '"contoso\\\\ada","S-1-5-21-1-2-3-1001"\\r\\n'`,
    'icacls.exe': `printf 'icacls %s\\n' "$1" >>"$SystemRoot/called"`,
  }
  for (const [name, text] of Object.entries(scripts))
    await writeFile(system(name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  await mkdir(join(root, 'keys'))
}

/**
 * A Windows whose PowerShell is the real one, of this machine, with stand-ins for what Windows alone has. What its user trusts
 * and has is files in its folder: `trusted`, `tpm`, and `stuck` where nothing can be removed.
 * @param root one that is there already; a new one when left out.
 */
export const windowsMachine = async (root?: string) => {
  const found = root ?? (await temporaryFolder())
  if (root === undefined || !existsSync(join(root, 'System32'))) await makeMachine(found)
  return machineIn(found)
}

const machineIn = (root: string) => {
  const appData = join(root, 'Roaming')
  const stores = join(appData, 'Microsoft', 'SystemCertificates')
  const store = (name: string) => join(stores, name, 'Certificates')
  const machine: KeyMachine = {
    platform: 'win32',
    environment: {
      PATH: process.env['PATH'],
      HOME: root,
      SystemRoot: root,
      APPDATA: appData,
      // Where the stand-ins keep what they are given.
      STORES: stores,
      PSModulePath: 'C:\\Program Files\\PowerShell\\7\\Modules',
    },
  }
  const listed = (folder: string) => unlessMissing(readdir(folder), [])
  return {
    root,
    machine,
    /** Thumbprints. */
    mine: () => listed(store('My')),
    waiting: () => listed(store('Request')),
    keys: () => listed(join(root, 'keys')),
    called: async () =>
      (await unlessMissing(readFile(join(root, 'called'), 'utf8'), '')).split('\n').filter(Boolean),
    infs: () => readFile(join(root, 'infs'), 'utf8'),
    mark: (name: string) => writeFile(join(root, name), ''),
    unmark: (name: string) => rm(join(root, name)),
    /** Puts a certificate of somebody else's into the store. */
    plant: async (thumbprint: string) => {
      await mkdir(store('My'), { recursive: true })
      await writeFile(
        join(store('My'), thumbprint),
        JSON.stringify({ subject: 'CN=mail', container: 'mail' }),
      )
      await writeFile(join(root, 'keys', 'mail'), 'key')
    },
    lose: (name: 'My' | 'Request') => rm(store(name), { recursive: true }),
  }
}
