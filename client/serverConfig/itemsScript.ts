/** The name in Windows of what the scripts of a server keep beside them: certificates that they put into stores, and restarts due. */
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

const trust = String.raw`
# The certificates of the bundle that the agent verified and installed.
function Get-Bundle {
  $file = Join-Path $Mayfly.Trust 'trust.json'
  if (-not (Test-Path -LiteralPath $file)) { throw ('there is no bundle in ' + $Mayfly.Trust + ': mayfly trust fetch, or the agent, installs it') }
  $document = ConvertFrom-Json -InputObject ([IO.File]::ReadAllText($file))
  if ($document.tenant -cne $Mayfly.Tenant) { throw ($file + ' is of another tenant') }
  foreach ($kind in 'root', 'issuer') {
    foreach ($entry in @($document.($kind + 's'))) {
      $base64 = $entry.certificate -replace '-----[A-Z ]+-----|\s'
      [pscustomobject]@{
        Kind = $kind; Id = $entry.id; State = $entry.state; SignedBy = $entry.signedBy; Certificate = $base64
        Thumbprint = Get-Thumbprint ([Convert]::FromBase64String($base64))
      }
    }
  }
}

# Those that were of a bundle on this server: nothing else is ever removed.
function Get-Listed {
  if (-not (Test-Path -LiteralPath $listFile)) { return }
  $document = ConvertFrom-Json -InputObject ([IO.File]::ReadAllText($listFile))
  foreach ($entry in @($document.certificates)) { $entry }
}

function Save-Listed {
  param([string]$Disallowed)
  $entries = @{}
  foreach ($one in @(Get-Listed)) { $entries[$one.Thumbprint] = $one }
  foreach ($one in @(Get-Bundle)) {
    if (-not $entries.ContainsKey($one.Thumbprint)) {
      $entries[$one.Thumbprint] = [pscustomobject]@{
        Kind = $one.Kind; Id = $one.Id; Thumbprint = $one.Thumbprint; Certificate = $one.Certificate; IsDisallowed = $false
      }
    }
  }
  if ($Disallowed) { $entries[$Disallowed].IsDisallowed = $true }
  $sorted = @($entries.Values | Sort-Object -Property Id)
  Write-Whole -File $listFile -Text (ConvertTo-Json -Depth 3 -InputObject @{ certificates = $sorted })
}

function Test-Held {
  param([string]$Store, [string]$Thumbprint)
  Test-Path -LiteralPath ($stores[$Store] + '\' + $Thumbprint)
}

function Add-Held {
  param([string]$Store, $Entry)
  $file = Join-Path $PSScriptRoot ($Entry.Thumbprint + '.cer')
  # Written down first: what is not on the list would stay when it is to go.
  if ($Store -eq 'Disallowed') { Save-Listed -Disallowed $Entry.Thumbprint }
  [IO.File]::WriteAllBytes($file, [Convert]::FromBase64String($Entry.Certificate))
  try {
    $where = @(if ($Store -eq 'NTAuth') { '-enterprise' })
    Invoke-System 'certutil.exe' ($where + @('-f', '-addstore', $Store, $file))
  } finally { Remove-Item -LiteralPath $file }
}

function Remove-Held {
  param([string]$Store, $Entry)
  $where = @(if ($Store -eq 'NTAuth') { '-enterprise' })
  Invoke-System 'certutil.exe' ($where + @('-delstore', $Store, $Entry.Thumbprint))
}

function New-StoreDifference {
  param([string]$Finding, [string]$Why, [string]$Fix, [string]$Store, $Entry)
  $does = if ($Fix -eq 'Add-Held') { 'put {0} into {1}' } else { 'remove {0} from {1}' }
  $service = if ($Store -eq 'NTAuth' -or $Store -eq 'Disallowed') { $Mayfly.Service } else { '' }
  New-Difference -Finding ('{0} {1}' -f $Entry.Id, $Finding) -Why $Why -Fix $Fix -With @{ Store = $Store; Entry = $Entry } -Does ($does -f $Entry.Id, $Store) -Service $service
}

function Get-BundleDifference {
  param($Bundle, $Listed)
  $known = @($Listed | ForEach-Object { $_.Thumbprint })
  $unknown = @($Bundle | Where-Object { $known -notcontains $_.Thumbprint } | ForEach-Object { $_.Id })
  if ($unknown.Count -gt 0) {
    New-Difference -Finding (($unknown -join ', ') + ' is not on the list of what goes again') -Why 'when it leaves the bundle this server would go on trusting it.' -Fix 'Save-Listed' -Does ('write down ' + ($unknown -join ', '))
  }
  foreach ($one in $Bundle) {
    foreach ($store in $Mayfly.Stores[$one.Kind]) {
      if (-not (Test-Held $store $one.Thumbprint)) {
        New-StoreDifference -Finding ('is not in the store ' + $store) -Why 'clients that it vouches for are refused.' -Fix 'Add-Held' -Store $store -Entry $one
      }
    }
    if (Test-Held 'Disallowed' $one.Thumbprint) {
      $ours = @($Listed | Where-Object { $_.Thumbprint -eq $one.Thumbprint -and $_.IsDisallowed }).Count -gt 0
      if ($ours) {
        New-StoreDifference -Finding 'is of the bundle again, and in the store Disallowed' -Why 'clients that it vouches for are refused.' -Fix 'Remove-Held' -Store 'Disallowed' -Entry $one
      } else {
        New-Difference -Finding ($one.Id + ' is in the store Disallowed, and these scripts did not put it there') -Why 'clients that it vouches for are refused.' -Remedy 'Find out who distrusts it, and why, before you remove it.'
      }
    }
  }
}

function Get-LeftDifference {
  param($Left)
  foreach ($one in $Left) {
    $in = if ($one.Kind -eq 'root') { @('Root') } else { @('NTAuth', 'CA') }
    foreach ($store in $in) {
      if (Test-Held $store $one.Thumbprint) {
        New-StoreDifference -Finding ('left the bundle and is still in the store ' + $store) -Why 'it is retired or tainted: whoever has its key is let in. Where a domain publishes it, take it out there too.' -Fix 'Remove-Held' -Store $store -Entry $one
      }
    }
    if ($one.Kind -eq 'issuer' -and -not (Test-Held 'Disallowed' $one.Thumbprint)) {
      New-StoreDifference -Finding 'left the bundle and is not in the store Disallowed' -Why 'a client that sends it along is trusted by the root that signed it.' -Fix 'Add-Held' -Store 'Disallowed' -Entry $one
    }
  }
}

function Get-StoreDifference {
  $bundle = @(Get-Bundle)
  $listed = @(Get-Listed)
  $current = @($bundle | ForEach-Object { $_.Thumbprint })
  Get-BundleDifference -Bundle $bundle -Listed $listed
  Get-LeftDifference -Left @($listed | Where-Object { $current -notcontains $_.Thumbprint })
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

const repair = String.raw`
function Get-Due {
  if (Test-Path -LiteralPath $dueFile) { [IO.File]::ReadAllLines($dueFile) | Where-Object { $_ } }
}

