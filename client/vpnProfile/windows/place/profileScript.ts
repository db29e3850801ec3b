import { applyScript } from './applyScript.ts'
import type { ScriptRequest } from './scriptRequest.ts'
import { besideScript } from './besideScript.ts'
import { bridgeScript } from './bridgeScript.ts'
import { journalScript } from './journalScript.ts'
import { phonebookScript } from './phonebookScript.ts'
import { validateScript } from './validateScript.ts'

const head = `# Applies, removes and lists VPN profiles of Windows: over the MDM bridge, the phonebook, and what is set beside both. Made by Mayfly.
#   powershell.exe -NoProfile -ExecutionPolicy Bypass -File Set-VpnProfile.ps1
# The system (S-1-5-18) runs it, as Intune, and scripts of Group Policy at startup do: for all users of the machine, or with -Sid for
# one. It does what its own request says, or that of -RequestFile; it prints one line of JSON, and ends with 0 where that was done.
# Before the old profile is touched, Windows has taken the new one under another name; where it fails later, the old one is put back:
# by the next run if this one is killed.
param([string]$RequestFile, [string]$Sid, $Request)
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
`

const main = String.raw`
if ($null -ne $Request) { return Invoke-Request }
$code = 0
try {
  $text = if ($RequestFile) { [IO.File]::ReadAllText($RequestFile) } else { [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($own)) }
  $Request = ConvertFrom-Json -InputObject $text
  $answer = Invoke-Request
} catch {
  $code = 1
  $answer = @{ failed = Format-Fault $_ }
}
# In ASCII: Windows writes to pipes in a code page of its own.
$json = ConvertTo-Json -Compress -Depth 6 -InputObject $answer
[regex]::Replace($json, '[^\x20-\x7e]', [Text.RegularExpressions.MatchEvaluator] { param($found) '\u{0:x4}' -f [int]$found.Value[0] })
exit $code
`

const base64 = (request: ScriptRequest | undefined): string =>
  request === undefined ? '' : Buffer.from(JSON.stringify(request)).toString('base64')

/**
 * Writes the whole script, for Windows PowerShell 5.1.
 * @param own what it does when it is given no other request. It stands there as base64: no text of it is read as a program.
 */
export const profileScript = (own?: ScriptRequest): string =>
  [
    head,
    `$own = '${base64(own)}'\n`,
    bridgeScript,
    phonebookScript,
    besideScript,
    validateScript,
    journalScript,
    applyScript,
    main,
  ].join('')
