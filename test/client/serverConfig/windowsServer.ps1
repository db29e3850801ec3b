# Stands in for a server of Windows: its stores, its registry and its commands, as far as their documentation says. Reads cases on
# standard input, runs each on a server that is as it was installed, and tells what the scripts said and changed.
$ErrorActionPreference = 'Stop'
$given = [Console]::In.ReadToEnd() | ConvertFrom-Json
$world = $given.world
foreach ($one in 'stores', 'registry') { $null = [IO.Directory]::CreateDirectory("$world/$one") }
$null = New-PSDrive -Name Cert -PSProvider FileSystem -Root "$world/stores" -Scope Global
$null = New-PSDrive -Name HKLM -PSProvider FileSystem -Root "$world/registry" -Scope Global
$env:SystemRoot = "$world/windows"
$env:CALLED = "$world/called"
$ias = "$world/windows/System32/ias/ias.xml"

function Add-Call([string]$Text) { [IO.File]::AppendAllText($env:CALLED, "$Text`n") }
function Resolve-Place([string]$Key) { "$world/registry/" + $Key.Substring(6).Replace('\', '/') }
function Assert-Working([string]$Command) {
  if ([IO.File]::Exists("$world/fails") -and $Command -like [IO.File]::ReadAllText("$world/fails")) { throw 'Access is denied.' }
}

# The registry: a key is a folder, a value a file in it.
function global:Get-ItemProperty {
  [CmdletBinding()] param([string]$LiteralPath, [string]$Name)
  $file = (Resolve-Place $LiteralPath) + "/=$Name"
  if (-not [IO.File]::Exists($file)) { Write-Error 'There is no such value.'; return }
  [pscustomobject]@{ $Name = [int][IO.File]::ReadAllText($file) }
}
function global:New-ItemProperty {
  [CmdletBinding()] param([string]$LiteralPath, [string]$Name, [string]$PropertyType, [int]$Value, [switch]$Force)
  Add-Call "value $LiteralPath $Name $PropertyType $Value"
  Assert-Working "value $Name"
  if (-not $Force) { throw 'It is there.' }
  [IO.File]::WriteAllText((Resolve-Place $LiteralPath) + "/=$Name", "$Value")
}
function global:New-Item {
  [CmdletBinding()] param([string]$Path, [switch]$Force)
  $place = Resolve-Place $Path
  if ([IO.Directory]::Exists($place)) { [IO.Directory]::Delete($place, $true) }
  $null = [IO.Directory]::CreateDirectory($place)
}
function global:Get-CimInstance { param([string]$ClassName) [pscustomobject]@{ LastBootUpTime = $global:Boot } }
function global:Restart-Service { param([string]$Name, [switch]$Force) Add-Call "restart $Name"; Assert-Working "restart $Name" }
function global:Get-VpnAuthProtocol { $global:Vpn }
function global:Set-VpnAuthProtocol {
  param([string[]]$UserAuthProtocolAccepted, $RootCertificateNameToAccept, [string[]]$CertificateEKUsToAccept)
  Add-Call "protocol $UserAuthProtocolAccepted $($RootCertificateNameToAccept.Thumbprint) $CertificateEKUsToAccept"
  Assert-Working 'protocol'
  $global:Vpn = [pscustomobject]@{
    UserAuthProtocolAccepted = $UserAuthProtocolAccepted; RootCertificateNameToAccept = $RootCertificateNameToAccept
    CertificateEKUsToAccept = $CertificateEKUsToAccept
  }
}
function global:Get-VpnServerConfiguration { $global:IPsec }
function global:Set-VpnServerConfiguration {
  param(
    [ValidateSet('IKEV2', 'L2TP')][string]$TunnelType, [switch]$CustomPolicy,
    [ValidateSet('DES', 'DES3', 'AES128', 'AES192', 'AES256', 'GCMAES128', 'GCMAES256')][string]$EncryptionMethod,
    [ValidateSet('MD5', 'SHA1', 'SHA256', 'SHA384')][string]$IntegrityCheckMethod,
    [ValidateSet('DES', 'DES3', 'AES128', 'AES192', 'AES256', 'GCMAES128', 'GCMAES192', 'GCMAES256', 'None')][string]$CipherTransformConstants,
    [ValidateSet('None', 'PFS1', 'PFS2', 'PFS2048', 'ECP256', 'ECP384', 'PFSMM', 'PFS24')][string]$PfsGroup,
    [ValidateSet('MD596', 'SHA196', 'SHA256128', 'GCMAES128', 'GCMAES192', 'GCMAES256', 'None')][string]$AuthenticationTransformConstants,
    [ValidateSet('None', 'Group1', 'Group2', 'Group14', 'ECP256', 'ECP384', 'Group24')][string]$DHGroup
  )
  Add-Call 'policy'
  Assert-Working 'policy'
  $global:IPsec = [pscustomobject]@{
    CustomPolicy = [bool]$CustomPolicy; EncryptionMethod = $EncryptionMethod; IntegrityCheckMethod = $IntegrityCheckMethod; DHGroup = $DHGroup
    CipherTransformConstants = $CipherTransformConstants; PfsGroup = $PfsGroup; AuthenticationTransformConstants = $AuthenticationTransformConstants
  }
}
function global:Get-ScheduledTask {
  [CmdletBinding()] param([string]$TaskName)
  if ($null -ne $global:Task) { return $global:Task }
  Write-Error 'There is no such task.'
}
function global:Register-ScheduledTask {
  param([string]$TaskName, [string]$Xml, [switch]$Force)
  Add-Call "task $TaskName"
  Assert-Working 'task'
  $global:Task = [pscustomobject]@{ State = 'Ready'; Xml = ([xml]$Xml).OuterXml }
}
function global:Get-RemoteAccessConnectionStatistics {
  # The next look finds others, where a case says so.
  $global:Sessions
  if ($null -ne $global:LaterSessions) { $global:Sessions = $global:LaterSessions; $global:LaterSessions = $null }
}
function global:Disconnect-VpnUser {
  param([string[]]$HostIPAddress)
  Assert-Working "end $HostIPAddress"
  Add-Call "end $HostIPAddress"
}

# What cases are written in.
function Use-Bundle([string]$Name) { [IO.File]::Copy("$world/bundles/$Name.json", "$($given.trust)/trust.json", $true) }
function Get-Place([string]$Store, [string]$Thumbprint) {
  if ($Store -eq 'NTAuth') { return "$world/registry/SOFTWARE/Microsoft/EnterpriseCertificates/NTAuth/Certificates/$Thumbprint" }
  "$world/stores/LocalMachine/$Store/$Thumbprint"
}
function Add-Planted([string]$Store, [string]$Id) { [IO.File]::WriteAllText((Get-Place $Store $given.thumbprints.$Id), '') }
function Remove-Planted([string]$Store, [string]$Id) { [IO.File]::Delete((Get-Place $Store $given.thumbprints.$Id)) }
function Set-Planted([string]$Key, [string]$Name, [int]$Value) {
  $null = [IO.Directory]::CreateDirectory((Resolve-Place $Key))
  [IO.File]::WriteAllText((Resolve-Place $Key) + "/=$Name", "$Value")
}
function Edit-Policy([string]$From, [string]$To) {
  $text = [IO.File]::ReadAllText($ias)
  $edited = $text -replace $From, $To
  if ($edited -ceq $text -and -not $isLenient) { throw "There is no $From to replace" }
  [IO.File]::WriteAllText($ias, $edited)
}
# The guard of Mayfly: what it answers, how it ends, and what it was asked.
function Set-Guard([string]$Answer, [int]$Code) {
  [IO.File]::WriteAllText("$world/scripts/mayfly.exe", "#!/bin/sh`nprintf 'mayfly %s\n' `"`$*`" >>'$world/called'`ncat `"`$6`" >'$world/asked'`nprintf '%s' '$Answer'`nexit $Code`n")
  & chmod 755 "$world/scripts/mayfly.exe"
}
function New-Session([string]$Address, [string]$User, [int]$Seconds, [string]$Type = 'Vpn') {
  [pscustomobject]@{ ClientIPAddress = @($Address, 'fd00::7'); UserName = @($User); ConnectionDuration = $Seconds; ConnectionType = $Type }
}
function Stop-Working([string]$Command) { [IO.File]::WriteAllText("$world/fails", $Command) }
function Resume-Working { [IO.File]::Delete("$world/fails") }
function Get-State {
  $text = New-Object Text.StringBuilder
  foreach ($one in 'stores', 'registry', 'windows', "scripts/$($case.kind)") {
    $files = [IO.Directory]::GetFiles("$world/$one", '*', 'AllDirectories')
    [Array]::Sort($files)
    foreach ($file in $files) { $null = $text.Append($file).Append([IO.File]::ReadAllText($file)) }
  }
  $text.ToString()
}
function Start-Script([string]$Name, [hashtable]$With = @{}) {
  $before = Get-State
  [IO.File]::WriteAllText($env:CALLED, '')
  $failed = $null
  $global:LASTEXITCODE = 0
  # What -WhatIf says goes to the host alone: it is not of interest.
  try { $said = & "$folder/$Name" @With 6>$null | Out-String } catch { $said = ''; $failed = $_.Exception.Message }
  $script:runs += @{
    said = $said; failed = $failed; exitCode = $LASTEXITCODE; isChanged = (Get-State) -cne $before
    called = @([IO.File]::ReadAllLines($env:CALLED) | Where-Object { $_ })
  }
}
function Reset-World {
  foreach ($one in 'stores', 'registry') { if ([IO.Directory]::Exists("$world/$one")) { [IO.Directory]::Delete("$world/$one", $true) } }
  foreach ($store in 'Root', 'CA', 'Disallowed') { $null = [IO.Directory]::CreateDirectory("$world/stores/LocalMachine/$store") }
  $null = [IO.Directory]::CreateDirectory("$world/registry/SOFTWARE/Microsoft/EnterpriseCertificates/NTAuth/Certificates")
  foreach ($store in 'Root', 'CA', 'NTAuth') { Add-Planted $store 'foreign' }
  foreach ($kept in 'certificates.json', 'restarts-due.txt', 'restart-needed.txt', 'sessions.json') { [IO.File]::Delete("$folder/$kept") }
  [IO.File]::Copy("$world/ias.xml", $ias, $true)
  Resume-Working
  Use-Bundle 'first'
  $global:Boot = [DateTime]::UtcNow.AddDays(-1)
  $global:Vpn = [pscustomobject]@{ UserAuthProtocolAccepted = @('EAP', 'MsChapv2'); RootCertificateNameToAccept = $null; CertificateEKUsToAccept = $null }
  $global:IPsec = [pscustomobject]@{ CustomPolicy = $false; EncryptionMethod = 'DES3'; DHGroup = 'Group2' }
  $global:Task = $null
  $global:Sessions = @()
  $global:LaterSessions = $null
  [IO.File]::Delete("$world/scripts/mayfly.exe")
}
$parts = 'stores', 'registry', 'scripts/KIND/certificates.json', 'scripts/KIND/Settings.ps1', 'scripts/KIND/restart-needed.txt', 'windows/System32/ias/ias.xml'
function Copy-World([string]$From, [string]$To) {
  foreach ($part in $parts) {
    $one = $part.Replace('KIND', $case.kind)
    if ([IO.Directory]::Exists("$From/$one")) {
      if ([IO.Directory]::Exists("$To/$one")) { [IO.Directory]::Delete("$To/$one", $true) }
      foreach ($inner in [IO.Directory]::GetDirectories("$From/$one", '*', 'AllDirectories')) { $null = [IO.Directory]::CreateDirectory($inner.Replace($From, $To)) }
      foreach ($file in [IO.Directory]::GetFiles("$From/$one", '*', 'AllDirectories')) { [IO.File]::Copy($file, $file.Replace($From, $To)) }
    } elseif ([IO.File]::Exists("$From/$one")) {
      $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName("$To/$one"))
      [IO.File]::Copy("$From/$one", "$To/$one", $true)
    }
  }
}
# A server that is as it should be: the scripts make it once.
function Complete-World {
  $saved = "$world/complete-$($case.kind)"
  Reset-World
  if (-not [IO.Directory]::Exists($saved)) {
    $null = & "$folder/Set-Server.ps1"
    Copy-World $world $saved
    $complete[$case.kind] = $global:Vpn, $global:Task, $global:IPsec
  }
  Copy-World $saved $world
  $global:Vpn, $global:Task, $global:IPsec = $complete[$case.kind] | ForEach-Object { if ($null -ne $_) { $_.PSObject.Copy() } else { $null } }
  $global:Boot = [DateTime]::UtcNow.AddMinutes(1)
}
$complete = @{}

$results = foreach ($case in $given.cases) {
  $folder = "$world/scripts/$($case.kind)"
  $runs = @()
  try {
    Reset-World
    $null = . ([scriptblock]::Create($case.script))
    @{ runs = $runs; asked = if ([IO.File]::Exists("$world/asked")) { [IO.File]::ReadAllText("$world/asked") } else { '' } }
  } catch { @{ runs = $runs; fault = "$_ $($_.ScriptStackTrace)" } }
}
$faults = foreach ($file in Get-ChildItem -Recurse -LiteralPath "$world/scripts" -Filter *.ps1) {
  $tokens = $null; $errors = $null
  [void][Management.Automation.Language.Parser]::ParseFile($file.FullName, [ref]$tokens, [ref]$errors)
  foreach ($one in $errors) { "$($file.Name): $($one.Message)" }
}
$texts = foreach ($expression in $given.expressions) { & ([scriptblock]::Create($expression)) }
ConvertTo-Json -Compress -Depth 6 -InputObject @{ results = @($results); faults = @($faults); texts = @($texts) }
