/** The part of Items.ps1 that mends what differs, and starts services anew that were changed. */
export const repairScript = String.raw`
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
