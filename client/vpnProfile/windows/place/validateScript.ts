/** Functions for what a request may say: one fault, and nothing is touched. They read $sid. */
export const validateScript = String.raw`
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
