/**
 * Functions for what is set beside a profile: in the phonebook, and by Windows' commands, for profiles of all users. They read $sid,
 * and $keys of the phonebook that a request may name.
 */
export const besideScript = String.raw`
# Windows' own; more no tunnel of Mayfly has.
$usualMtu = 1400

function Get-Id {
  param([string]$Name)
  $digest = [Security.Cryptography.SHA256]::Create().ComputeHash([Text.Encoding]::UTF8.GetBytes($Name))
  [BitConverter]::ToString($digest, 0, 8).Replace('-', '').ToLowerInvariant()
}

function Get-Mtu {
  param([string]$Name)
  $task = Get-ScheduledTask -TaskName ('Mayfly MTU ' + (Get-Id $Name)) -ErrorAction SilentlyContinue
  if ($null -eq $task) { $usualMtu } else { [int]$task.Source }
}

# The interface of a tunnel is new at each connection, with the usual MTU: RasClient writes 20225 when one is built.
function Set-Mtu {
  param([string]$Name, [int]$Mtu)
  $task = 'Mayfly MTU ' + (Get-Id $Name)
  if ((Get-Mtu $Name) -eq $Mtu) { return }
  if ($Mtu -eq $usualMtu) { Unregister-ScheduledTask -TaskName $task -Confirm:$false; return }
  $text = '$name = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String(''' + [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($Name)) + ''')); ' +
    'Get-NetIPInterface | Where-Object { $_.InterfaceAlias -ceq $name } | Set-NetIPInterface -NlMtuBytes ' + $Mtu
  $powershell = [Security.SecurityElement]::Escape((Join-Path $env:SystemRoot 'System32\WindowsPowerShell\v1.0\powershell.exe'))
  $query = '<QueryList><Query><Select Path="Application">*[System[Provider[@Name=''RasClient''] and EventID=20225]]</Select></Query></QueryList>'
  $xml = '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task"><RegistrationInfo><Source>' + $Mtu + '</Source></RegistrationInfo>' +
    '<Triggers><EventTrigger><Enabled>true</Enabled><Subscription>' + [Security.SecurityElement]::Escape($query) + '</Subscription></EventTrigger></Triggers>' +
    '<Principals><Principal id="Author"><UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel></Principal></Principals>' +
    '<Settings><DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries><ExecutionTimeLimit>PT1M</ExecutionTimeLimit></Settings>' +
    '<Actions Context="Author"><Exec><Command>' + $powershell + '</Command><Arguments>-NoProfile -NonInteractive -EncodedCommand ' +
    [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($text)) + '</Arguments></Exec></Actions></Task>'
  $null = Register-ScheduledTask -TaskName $task -Xml $xml -Force
}

# What is beside the XML, in the form of a request.
function Get-Beside {
  param([string]$Name, $Entry)
  $values = @{}
  foreach ($key in $keys) { if ($Entry.Values.ContainsKey($key)) { $values[$key] = $Entry.Values[$key] } }
  $beside = @{ phonebook = $values; mtu = $usualMtu; machinePurposes = @(); proxyExceptions = @(); proxyBypassLocal = $false }
  if ($sid) { return $beside }
  $beside.mtu = Get-Mtu $Name
  $connection = Get-VpnConnection -Name $Name -AllUserConnection
  $beside.machinePurposes = @($connection.MachineCertificateEKUFilter | Where-Object { $_ })
  $proxy = if ($null -ne $connection.VpnConfigurationXml) { ([xml]$connection.VpnConfigurationXml).SelectSingleNode('//*[local-name()="VpnProxy"]') }
  if ($null -ne $proxy) {
    $beside.proxyExceptions = @(Get-NodeText $proxy 'ExceptionPrefix')
    $beside.proxyBypassLocal = (Get-NodeText $proxy 'BypassProxyForLocal') -eq 'true'
  }
  $beside
}

# The phonebook last: Windows' commands write there too.
function Set-Beside {
  param([string]$Name, [string]$Xml, $Beside)
  if ($sid) { return }
  if (@($Beside.machinePurposes).Count -gt 0) {
    Set-VpnConnection -Name $Name -AllUserConnection -MachineCertificateEKUFilter @($Beside.machinePurposes) -Force
  }
  if (@($Beside.proxyExceptions).Count -gt 0 -or $Beside.proxyBypassLocal) {
    $server = [string](Get-NodeText (Read-Xml $Xml) 'Proxy/Manual/Server') -replace '^\w+://'
    Set-VpnConnectionProxy -ConnectionName $Name -ProxyServer $server -ExceptionPrefix @($Beside.proxyExceptions) -BypassProxyForLocal:([bool]$Beside.proxyBypassLocal)
  }
  Set-Mtu $Name $Beside.mtu
  Set-Phonebook $Name (ConvertTo-Table $Beside.phonebook)
  $found = Read-Beside $Name $Beside
  $wanted = Format-Beside $Beside $Beside
  if ($found -cne $wanted) { throw ('Windows keeps other settings beside it: ' + $found + ' instead of ' + $wanted) }
}

function Read-Beside {
  param([string]$Name, $Asked)
  Format-Beside (Get-Beside $Name (@(Get-Entry | Where-Object { $_.Name -eq $Name })[0])) $Asked
}

function ConvertTo-Table {
  param($Object)
  if ($Object -is [hashtable]) { return $Object }
  $table = @{}
  foreach ($one in $Object.PSObject.Properties) { $table[$one.Name] = [string]$one.Value }
  $table
}

# In one line, with those keys of the phonebook alone that were asked for.
function Format-Beside {
  param($Beside, $Asked)
  $values = ConvertTo-Table $Beside.phonebook
  $parts = (ConvertTo-Table $Asked.phonebook).Keys | Sort-Object | ForEach-Object { $_ + '=' + $values[$_] }
  $purposes = @($Beside.machinePurposes) | Sort-Object
  $exceptions = @($Beside.proxyExceptions) | Sort-Object
  @($parts) + ('MTU=' + $Beside.mtu) + ('purposes=' + ($purposes -join ',')) + ('exceptions=' + ($exceptions -join ',')) + ('local=' + [bool]$Beside.proxyBypassLocal) -join ' '
}
`
