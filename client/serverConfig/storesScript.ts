/** The part of Items.ps1 about the stores of Windows: what is in them of the bundle, what left it, and what has to change. */
export const storesScript = String.raw`
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
