# Stands in for the drive Cert: of Windows, with the commands that reach it: a certificate is a file that names its key.
function Find-Certificate([string]$Path) {
  if ($Path -notmatch '^Cert:\\CurrentUser\\(My|REQUEST)(?:\\([0-9A-F]{40}))?$') { throw "No such path: $Path" }
  $name = if ($Matches[1] -eq 'My') { 'My' } else { 'Request' }
  $folder = [IO.Path]::Combine($env:STORES, $name, 'Certificates')
  $files = if (-not [IO.Directory]::Exists($folder)) { @() } else { [IO.Directory]::GetFiles($folder) }
  foreach ($file in $files) {
    $thumbprint = [IO.Path]::GetFileName($file)
    if ($Matches[2] -and $Matches[2] -ne $thumbprint) { continue }
    $entry = ConvertFrom-Json ([IO.File]::ReadAllText($file))
    $key = [IO.Path]::Combine($env:SystemRoot, 'keys', $entry.container)
    [pscustomobject]@{
      Thumbprint = $thumbprint; Subject = $entry.subject; HasPrivateKey = [IO.File]::Exists($key); File = $file; Key = $key
    }
  }
}
function Get-ChildItem { [CmdletBinding()] param([string]$LiteralPath) Find-Certificate $LiteralPath }
function Test-Path { [CmdletBinding()] param([string]$LiteralPath) @(Find-Certificate $LiteralPath).Count -gt 0 }
function Get-Item {
  [CmdletBinding()] param([string]$LiteralPath)
  $found = @(Find-Certificate $LiteralPath)
  if ($found.Count -ne 1) { throw "Cannot find $LiteralPath" }
  $found[0]
}
function Remove-Item {
  [CmdletBinding()] param([string]$LiteralPath, [switch]$DeleteKey)
  $one = Get-Item -LiteralPath $LiteralPath
  if ([IO.File]::Exists("$env:SystemRoot/stuck")) { throw 'Access is denied.' }
  [IO.File]::Delete($one.File)
  if ($DeleteKey) { [IO.File]::Delete($one.Key) }
}
