import { ikeProposal } from './ikeProposal.ts'

/** Of the custom policy of IPsec, as a table of PowerShell. */
const policyTable = ikeProposal.rras.map(([name, value]) => `${name} = '${value}'`).join('; ')

const protocol = String.raw`
$policy = @{ ${policyTable} }
$ikeKey = 'HKLM:\SYSTEM\CurrentControlSet\Services\RemoteAccess\Parameters\Ikev2'
$task = 'Mayfly sessions'

# RRAS takes one root: that of the newest issuer at work, which signs. What another root vouches for is refused meanwhile.
function Get-RootAtWork {
  $bundle = @(Get-Bundle)
  $active = $bundle | Where-Object { $_.Kind -eq 'issuer' -and $_.State -eq 'active' } | Sort-Object -Property Id | Select-Object -Last 1
  if ($null -ne $active) { $bundle | Where-Object { $_.Kind -eq 'root' -and $_.Id -eq $active.SignedBy } }
}

function Get-Certificate {
  param($Entry)
  New-Object Security.Cryptography.X509Certificates.X509Certificate2 (, [Convert]::FromBase64String($Entry.Certificate))
}

# RRAS may tell the root that it takes as a certificate, its octets, or its name.
function Test-Accepted {
  param($Value, $Entry)
  if ($null -eq $Value -or $null -eq $Entry) { return $false }
  if ($Value -is [Security.Cryptography.X509Certificates.X509Certificate]) { return $Value.GetCertHashString() -eq $Entry.Thumbprint }
  if ($Value -is [byte[]]) { return (Get-Thumbprint $Value) -eq $Entry.Thumbprint }
  return [string]$Value -eq (Get-Certificate $Entry).Subject
}

function Set-Protocol {
  $root = Get-Certificate (Get-RootAtWork)
  Set-VpnAuthProtocol -UserAuthProtocolAccepted Certificate -RootCertificateNameToAccept $root -CertificateEKUsToAccept $Mayfly.MarkerOids
}

function Set-Policy { Set-VpnServerConfiguration -TunnelType IKEV2 -CustomPolicy @policy }

function New-ProtocolDifference {
  param([string]$Finding, [string]$Why)
  New-Difference -Finding $Finding -Why $Why -Fix 'Set-Protocol' -Does 'have RRAS take certificates with the marker alone, of the root at work, and no other way in: it is started anew, and every tunnel ends' -Service 'RemoteAccess'
}

function Get-FollowingDifference {
  $root = Get-RootAtWork
  if ($null -eq $root) {
    New-Difference -Finding 'the bundle has no issuer at work' -Why 'there is nobody to let in, and RRAS cannot be told to take no root.' -Remedy 'Stop-Service RemoteAccess, until the tenant has an issuer again.'
    return
  }
  if (-not (Test-Accepted (Get-VpnAuthProtocol).RootCertificateNameToAccept $root)) {
    New-ProtocolDifference ('RRAS does not take the root at work, ' + $root.Id + ', or takes any root') 'clients are refused; or those of every CA that Windows trusts are let in.'
  }
}

function Get-ServerDifference {
  $found = Get-VpnAuthProtocol
  if ((@($found.UserAuthProtocolAccepted) -join ' ') -ne 'Certificate') {
    New-ProtocolDifference 'RRAS takes other proofs than a certificate' 'who has none is let in by a password, a shared key, or what a RADIUS server decides.'
  }
  $wanted = @($Mayfly.MarkerOids | Sort-Object) -join ' '
  if ((@($found.CertificateEKUsToAccept | Where-Object { $_ } | Sort-Object) -join ' ') -ne $wanted) {
    New-ProtocolDifference ('RRAS does not demand the marker ' + $wanted + ', or takes others too (CertificateEKUsToAccept)') 'certificates of the root that are not for the VPN are let in.'
  }
  $server = Get-VpnServerConfiguration
  $weak = @($policy.Keys | Where-Object { [string]$server.$_ -ne $policy[$_] } | Sort-Object)
  if (-not $server.CustomPolicy -or $weak.Count -gt 0) {
    New-Difference -Finding ('RRAS has another policy for IPsec (' + ($weak -join ', ') + ')') -Why 'clients whose profile has this one are refused; or tunnels are encrypted by the defaults of Windows, which are weak.' -Fix 'Set-Policy' -Does 'have RRAS take AES-GCM 256, SHA-384 and P-384 alone: it is started anew, and every tunnel ends' -Service 'RemoteAccess'
  }
  if ((Read-Value $ikeKey 'CertAuthFlags') -eq 4) {
    New-Difference -Finding 'CertAuthFlags is 4: RRAS asks for a CRL' -Why 'certificates of clients name none: all of them are refused.' -Fix 'Write-Value' -With @{ Key = $ikeKey; Name = 'CertAuthFlags'; Value = 2 } -Does 'set CertAuthFlags to 2: RRAS asks for no CRL, whereafter it is started anew, and every tunnel ends' -Service 'RemoteAccess'
  }
  $known = Get-ScheduledTask -TaskName $task -ErrorAction SilentlyContinue
  if ($null -eq $known -or [string]$known.State -eq 'Disabled') {
    New-Difference -Finding ('no task ends sessions: ' + $task + ' is missing, or disabled') -Why 'RRAS ends no tunnel with its certificate.' -Fix 'Register-SessionTask' -Does ('register the task ' + $task + ', which ends sessions every minute that last longer than a certificate lives')
  }
}

function Register-SessionTask {
  $script = [Security.SecurityElement]::Escape((Join-Path $PSScriptRoot 'End-Sessions.ps1'))
  $powershell = [Security.SecurityElement]::Escape((Join-Path $env:SystemRoot 'System32\WindowsPowerShell\v1.0\powershell.exe'))
  $xml = '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task"><Triggers><TimeTrigger><Repetition><Interval>PT1M</Interval></Repetition><StartBoundary>2026-01-01T00:00:00</StartBoundary><Enabled>true</Enabled></TimeTrigger></Triggers>' +
    '<Principals><Principal id="Author"><UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel></Principal></Principals>' +
    '<Settings><MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy><DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries><ExecutionTimeLimit>PT5M</ExecutionTimeLimit></Settings>' +
    '<Actions Context="Author"><Exec><Command>' + $powershell + '</Command><Arguments>-NoProfile -NonInteractive -ExecutionPolicy Bypass -File "' + $script + '"</Arguments></Exec></Actions></Task>'
  $null = Register-ScheduledTask -TaskName $task -Xml $xml -Force
}
`