function Get-DueDifference {
  foreach ($service in @(Get-Due)) {
    New-Difference -Finding ('the service ' + $service + ' was not started anew since it was changed') -Why 'it goes on with what it read before.' -Fix 'Restart-Due' -Does ('start the service ' + $service + ' anew')
  }
}

function Restart-Due {
  foreach ($service in @(Get-Due)) { Restart-Service -Name $service -Force }
  if (Test-Path -LiteralPath $dueFile) { Remove-Item -LiteralPath $dueFile }
}

function Repair-Difference {
  param($Difference)
  if ($Difference.Service) {
    $due = @(@(Get-Due) + $Difference.Service | Sort-Object -Unique)
    Write-Whole -File $dueFile -Text ($due -join [Environment]::NewLine)
  }
  $with = $Difference.With
  & $Difference.Fix @with
}

# Mends what differs, one after the other. What fails ends it with words; the next run goes on from there.
function Repair-Server {
  param([scriptblock]$Find, $Cmdlet)
  $seen = @()
  do {
    $found = @(& $Find)
    $todo = @($found | Where-Object { $_.Fix -and $seen -notcontains $_.Does })
    foreach ($one in $todo) {
      # One deed may mend several differences.
      if ($seen -contains $one.Does) { continue }
      $seen += $one.Does
      if (-not $Cmdlet.ShouldProcess('this server', $one.Does)) { continue }
      try { Repair-Difference $one } catch {
        throw ('Cannot {0}: {1} What was done before stays; mend that, and run this again.' -f $one.Does, $_.Exception.Message)
      }
      Write-Output ('done     ' + $one.Does)
    }
  } while ($todo.Count -gt 0)
  if ($seen.Count -eq 0) { Write-Output 'There was nothing to change.' }
  $left = @($found | Where-Object { -not $_.Fix })
  foreach ($one in $left) { Write-Output (Format-Difference $one 'left to you') }
  $again = @($found | Where-Object { $_.Fix })
  if ($again.Count -gt 0 -and -not $WhatIfPreference) {
    throw ('It was done, and did not stay: ' + (($again | ForEach-Object { $_.Finding }) -join '; ') + '. A policy of the domain may put it back.')
  }
  $script:leftCount = $left.Count
}

