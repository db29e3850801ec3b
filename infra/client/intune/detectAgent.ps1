# Tells Intune whether the agent of this user is installed: it is where something is written and the exit code is 0. Without a
# certificate it still is: nobody may have signed in yet, or the service refuses, and to install it again would not help.
# SHA-256 of mayfly.toml: (Get-FileHash mayfly.toml).Hash
$wanted = 'B70CF1320998D202116C9E2C8DDF82B9CC25095644BF255203C0A1A2FBF1F694'

$configuration = Join-Path (Join-Path $env:LOCALAPPDATA 'Mayfly') 'mayfly.toml'
if (-not (Test-Path -LiteralPath $configuration)) { exit 1 }
if ((Get-FileHash -LiteralPath $configuration -Algorithm SHA256).Hash -ne $wanted) { exit 1 }

$system = Join-Path $env:SystemRoot 'System32'
$account = & (Join-Path $system 'whoami.exe') /user /fo csv /nh
if ("$account" -notmatch 'S-1-\d+(-\d+)+') { exit 1 }
$null = & (Join-Path $system 'schtasks.exe') /query /tn "Mayfly agent of $($Matches[0])"
if ($LASTEXITCODE -ne 0) { exit 1 }

$program = Join-Path (Join-Path $env:ProgramW6432 'Mayfly') 'mayfly.exe'
Write-Output ((& $program agent status --config $configuration) -join '; ')
exit 0
