/** One profile applied, or removed. */
const apply = String.raw`
function Get-Known {
  param([string]$Name)
  $entry = @(Get-Entry | Where-Object { $_.Name -eq $Name })[0]
  $xml = Read-Bridge $Name
  if (-not $xml) { throw 'the one that is installed was not made over the MDM bridge, and could not be put back: remove it first' }
  @{ xml = $xml; beside = Get-Beside $Name $entry }
}

# What is installed; else what a run that could not be mended was to put back.
function Get-Old {
  param([string]$Name)
  if (Test-Installed $Name) { return Get-Known $Name }
  $left = Read-Journal (Get-JournalFile $Name)
  if ($null -ne $left) { $left.old }
}

# Windows has to take the new one, under another name, before the old one is touched.
function Add-Trial {
  param($Entry)
  $trial = Get-TrialName $Entry.name
  $xml = Get-TrialXml $Entry.new.xml
  if (Test-Installed $trial) { Remove-Installed $trial }
  Assert-NotStopped
  Add-Bridge $trial $xml
  Assert-Same $trial $xml
  Assert-NotStopped
}

function Set-Profile {
  Assert-Request $Request
  $entry = @{ name = $Request.name; sid = $sid; old = Get-Old $Request.name; new = @{ xml = $Request.xml; beside = $Request.beside } }
  Save-Journal $entry
  try {
    if ($null -ne $entry.old) {
      Add-Trial $entry
      if (Test-Installed $entry.name) { Remove-Installed $entry.name }
    }
    Add-Bridge $entry.name $entry.new.xml
    Assert-Same $entry.name $entry.new.xml
    Set-Beside $entry.name $entry.new.xml $entry.new.beside
  } catch {
    $why = Format-Fault $_
    try { Restore-Old $entry } catch {
      throw ('{0}; and what was there cannot be put back: {1}. The next run tries it again' -f $why, (Format-Fault $_))
    }
    Close-Journal $entry
    throw ($why + $(if ($null -ne $entry.old) { '; the old one is in force' } else { '; none is in force' }))
  }
  try { Close-Journal $entry } catch { return @{ left = Format-Fault $_ } }
  @{ left = $(if ($sid) { 'what is beside the XML: one user has of Windows what is usual' } else { '' }) }
}

function Remove-Profile {
  Assert-Name $Request.name
  if (Test-Installed $Request.name) { Remove-Installed $Request.name }
  if (-not $sid) { Set-Mtu $Request.name $usualMtu }
  # What was to be put back goes too.
  Close-Journal @{ name = $Request.name }
  @{ left = '' }
}
`

/** What is only looked at, and which of all these is done. */
const look = String.raw`
function Get-Profiles {
  foreach ($entry in @(Get-Entry | Where-Object { $_.Values['Type'] -eq '2' })) {
    @{ name = $entry.Name; xml = '' + (Read-Bridge $entry.Name); beside = Get-Beside $entry.Name $entry }
  }
}

# By numbers and names of enumerations, which are the same in every language. What cannot be told is not taken for down.
function Get-TunnelState {
  try {
    $interfaces = @(Get-CimInstance -Namespace 'root\StandardCimv2' -ClassName 'MSFT_NetIPInterface' | Where-Object { $_.InterfaceAlias -eq $Request.name })
    if (@($interfaces | Where-Object { [int]$_.ConnectionState -eq 1 }).Count -gt 0) { return 'up' }
    if ($sid) { return 'unknown' }
    $status = [string](Get-VpnConnection -Name $Request.name -AllUserConnection).ConnectionStatus
    if ($status -ceq 'NotConnected') { return 'down' }
    if ('Connected', 'Connecting', 'Dormant', 'Limited' -ccontains $status) { return 'up' }
  } catch { return 'unknown' }
  'unknown'
}

# That of a tunnel has nobody behind it. Without any gateway the network is not up yet, which tells nothing.
function Test-Ipv6Gateway {
  $routes = @(Get-CimInstance -Namespace 'root\StandardCimv2' -ClassName 'MSFT_NetRoute' | Where-Object { $_.NextHop -and $_.NextHop -ne '::' -and $_.NextHop -ne '0.0.0.0' })
  if (@($routes | Where-Object { $_.DestinationPrefix -eq '::/0' }).Count -gt 0) { return $true }
  if (@($routes | Where-Object { $_.DestinationPrefix -eq '0.0.0.0/0' }).Count -gt 0) { $false }
}

function Invoke-Locked {
  param([scriptblock]$Action)
  Assert-System
  $lock = Lock-Profiles
  try {
    $unmended = @(Repair-UnderWay)
    & $Action
  } finally { $lock.Dispose() }
}

function Invoke-Request {
  if ($sid -and $sid -notmatch '^S-1-\d+(-\d+)+$') { throw 'a SID is S-1- and numbers' }
  if ($Request.action -ceq 'state') { return @{ state = Get-TunnelState } }
  if ($Request.action -ceq 'gateway') { return @{ ipv6 = Test-Ipv6Gateway } }
  $session = New-CimSession
  if ($Request.action -ceq 'apply') { return Invoke-Locked { Set-Profile } }
  if ($Request.action -ceq 'remove') { return Invoke-Locked { Remove-Profile } }
  if ($Request.action -ceq 'list') { return Invoke-Locked { @{ profiles = @(Get-Profiles); left = $unmended -join '; ' } } }
  if ($Request.action -ceq 'look') { Assert-System; return @{ profiles = @(Get-Profiles) } }
  throw 'an action is apply, remove, list, look, state or gateway'
}
`

/** Functions for what a request asks for. They read $Request. */
export const applyScript = apply + look