/** What RRAS is held to, beside the stores. */
export const rrasScript = protocol

/** Ends sessions that last longer than a certificate lives, and those that the guard names: RRAS itself ends none. */
export const endSessionsScript = String.raw`# Ends sessions that last longer than a certificate lives, and those that mayfly agent guard names. The task "Mayfly sessions"
# runs it every minute; it looks every five seconds.
param([int]$Rounds = 11, [int]$Seconds = 5)
$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot 'Settings.ps1')
$above = Split-Path -Parent $PSScriptRoot
$program = Join-Path $above 'mayfly.exe'
$configuration = Join-Path $above 'mayfly.toml'
$file = Join-Path $PSScriptRoot 'sessions.json'

# RRAS says DOMAIN\name of whom a directory knows; certificates, and the drop list, have the UPN.
function Get-Upn {
  param([string]$Name)
  if ($Name -notmatch '^[^\\]+\\[^\\]+$') { return $Name }
  try {
    $sid = (New-Object Security.Principal.NTAccount $Name).Translate([Security.Principal.SecurityIdentifier])
    $upn = [string]([adsi]('LDAP://<SID=' + $sid.Value + '>')).userPrincipalName
    if ($upn) { return $upn }
  } catch { Write-Verbose $_.Exception.Message }
  return $Name
}

function Get-Session {
  foreach ($one in @(Get-RemoteAccessConnectionStatistics)) {
    if ([string]$one.ConnectionType -ne 'Vpn') { continue }
    $since = [DateTime]::UtcNow.AddSeconds(-[double]$one.ConnectionDuration)
    [pscustomobject]@{
      id = [string]@($one.ClientIPAddress)[0]; user = Get-Upn ([string]@($one.UserName)[0])
      since = $since.ToString('yyyy-MM-ddTHH:mm:ssZ', [Globalization.CultureInfo]::InvariantCulture)
      seconds = [double]$one.ConnectionDuration
    }
  }
}

# Its exit code tells of the drop list, not of what is to end.
function Get-Named {
  param($Sessions)
  if (-not (Test-Path -LiteralPath $program)) { return }
  [IO.File]::WriteAllText($file, (ConvertTo-Json -Depth 3 -InputObject @{ sessions = @($Sessions | Select-Object -Property id, user, since) }))
  $said = & $program agent guard --once --json --sessions $file --config $configuration | Out-String
  if (-not $said.Trim().StartsWith('{')) { throw ('mayfly agent guard ended with ' + $LASTEXITCODE + ' and names no sessions') }
  foreach ($end in @((ConvertFrom-Json -InputObject $said).ends)) { $end.id }
}

function Stop-Session {
  $sessions = @(Get-Session)
  if ($sessions.Count -eq 0) { return }
  $failed = @()
  $ids = @($sessions | Where-Object { $_.seconds -gt $Mayfly.LifetimeSeconds } | ForEach-Object { $_.id })
  try { $ids += @(Get-Named $sessions) } catch { $failed += $_.Exception.Message }
  # The guard may take half a minute, and RRAS gives addresses to others: a session that is shorter than before is another.
  $now = @(Get-Session)
  $same = @($sessions | Where-Object { $one = $_; $now | Where-Object { $_.id -eq $one.id -and $_.user -eq $one.user -and $_.seconds -ge $one.seconds } })
  foreach ($id in @($ids | Where-Object { $_ -and $same.id -contains $_ } | Sort-Object -Unique)) {
    # One that cannot be ended keeps no other.
    try { Disconnect-VpnUser -HostIPAddress $id } catch { $failed += $id + ': ' + $_.Exception.Message }
  }
  $failed
}

$failed = @()
for ($round = 1; $round -le $Rounds; $round++) {
  $failed += @(Stop-Session)
  if ($round -lt $Rounds) { Start-Sleep -Seconds $Seconds }
}
if ($failed.Count -gt 0) { throw ('Cannot end sessions: ' + ((@($failed) | Sort-Object -Unique) -join '; ')) }
`
