# Stands in for VPN profiles of a Windows: the MDM bridge, a phonebook, and the commands beside them, as far as their documentation
# says. Reads cases on standard input, runs each on a machine of its own, and tells what the script answered, called and left.
$ErrorActionPreference = 'Stop'
$given = [Console]::In.ReadToEnd() | ConvertFrom-Json
$world = $given.world
$env:ProgramW6432 = "$world/programs"
$env:ProgramData = "$world/data"
$env:SystemRoot = "$world/windows"
$state = "$world/programs/Mayfly/profiles"
$latin = [Text.Encoding]::GetEncoding(28591)
$machineBook = "$world/data/Microsoft/Network/Connections/Pbk/rasphone.pbk"
$userBook = "$world/users/ada/AppData/Roaming/Microsoft/Network/Connections/Pbk/rasphone.pbk"

# What goes wrong: it `fails` before it was done, or although it was done (`persists`); or the script `dies`. In German words.
function Add-Call([string]$Text, [scriptblock]$Do) {
  $null = $global:Calls.Add($Text)
  $plant = @($global:Plants | Where-Object { $Text -like $_.call })[0]
  if ($null -ne $plant -and -not $plant.isLasting) { $global:Plants = @($global:Plants | Where-Object { $_ -ne $plant }) }
  if ($plant.how -eq 'fails') { throw [InvalidOperationException]::new('Zugriff verweigert') }
  & $Do
  if ($plant.how -eq 'persists') { throw [InvalidOperationException]::new('Zeitüberschreitung') }
  if ($plant.how -eq 'dies') { Stop-World }
}
# A script that is killed does nothing more: what it does all the same is taken back when it ended.
function Stop-World {
  if ($null -eq $global:Killed) { $global:Killed = Copy-World }
  throw 'killed'
}
$stores = 'Held', 'Purposes', 'Proxies', 'Tasks'
function Get-StateFiles { @(if ([IO.Directory]::Exists($state)) { [IO.Directory]::GetFiles($state, 'under-way-*') }) + @($machineBook | Where-Object { [IO.File]::Exists($_) }) }
function Copy-World {
  $copy = @{ files = @{} }
  foreach ($file in @(Get-StateFiles)) { $copy.files[$file] = [IO.File]::ReadAllBytes($file) }
  foreach ($one in $stores) { $copy[$one] = (Get-Variable -Scope Global -Name $one).Value.Clone() }
  $copy
}
function Restore-World($Copy) {
  foreach ($one in $stores) { Set-Variable -Scope Global -Name $one -Value $Copy[$one].Clone() }
  $null = [IO.Directory]::CreateDirectory($state)
  foreach ($file in @(Get-StateFiles)) { [IO.File]::Delete($file) }
  foreach ($file in $Copy.files.Keys) {
    $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($file))
    [IO.File]::WriteAllBytes($file, $Copy.files[$file])
  }
}
function Get-Book { if ($global:Context) { $userBook } else { $machineBook } }
function Read-Entries([string]$Book) { if ([IO.File]::Exists($Book)) { [regex]::Matches([IO.File]::ReadAllText($Book), '(?m)^\[(.*)\]\r$') | ForEach-Object { $_.Groups[1].Value } } }
function Add-Entry([string]$Book, [string]$Name, [string]$Lines) {
  $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($Book))
  $before = if ([IO.File]::Exists($Book)) { [IO.File]::ReadAllText($Book) } else { '' }
  [IO.File]::WriteAllText($Book, $before + "[$Name]`r`nType=2`r`n$Lines`r`nDEVICE=vpn`r`nPhoneNumber=vpn.example.com`r`n`r`n")
}
function Remove-Entry([string]$Book, [string]$Name) {
  $text = [IO.File]::ReadAllText($Book)
  $global:Purposes.Remove($Name); $global:Proxies.Remove($Name)
  $at = $text.IndexOf("[$Name]`r`n")
  if ($at -lt 0) { throw [InvalidOperationException]::new('Nicht gefunden') }
  $next = $text.IndexOf("`r`n[", $at)
  [IO.File]::WriteAllText($Book, $text.Substring(0, $at) + $(if ($next -lt 0) { '' } else { $text.Substring($next + 2) }))
}
$usual = "VpnStrategy=7`r`nUseRasCredentials=1`r`nIpInterfaceMetric=0`r`nIpv6InterfaceMetric=0`r`nDisableMobility=0`r`nNetworkOutageTime=0`r`nCacheCredentials=1"
$bridge = [pscustomobject]@{}
$bridge | Add-Member ScriptMethod Use { param($Options) $global:Context = if ($Options) { $Options.Said } else { '' } }
$bridge | Add-Member ScriptMethod Key { param($Instance) $global:Context + '|' + [Uri]::UnescapeDataString($Instance.InstanceID) }
$bridge | Add-Member ScriptMethod CreateInstance {
  param($Namespace, $Instance, $Options)
  $this.Use($Options)
  $name = [Uri]::UnescapeDataString($Instance.InstanceID)
  Add-Call "create $name" {
    $xml = ([xml]('<x>' + $Instance.ProfileXML + '</x>')).DocumentElement.InnerText
    if ($xml -notmatch '<VPNProfile') { throw 'That is no profile' }
    if (@(Read-Entries (Get-Book)) -contains $name) { throw [InvalidOperationException]::new('Bereits vorhanden') }
    $global:Held[$this.Key($Instance)] = $xml
    Add-Entry (Get-Book) $name $usual
  }
}
$bridge | Add-Member ScriptMethod GetInstance {
  param($Namespace, $Instance, $Options)
  $this.Use($Options)
  $xml = $global:Held[$this.Key($Instance)]
  if (-not $xml) { throw [InvalidOperationException]::new('Allgemeiner Fehler') }
  foreach ($one in $global:Alters) { if ([Uri]::UnescapeDataString($Instance.InstanceID) -like $one.name) { $xml = $xml -replace $one.from, $one.to } }
  $said = if ($global:IsEscaped) { $xml.Replace('&', '&amp;').Replace('<', '&lt;').Replace('>', '&gt;').Replace('"', '&quot;') } else { $xml }
  [pscustomobject]@{ ProfileXML = $said }
}
$bridge | Add-Member ScriptMethod DeleteInstance {
  param($Namespace, $Instance, $Options)
  $this.Use($Options)
  $name = [Uri]::UnescapeDataString($Instance.InstanceID)
  Add-Call "delete $name" { $global:Held.Remove($this.Key($Instance)); Remove-Entry (Get-Book) $name }
}
function global:New-CimSession { $bridge }
function global:New-CimInstance { param([switch]$ClientOnly, $Namespace, $ClassName, $Property, $Key)
  if ("$Namespace $ClassName $Key" -cne 'root\cimv2\mdm\dmmap MDM_VPNv2_01 ParentID InstanceID' -or -not $ClientOnly -or $Property.ParentID -cne './Vendor/MSFT/VPNv2') { throw 'no such class' }
  [pscustomobject]$Property
}
function global:New-Object { param($TypeName)
  if ($TypeName -cne 'Microsoft.Management.Infrastructure.Options.CimOperationOptions') { throw 'no such type' }
  $options = [pscustomobject]@{ Said = '' }
  $options | Add-Member ScriptMethod SetCustomOption { param($Name, $Value, $MustComply) $this.Said += "$Name=$Value;" } -PassThru
}
function global:Get-CimInstance { param($Namespace, $ClassName)
  if ($global:IsBlind) { throw [InvalidOperationException]::new('Zugriff verweigert') }
  if ($ClassName -eq 'MSFT_NetRoute') { return $global:Routes }
  $global:Interfaces
}
function global:Get-VpnConnection { param($Name, [switch]$AllUserConnection)
  if (@(Read-Entries $machineBook) -notcontains $Name) { throw [InvalidOperationException]::new('Nicht gefunden') }
  [pscustomobject]@{
    ConnectionStatus = $global:Status; MachineCertificateEKUFilter = $global:Purposes[$Name]; VpnConfigurationXml = $global:Proxies[$Name]
  }
}
function global:Remove-VpnConnection { param($Name, [switch]$AllUserConnection, [switch]$Force) Add-Call "remove $Name" { Remove-Entry $machineBook $Name } }
function global:Set-VpnConnection { param($Name, [switch]$AllUserConnection, $MachineCertificateEKUFilter, [switch]$Force)
  Add-Call "purposes $Name $MachineCertificateEKUFilter" { $global:Purposes[$Name] = $MachineCertificateEKUFilter }
}
function global:Set-VpnConnectionProxy { param($ConnectionName, $ProxyServer, $ExceptionPrefix, [switch]$BypassProxyForLocal)
  Add-Call "proxy $ConnectionName $ProxyServer $ExceptionPrefix $BypassProxyForLocal" {
    $prefixes = @($ExceptionPrefix | ForEach-Object { "<ExceptionPrefix>$_</ExceptionPrefix>" }) -join ''
    $global:Proxies[$ConnectionName] = [xml]"<VpnProfile><VpnConfiguration><VpnProxy>$prefixes<BypassProxyForLocal>$("$BypassProxyForLocal".ToLower())</BypassProxyForLocal></VpnProxy></VpnConfiguration></VpnProfile>"
  }
}
function global:Get-ScheduledTask { [CmdletBinding()] param($TaskName) if ($global:Tasks[$TaskName]) { $global:Tasks[$TaskName] } else { Write-Error 'Nicht gefunden' } }
function global:Register-ScheduledTask { param($TaskName, $Xml, [switch]$Force)
  Add-Call "task $TaskName" {
    $task = ([xml]$Xml).Task
    $words = $task.Actions.Exec.Arguments.Split(' ')
    $global:Tasks[$TaskName] = [pscustomobject]@{ Source = $task.RegistrationInfo.Source; Does = [Text.Encoding]::Unicode.GetString([Convert]::FromBase64String($words[-1])) }
  }
}
function global:Unregister-ScheduledTask { param($TaskName, [switch]$Confirm) Add-Call "untask $TaskName" { $global:Tasks.Remove($TaskName) } }
function global:Get-ItemProperty { param($LiteralPath, $Name) if ($LiteralPath -like '*\ProfileList\S-1-5-21-1-2-3-1001') { [pscustomobject]@{ ProfileImagePath = "$world/users/ada" } } }
function global:Start-Sleep { }

