# Takes off what install.ps1 installed, for Intune: the agent of a user first, then the program. Certificates and what is
# remembered of them stay; a certificate ends within the hour.
#   powershell.exe -NoProfile -ExecutionPolicy Bypass -File uninstall.ps1 -Part Agent
#   powershell.exe -NoProfile -ExecutionPolicy Bypass -File uninstall.ps1 -Part Program
param([Parameter(Mandatory)][ValidateSet('Program', 'Agent')][string]$Part)
$ErrorActionPreference = 'Stop'
$folder = Join-Path $env:ProgramW6432 'Mayfly'
$program = Join-Path $folder 'mayfly.exe'

if ($Part -eq 'Agent') {
  & $program agent uninstall
  if ($LASTEXITCODE -ne 0) { throw "mayfly agent uninstall ended with $LASTEXITCODE" }
  $configuration = Join-Path (Join-Path $env:LOCALAPPDATA 'Mayfly') 'mayfly.toml'
  if (Test-Path -LiteralPath $configuration) { Remove-Item -LiteralPath $configuration }
} else {
  # One that runs cannot be removed: Intune tries again.
  Get-ChildItem -LiteralPath $folder -ErrorAction SilentlyContinue |
    Where-Object { $_.Name -match '^mayfly(\.(old|new)\b.*)?\.exe$' } |
    ForEach-Object { Remove-Item -LiteralPath $_.FullName -Force }
}
