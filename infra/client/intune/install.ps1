# Installs Mayfly by Intune, as two apps: the program, for the machine and by the system; then the agent, for each user and by
# that user. docs/client-setups.md tells what to set.
#   powershell.exe -NoProfile -ExecutionPolicy Bypass -File install.ps1 -Part Program
#   powershell.exe -NoProfile -ExecutionPolicy Bypass -File install.ps1 -Part Agent
param([Parameter(Mandatory)][ValidateSet('Program', 'Agent')][string]$Part)
$ErrorActionPreference = 'Stop'
# What Intune starts has 32 bits: for that Windows calls another folder Program Files.
$folder = Join-Path $env:ProgramW6432 'Mayfly'
$program = Join-Path $folder 'mayfly.exe'

function Invoke-Mayfly {
  & $program @args
  if ($LASTEXITCODE -ne 0) { throw "mayfly $args ended with $LASTEXITCODE" }
}

# Windows lets nobody replace or remove a program that runs, but rename it: each gets a name of its own, which goes with the
# first update that finds it at rest.
function Move-Aside {
  if (-not (Test-Path -LiteralPath $program)) { return }
  $aside = Join-Path $folder "mayfly.old.$([guid]::NewGuid()).exe"
  Move-Item -LiteralPath $program -Destination $aside
  $aside
}

function Remove-Aside {
  Get-ChildItem -LiteralPath $folder |
    Where-Object { $_.Name -match '^mayfly\.(old|new)\b.*\.exe$' } |
    ForEach-Object { Remove-Item -LiteralPath $_.FullName -Force -ErrorAction SilentlyContinue }
}

function Install-Program {
  $new = Join-Path $folder "mayfly.new.$([guid]::NewGuid()).exe"
  $null = New-Item -ItemType Directory -Force -Path $folder
  Copy-Item -LiteralPath (Join-Path $PSScriptRoot 'mayfly-win-x64.exe') -Destination $new
  $before = Move-Aside
  try {
    Move-Item -LiteralPath $new -Destination $program
    Invoke-Mayfly --version
  } catch {
    $null = Move-Aside
    if ($before) { Move-Item -LiteralPath $before -Destination $program }
    throw
  } finally {
    Remove-Aside
  }
}

function Install-Agent {
  if (-not (Test-Path -LiteralPath $program)) { throw "$program is not there: this app depends on that of the program." }
  $own = Join-Path $env:LOCALAPPDATA 'Mayfly'
  $new = Join-Path $own 'mayfly.new.toml'
  $configuration = Join-Path $own 'mayfly.toml'
  $null = New-Item -ItemType Directory -Force -Path $own
  Copy-Item -LiteralPath (Join-Path $PSScriptRoot 'mayfly.toml') -Destination $new -Force
  # One with a fault replaces none.
  Invoke-Mayfly agent check --config $new
  Move-Item -LiteralPath $new -Destination $configuration -Force
  Invoke-Mayfly agent install --config $configuration
}

if ($Part -eq 'Program') { Install-Program } else { Install-Agent }
