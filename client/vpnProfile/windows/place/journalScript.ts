/**
 * Functions for what is under way, which stands in a file before anything is touched: whoever comes after a run that was killed finds
 * it there. They read $sid and $Request.
 */
export const journalScript = String.raw`
$folder = Join-Path $(if ($env:ProgramW6432) { $env:ProgramW6432 } else { $env:ProgramFiles }) 'Mayfly\profiles'

function Get-JournalFile {
  param([string]$Name)
  Join-Path $folder ('under-way-' + (Get-Id ($sid + '|' + $Name)) + '.json')
}

function Read-Journal {
  param([string]$File)
  if (Test-Path -LiteralPath $File) { ConvertFrom-Json -InputObject ([IO.File]::ReadAllText($File)) }
}

function Save-Journal {
  param($Entry)
  $file = Get-JournalFile $Entry.name
  $new = $file + '.new'
  [IO.File]::WriteAllText($new, (ConvertTo-Json -Depth 6 -InputObject $Entry))
  Move-Item -LiteralPath $new -Destination $file -Force
}

# One run at a time; the system lets go of it when a run is killed.
function Lock-Profiles {
  $null = [IO.Directory]::CreateDirectory($folder)
  try { [IO.File]::Open((Join-Path $folder 'lock'), 'OpenOrCreate', 'ReadWrite', 'None') } catch [IO.IOException] {
    throw 'another run changes profiles at this moment'
  }
}

function Assert-NotStopped {
  if ($Request.stop -and (Test-Path -LiteralPath (Join-Path $folder $Request.stop))) { throw 'it was told to stop' }
}

function Get-TrialName {
  param([string]$Name)
  'Mayfly trial ' + (Get-Id $Name)
}

# One that never connects by itself.
function Get-TrialXml {
  param([string]$Xml)
  $root = Read-Xml $Xml
  foreach ($node in $root.SelectNodes('*[local-name()="AlwaysOn"]')) { $node.InnerText = 'false' }
  $root.OuterXml
}

function Test-Same {
  param([string]$Name, $Form)
  if (@(Get-FactDifference $Form.xml (Read-Bridge $Name)).Count -gt 0) { return $false }
  (Read-Beside $Name $Form.beside) -ceq (Format-Beside $Form.beside $Form.beside)
}

# Puts what was there back, where it is not there still.
function Restore-Old {
  param($Entry)
  $isThere = Test-Installed $Entry.name
  if ($null -eq $Entry.old) {
    if ($isThere) { Remove-Installed $Entry.name }
    return
  }
  if ($isThere -and (Test-Same $Entry.name $Entry.old)) { return }
  if ($isThere) { Remove-Installed $Entry.name }
  Add-Bridge $Entry.name $Entry.old.xml
  Assert-Same $Entry.name $Entry.old.xml
  Set-Beside $Entry.name $Entry.old.xml $Entry.old.beside
}

function Close-Journal {
  param($Entry)
  $trial = Get-TrialName $Entry.name
  if (Test-Installed $trial) { Remove-Installed $trial }
  [IO.File]::Delete((Get-JournalFile $Entry.name))
}

# Completes what a run began that was killed: the new one where it is there already, else the old one.
function Repair-Profile {
  param($Entry)
  $sid = $Entry.sid
  $isNew = (Test-Installed $Entry.name) -and @(Get-FactDifference $Entry.new.xml (Read-Bridge $Entry.name)).Count -eq 0
  try {
    if (-not $isNew) { throw 'the new one is not there' }
    Set-Beside $Entry.name $Entry.new.xml $Entry.new.beside
  } catch { Restore-Old $Entry }
  Close-Journal $Entry
}

# What cannot be mended now is told, and keeps nothing else from being done.
function Repair-UnderWay {
  foreach ($file in [IO.Directory]::GetFiles($folder, 'under-way-*.json')) {
    try { Repair-Profile (Read-Journal $file) } catch { Format-Fault $_ }
  }
}
`