function Format-Difference {
  param($Difference, [string]$As)
  $pad = ' ' * ($As.Length + 2)
  "$As  $($Difference.Finding).", "$pad$($Difference.Why)", "$pad$($Difference.Remedy)" -join [Environment]::NewLine
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
export const itemsScript = (own: string): string => [head, state, trust, registry, own, repair].join('')

/** Has the server be what it is held to. */
export const setScript = String.raw`# Has this server be what it is held to. -WhatIf tells what it would do. It restarts services, never the machine.
[CmdletBinding(SupportsShouldProcess = $true)]
param()
. (Join-Path $PSScriptRoot 'Items.ps1')
Repair-Server -Cmdlet $PSCmdlet -Find { Get-StoreDifference; Get-FollowingDifference; Get-ServerDifference; Get-DueDifference }
`

/** Tells what differs. */
export const testScript = String.raw`# Tells what of this server differs from what it is held to, and changes nothing. Ends with 3 where something does.
param([switch]$Json)
. (Join-Path $PSScriptRoot 'Items.ps1')
$found = @(Get-StoreDifference; Get-FollowingDifference; Get-ServerDifference; Get-DueDifference)
if ($Json) {
  $faults = @($found | ForEach-Object { @{ finding = $_.Finding; why = $_.Why; remedy = $_.Remedy } })
  $octets = [Text.Encoding]::UTF8.GetBytes((ConvertTo-Json -Compress -Depth 3 -InputObject @{ faults = $faults }))
  [Convert]::ToBase64String($octets)
  exit 0
}
foreach ($one in $found) { Format-Difference $one 'problem' }
if ($found.Count -gt 0) { exit 3 }
'This server is as it should be for the bundle that is installed.'
`

/** The hook of the agent. */
export const trustScript = String.raw`# Has this server trust what the bundle holds, and nothing that left it. The agent runs it when the bundle changed; what fails
# here is not reported as adopted.
[CmdletBinding(SupportsShouldProcess = $true)]
param()
. (Join-Path $PSScriptRoot 'Items.ps1')
Repair-Server -Cmdlet $PSCmdlet -Find { Get-StoreDifference; Get-FollowingDifference; Get-DueDifference }
if ($leftCount -gt 0) { throw 'What is left to people keeps this server from the bundle.' }
`
