# Tells Intune whether the program is installed, of this version: it is where something is written and the exit code is 0.
$wanted = 'mayfly 0.1.0'

$program = Join-Path (Join-Path $env:ProgramW6432 'Mayfly') 'mayfly.exe'
if (-not (Test-Path -LiteralPath $program)) { exit 1 }
$version = [string](& $program --version)
if ($LASTEXITCODE -ne 0 -or $version -ne $wanted) { exit 1 }
Write-Output $version
exit 0