$script = [scriptblock]::Create([IO.File]::ReadAllText("$world/Set-VpnProfile.ps1"))

# Machines: what a case begins with, made once.
$global:Begun = @{}
function Reset-World($Case) {
  foreach ($one in 'programs', 'data', 'users') { if ([IO.Directory]::Exists("$world/$one")) { [IO.Directory]::Delete("$world/$one", $true) } }
  $global:Held = @{}; $global:Purposes = @{}; $global:Proxies = @{}; $global:Tasks = @{}
  $global:Interfaces = @($Case.interfaces); $global:Routes = @($Case.routes); $global:Status = $Case.status
  $global:IsBlind = [bool]$Case.isBlind; $global:IsEscaped = [bool]$Case.isEscaped; $global:Context = ''
  $whoami = if ($Case.whoami) { $Case.whoami } else { 'S-1-5-18' }
  [IO.File]::WriteAllText("$world/windows/System32/whoami.exe", "#!/bin/sh`necho '`"nt-autorit\344t\system`",`"$whoami`"'`n")
  $key = ConvertTo-Json -Compress -Depth 6 -InputObject @($Case.before)
  if ($global:Begun.ContainsKey($key)) { Restore-World $global:Begun[$key] } else {
    foreach ($one in @($Case.before | Where-Object { $_ })) {
      $global:Plants = @(); $global:Alters = @(); $global:Calls = [Collections.ArrayList]@()
      if ($one.by -eq 'hand') { Add-Entry $machineBook $one.name $usual } else { $null = Start-Script $one.request }
    }
    $global:Begun[$key] = Copy-World
  }
  if ($Case.book) { [IO.File]::AppendAllText($machineBook, $Case.book) }
}
function Get-Left {
  $profiles = foreach ($name in @(Read-Entries $machineBook)) { @{ name = $name; xml = $global:Held["|$name"] } }
  @{
    profiles = @($profiles); hasJournal = @([IO.Directory]::GetFiles($state, 'under-way-*')).Count -gt 0; tasks = @($global:Tasks.Values)
    book = if ([IO.File]::Exists($machineBook)) { [IO.File]::ReadAllText($machineBook) } else { '' }
    users = @($global:Held.Keys | Where-Object { -not $_.StartsWith('|') })
  }
}
function Start-Script($Request, [string]$Sid) {
  $global:Calls = [Collections.ArrayList]@()
  $null = [IO.Directory]::CreateDirectory($state)
  $answer = $null
  $failed = $null
  $global:Killed = $null
  try { $answer = & $script -Request $Request -Sid $Sid } catch { $failed = $_.Exception.Message }
  if ($null -ne $global:Killed) { Restore-World $global:Killed }
  @{ answer = $answer; failed = $failed; calls = @($global:Calls); left = Get-Left }
}

$null = [IO.Directory]::CreateDirectory("$world/windows/System32")
[IO.File]::WriteAllText("$world/windows/System32/whoami.exe", '')
& chmod 755 "$world/windows/System32/whoami.exe"
$results = foreach ($case in $given.cases) {
  Reset-World $case
  $runs = foreach ($run in $case.runs) {
    $global:Plants = @($run.plants); $global:Alters = @($run.alters)
    if ($run.stops) { [IO.File]::WriteAllText("$world/programs/Mayfly/profiles/$($run.request.stop)", '') }
    if ($run.by) {
      [IO.File]::WriteAllText("$world/request.json", (ConvertTo-Json -Depth 6 -InputObject $run.request))
      $with = @{}
      if ($run.by -eq 'file') { $with.RequestFile = "$world/request.json" }
      $line = & "$world/Own.ps1" @with
      @{ line = @($line); exitCode = $LASTEXITCODE }
    } else { Start-Script $run.request $run.sid }
  }
  @{ runs = @($runs) }
}
ConvertTo-Json -Compress -Depth 9 -InputObject @{ results = @($results) }
