# Runs scripts one after the other, each in a runspace of its own: PowerShell takes a second to begin. In the folder, `ask` and
# `told` are pipes; `arguments` and `environment` (separated by NUL), `directory` and `in` are those of a program that is asked,
# `stand-ins` comes before what it runs, `out` and `err` are what it would have written.
param([string]$Folder, [int]$Parent)

$null = [powershell]::Create().AddScript({
  param($Folder, $Parent)
  while (Get-Process -Id $Parent -ErrorAction SilentlyContinue) { Start-Sleep 1 }
  [IO.Directory]::Delete($Folder, $true)
  [Environment]::Exit(0)
}).AddArgument($Folder).AddArgument($Parent).BeginInvoke()

$read = { param($name) [IO.File]::ReadAllText("$Folder/$name") }

# Answers the exit code.
function Invoke-Text([string]$Text, [string]$Directory, [IO.TextWriter]$Out, [IO.TextWriter]$Err) {
  $runspace = [runspacefactory]::CreateRunspace()
  $runspace.Open()
  $shell = [powershell]::Create($runspace)
  try {
    $null = $runspace.SessionStateProxy.Path.SetLocation($Directory)
    $output = [Collections.ObjectModel.Collection[psobject]]::new()
    $failed = $null
    # Linux has no key storage that .NET knows: what stands in may define one.
    try { $shell.AddScript($Text.Replace('Security.Cryptography.Cng', 'StandInCng')).Invoke($null, $output) } catch { $failed = $_ }
    $output | Out-String -Stream | ForEach-Object { $Out.WriteLine($_) }
    $shell.Streams.Error | ForEach-Object { $Err.WriteLine($_) }
    if ($failed) { $Err.WriteLine($failed.Exception.InnerException.Message); return 1 }
    [int]$runspace.SessionStateProxy.GetVariable('LASTEXITCODE')
  } finally { $runspace.Dispose() }
}

while ($true) {
  $null = & $read 'ask'
  foreach ($name in @([Environment]::GetEnvironmentVariables().Keys)) { [Environment]::SetEnvironmentVariable($name, $null) }
  foreach ($line in (& $read 'environment').Split([char]0)) {
    $name, $value = $line.Split('=', 2)
    if ($name) { [Environment]::SetEnvironmentVariable($name, $value) }
  }
  $words = (& $read 'arguments').Split([char]0)
  $directory = (& $read 'directory').Trim()
  $out = [IO.StringWriter]::new()
  $text = switch ($words[0]) {
    # What its last program said is not the exit code of a script.
    '-Command' { $words[1] + "`n" + '$global:LASTEXITCODE = 0' }
    '-File' {
      $words[1] = [IO.Path]::Combine($directory, $words[1])
      $quoted = $words[1..($words.Count - 2)] | ForEach-Object {
        if ($_ -match '^-\w+$') { $_ } else { "'" + $_.Replace("'", "''") + "'" }
      }
      "& $quoted"
    }
  }
  $kept = [Console]::Out
  $err = [IO.StringWriter]::new()
  $status = 1
  try {
    [Console]::SetOut($out)
    [Console]::SetIn([IO.StringReader]::new((& $read 'in')))
    $status = Invoke-Text ((& $read 'stand-ins') + $text) $directory $out $err
  } catch {
    $err.WriteLine($_)
  } finally { [Console]::SetOut($kept) }
  [IO.File]::WriteAllText("$Folder/out", $out.ToString())
  [IO.File]::WriteAllText("$Folder/err", $err.ToString())
  [IO.File]::WriteAllText("$Folder/told", "$status`n")
}
