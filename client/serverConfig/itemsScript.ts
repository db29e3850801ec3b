import { repairScript } from './repairScript.ts'
import { storesScript } from './storesScript.ts'

/** What the scripts of a server keep beside them: certificates that they put into stores, and restarts due; and what each of them needs. */
const state = String.raw`
$listFile = Join-Path $PSScriptRoot 'certificates.json'
$dueFile = Join-Path $PSScriptRoot 'restarts-due.txt'
$stores = @{
  Root       = 'Cert:\LocalMachine\Root'
  CA         = 'Cert:\LocalMachine\CA'
  Disallowed = 'Cert:\LocalMachine\Disallowed'
  NTAuth     = 'HKLM:\SOFTWARE\Microsoft\EnterpriseCertificates\NTAuth\Certificates'
}

# Fix names the function that mends it, with its parameters, Does says so; without Fix it is left to people. Service has to be
# started anew afterwards.
function New-Difference {
  param([string]$Finding, [string]$Why, [string]$Remedy, [string]$Fix, [hashtable]$With = @{}, [string]$Does, [string]$Service)
  if ($Fix) { $Remedy = 'Run Set-Server.ps1.' }
  [pscustomobject]@{
    Finding = $Finding; Why = $Why; Remedy = $Remedy; Fix = $Fix; With = $With; Does = $Does; Service = $Service
  }
}

function Invoke-System {
  param([string]$Name, [string[]]$Arguments)
  $program = Join-Path $env:SystemRoot ('System32\' + $Name)
  $said = & $program @Arguments | Out-String
  if ($LASTEXITCODE -ne 0) { throw ('{0} {1} ended with {2}: {3}' -f $Name, ($Arguments -join ' '), $LASTEXITCODE, $said.Trim()) }
}

function Write-Whole {
  param([string]$File, [string]$Text)
  $new = $File + '.new'
  [IO.File]::WriteAllText($new, $Text)
  Move-Item -LiteralPath $new -Destination $File -Force
}

function Get-Thumbprint {
  param([byte[]]$Octets)
  [BitConverter]::ToString([Security.Cryptography.SHA1]::Create().ComputeHash($Octets)).Replace('-', '')
}
`

const registry = String.raw`
function Read-Value {
  param([string]$Key, [string]$Name)
  if (-not (Test-Path -LiteralPath $Key)) { return }
  $found = Get-ItemProperty -LiteralPath $Key -Name $Name -ErrorAction SilentlyContinue
  if ($null -ne $found) { $found.$Name }
}

function Write-Value {
  param([string]$Key, [string]$Name, [int]$Value)
  # Of a key that is there, New-Item would drop the values.
  if (-not (Test-Path -LiteralPath $Key)) { $null = New-Item -Path $Key -Force }
  $null = New-ItemProperty -LiteralPath $Key -Name $Name -PropertyType DWord -Value $Value -Force
}
`

const head = `# What this server is held to: Set-Server.ps1, Test-Server.ps1 and Update-Trust.ps1 read it. Written by mayfly server-config.
$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot 'Settings.ps1')
`

/**
 * Makes the script that the others of a server read.
 * @param own functions: Get-ServerDifference, what only a person or Set-Server.ps1 changes, and Get-FollowingDifference, what
 *   follows from the bundle beside the stores.
 */
export const itemsScript = (own: string): string =>
  [head, state, storesScript, registry, own, repairScript].join('')
