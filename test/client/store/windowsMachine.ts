import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { KeyMachine } from '../../../client/credential/privateFolder.ts'
import { temporaryFolder } from '../../local/temporaryFolder.ts'

const beside = (name: string): string => join(import.meta.dirname, name)

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

/**
 * A Windows whose PowerShell is the real one, of this machine, with a drive Cert: and a certreq that are not. What its user
 * trusts and has is files in its folder: `trusted`, `tpm`, and `stuck` where nothing can be removed.
 */
export const windowsMachine = async () => {
  const root = await temporaryFolder()
  const system = (name: string) => join(root, 'System32', name)
  const appData = join(root, 'Roaming')
  const stores = join(appData, 'Microsoft', 'SystemCertificates')
  const store = (name: string) => join(stores, name, 'Certificates')
  const powershell = system('WindowsPowerShell/v1.0/powershell.exe')
  const scripts = {
    [powershell]: `printf 'powershell\\n' >>'${root}/called'
[ -z "$PSModulePath" ] || exit 9
[ "$1 $2 $3" = '-NoProfile -NonInteractive -Command' ] || exit 8
exec pwsh "$1" "$2" "$3" "$(cat '${beside('fakeCertDrive.ps1')}')
$4"`,
    [system('certreq.exe')]: `exec '${process.execPath}' '${beside('fakeCertreq.ts')}' "$@"`,
    [system('whoami.exe')]: `printf '"contoso\\\\ada","S-1-5-21-1-2-3-1001"\\r\\n'`,
    [system('icacls.exe')]: `printf 'icacls %s\\n' "$1" >>'${root}/called'`,
  }
  for (const [file, text] of Object.entries(scripts)) {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, `#!/bin/sh\n${text}\n`)
    await chmod(file, 0o755)
  }
  await mkdir(join(root, 'keys'))
  const machine: KeyMachine = {
    platform: 'win32',
    environment: {
      PATH: process.env['PATH'],
      HOME: root,
      SystemRoot: root,
      APPDATA: appData,
      // Where the mocks keep what they are given.
      STORES: stores,
      PSModulePath: 'C:\\Program Files\\PowerShell\\7\\Modules',
      DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1',
      POWERSHELL_TELEMETRY_OPTOUT: '1',
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
