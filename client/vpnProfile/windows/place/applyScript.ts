/** What a request may say. One fault, and nothing is touched. */
const request = String.raw`
$keys = 'VpnStrategy', 'NetworkOutageTime', 'DisableMobility', 'IpInterfaceMetric', 'Ipv6InterfaceMetric', 'UseRasCredentials'

function Assert-Name {
  param([string]$Name)
  if ($Name -notmatch '^[^\p{C}.|<>?*\\/:][^\p{C}|<>?*\\/:]{0,254}$') { throw 'a name has 1 to 255 characters, none of them | < > ? * \ / :, and begins with no dot' }
  if ($Name -like 'Mayfly trial *') { throw 'the name is one of a trial' }
}

function Assert-Beside {
  param($Beside)
  foreach ($one in (ConvertTo-Table $Beside.phonebook).GetEnumerator()) {
    if ($keys -cnotcontains $one.Key -or $one.Value -notmatch '^\d{1,9}$') { throw ('the phonebook has no ' + $one.Key + ' of ' + $one.Value) }
  }
  if ([int]$Beside.mtu -lt 576 -or [int]$Beside.mtu -gt $usualMtu) { throw 'an MTU is 576 to 1400' }
  foreach ($one in @($Beside.machinePurposes)) { if ($one -notmatch '^\d+(\.\d+)+$') { throw ('a purpose is an object identifier, not ' + $one) } }
}

function Assert-System {
  $said = & (Join-Path $env:SystemRoot 'System32\whoami.exe') /user /fo csv /nh
  if ([string]$said -notmatch '"S-1-5-18"') { throw 'only the system (S-1-5-18) reaches the MDM bridge' }
}

function Assert-Request {
  param($Request)
  Assert-Name $Request.name
  $null = @(Get-Fact $Request.xml)
  Assert-Beside $Request.beside
  $root = Read-Xml $Request.xml
  if (-not (Get-NodeText $root 'NativeProfile/Servers')) { throw 'its XML names no server' }
  if ((@($Request.beside.proxyExceptions).Count -gt 0 -or $Request.beside.proxyBypassLocal) -and -not (Get-NodeText $root 'Proxy/Manual/Server')) {
    throw 'exceptions of a proxy need a proxy'
  }
}
`

/** What is under way stands in a file before anything is touched: whoever comes after a run that was killed finds it there. */
const journal = String.raw`
$folder = Join-Path $(if ($env:ProgramW6432) { $env:ProgramW6432 } else { $env:ProgramFiles }) 'Mayfly\profiles'

function Get-JournalFile {
  param([string]$Name)
  Join-Path $folder ('under-way-' + (Get-Id ($sid + '|' + $Name)) + '.json')
}

function Read-Journal {
  param([string]$File)
  if (Test-Path -LiteralPath $File) { ConvertFrom-Json -InputObject ([IO.File]::ReadAllText($File)) }
}

function Save-Journal {
  param($Entry)
  $file = Get-JournalFile $Entry.name
  $new = $file + '.new'
  [IO.File]::WriteAllText($new, (ConvertTo-Json -Depth 6 -InputObject $Entry))
  Move-Item -LiteralPath $new -Destination $file -Force
}

# One run at a time; the system lets go of it when a run is killed.
function Lock-Profiles {
  $null = [IO.Directory]::CreateDirectory($folder)
  try { [IO.File]::Open((Join-Path $folder 'lock'), 'OpenOrCreate', 'ReadWrite', 'None') } catch [IO.IOException] {
    throw 'another run changes profiles at this moment'
  }
}

function Assert-NotStopped {
  if ($Request.stop -and (Test-Path -LiteralPath (Join-Path $folder $Request.stop))) { throw 'it was told to stop' }
}

function Get-TrialName {
  param([string]$Name)
  'Mayfly trial ' + (Get-Id $Name)
}

# One that never connects by itself.
function Get-TrialXml {
  param([string]$Xml)
  $root = Read-Xml $Xml
  foreach ($node in $root.SelectNodes('*[local-name()="AlwaysOn"]')) { $node.InnerText = 'false' }
  $root.OuterXml
}

function Test-Same {
  param([string]$Name, $Form)
  if (@(Get-FactDifference $Form.xml (Read-Bridge $Name)).Count -gt 0) { return $false }
  (Read-Beside $Name $Form.beside) -ceq (Format-Beside $Form.beside $Form.beside)
}

# Puts what was there back, where it is not there still.
function Restore-Old {
  param($Entry)
  $isThere = Test-Installed $Entry.name
  if ($null -eq $Entry.old) {
    if ($isThere) { Remove-Installed $Entry.name }
    return
  }
  if ($isThere -and (Test-Same $Entry.name $Entry.old)) { return }
  if ($isThere) { Remove-Installed $Entry.name }
  Add-Bridge $Entry.name $Entry.old.xml
  Assert-Same $Entry.name $Entry.old.xml
  Set-Beside $Entry.name $Entry.old.xml $Entry.old.beside
}

function Close-Journal {
  param($Entry)
  $trial = Get-TrialName $Entry.name
  if (Test-Installed $trial) { Remove-Installed $trial }
  [IO.File]::Delete((Get-JournalFile $Entry.name))
}

# Completes what a run began that was killed: the new one where it is there already, else the old one.
function Repair-Profile {
  param($Entry)
  $sid = $Entry.sid
  $isNew = (Test-Installed $Entry.name) -and @(Get-FactDifference $Entry.new.xml (Read-Bridge $Entry.name)).Count -eq 0
  try {
    if (-not $isNew) { throw 'the new one is not there' }
    Set-Beside $Entry.name $Entry.new.xml $Entry.new.beside
  } catch { Restore-Old $Entry }
  Close-Journal $Entry
}

# What cannot be mended now is told, and keeps nothing else from being done.
function Repair-UnderWay {
  foreach ($file in [IO.Directory]::GetFiles($folder, 'under-way-*.json')) {
    try { Repair-Profile (Read-Journal $file) } catch { Format-Fault $_ }
  }
}
`

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
  throw 'an action is apply, remove, list, state or gateway'
}
`

/** Functions for what a request asks for, with the journal around it. They read $Request. */
export const applyScript = request + journal + apply + look
