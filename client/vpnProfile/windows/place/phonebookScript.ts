/** Functions for the phonebook of Windows, which is read and changed octet by octet: what others wrote there stays. They read $sid. */
export const phonebookScript = String.raw`
# A character for each octet.
$latin = [Text.Encoding]::GetEncoding(28591)

function Get-PhonebookFile {
  $above = $env:ProgramData
  if ($sid) {
    $key = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList\' + $sid
    $above = Join-Path (Get-ItemProperty -LiteralPath $key -Name 'ProfileImagePath').ProfileImagePath 'AppData\Roaming'
  }
  foreach ($name in 'rasphone.pbk', '_hiddenPbk\rasphone.pbk') {
    $file = Join-Path (Join-Path $above 'Microsoft\Network\Connections\Pbk') $name
    if (Test-Path -LiteralPath $file) { $file }
  }
}

function Get-Entry {
  foreach ($file in @(Get-PhonebookFile)) {
    $entry = $null
    foreach ($line in $latin.GetString([IO.File]::ReadAllBytes($file)).Split([char]10)) {
      if ($line -match '^\[(.*)\]\s*$') {
        if ($null -ne $entry) { $entry }
        $entry = [pscustomobject]@{ Name = [Text.Encoding]::UTF8.GetString($latin.GetBytes($Matches[1])); File = $file; Values = @{} }
      } elseif ($null -ne $entry -and $line -match '^(\w+)=(.*?)\s*$' -and -not $entry.Values.ContainsKey($Matches[1])) {
        $entry.Values[$Matches[1]] = $Matches[2]
      }
    }
    if ($null -ne $entry) { $entry }
  }
}

function Test-Installed {
  param([string]$Name)
  @(Get-Entry | Where-Object { $_.Name -eq $Name }).Count -gt 0
}

# Windows holds the file for a moment while it reads it.
function Write-Phonebook {
  param([string]$File, [byte[]]$Octets)
  $new = $File + '.mayfly'
  [IO.File]::WriteAllBytes($new, $Octets)
  for ($attempt = 1; ; $attempt++) {
    try { [IO.File]::Replace($new, $File, [NullString]::Value); return } catch [IO.IOException] {
      if ($attempt -eq 10) { [IO.File]::Delete($new); throw }
      Start-Sleep -Milliseconds 200
    }
  }
}

function Get-LineEnd {
  param([string]$Line)
  if ($Line.EndsWith([string][char]13, [StringComparison]::Ordinal)) { [string][char]13 } else { '' }
}

function Set-Phonebook {
  param([string]$Name, [hashtable]$Wanted)
  $entry = @(Get-Entry | Where-Object { $_.Name -eq $Name })[0]
  if ($null -eq $entry) { throw 'Windows has no entry of it in the phonebook' }
  $left = @{} + $Wanted
  $isOurs = $false
  $lines = foreach ($line in $latin.GetString([IO.File]::ReadAllBytes($entry.File)).Split([char]10)) {
    if ($line -match '^\[(.*)\]\s*$') {
      # What Windows did not write at all comes first.
      $isOurs = $latin.GetString([Text.Encoding]::UTF8.GetBytes($entry.Name)) -ceq $Matches[1]
      $line
      if ($isOurs) { foreach ($key in @($left.Keys | Where-Object { -not $entry.Values.ContainsKey($_) })) { $key + '=' + $left[$key] + (Get-LineEnd $line); $left.Remove($key) } }
    } elseif ($isOurs -and $line -match '^(\w+)=' -and $left.ContainsKey($Matches[1])) {
      $key = $Matches[1]
      $key + '=' + $left[$key] + (Get-LineEnd $line)
      $left.Remove($key)
    } else { $line }
  }
  Write-Phonebook $entry.File $latin.GetBytes($lines -join [char]10)
}
`
