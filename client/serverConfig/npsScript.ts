/** Of the machine: the registry, where a restart is told and never done. */
const machine = String.raw`
$restartFile = Join-Path $PSScriptRoot 'restart-needed.txt'
$eapKey = 'HKLM:\SYSTEM\CurrentControlSet\Services\RasMan\PPP\EAP\'
$schannelKey = 'HKLM:\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL'

function Set-NoCrlExpected {
  # Written down first: a restart that nobody is told of is one that nobody does.
  Write-Whole -File $restartFile -Text ([DateTime]::UtcNow.ToString('o'))
  foreach ($type in '13', '25') { Write-Value -Key ($eapKey + $type) -Name 'IgnoreNoRevocationCheck' -Value 1 }
}

function Get-RestartDifference {
  if (-not (Test-Path -LiteralPath $restartFile)) { return }
  $set = [DateTime]::Parse([IO.File]::ReadAllText($restartFile), [Globalization.CultureInfo]::InvariantCulture, 'RoundtripKind')
  if ((Get-CimInstance -ClassName Win32_OperatingSystem).LastBootUpTime.ToUniversalTime() -gt $set) { return }
  New-Difference -Finding 'Windows was not restarted since IgnoreNoRevocationCheck was set' -Why 'everybody is refused until then (event 6273, reason 258); to start services anew does not suffice.' -Remedy 'Restart-Computer, at a time that suits you.'
}

function Get-MachineDifference {
  foreach ($type in '13', '25') {
    $key = $eapKey + $type
    if ((Read-Value $key 'IgnoreNoRevocationCheck') -ne 1) {
      New-Difference -Finding ('IgnoreNoRevocationCheck is not 1 for EAP type ' + $type) -Why 'certificates of clients name no CRL: NPS refuses all of them (event 6273, reason 258).' -Fix 'Set-NoCrlExpected' -Does 'set IgnoreNoRevocationCheck, after which Windows has to be restarted'
    }
    if ((Read-Value $key 'NoRevocationCheck') -eq 1) {
      New-Difference -Finding ('NoRevocationCheck is 1 for EAP type ' + $type) -Why 'certificates of every other CA are no longer looked up in its CRL either.' -Remedy 'Set it to 0, unless another CA on this server needs it, and restart Windows.'
    }
  }
  if ((Read-Value $schannelKey 'ServerCacheTime') -ne 0) {
    New-Difference -Finding 'ServerCacheTime is not 0' -Why 'a TLS session is resumed for ten hours, whatever became of the certificate.' -Fix 'Write-Value' -With @{ Key = $schannelKey; Name = 'ServerCacheTime'; Value = 0 } -Does 'set ServerCacheTime to 0: no TLS session of this machine is resumed' -Service 'IAS'
  }
  if ($Mayfly.Sid -and $Mayfly.Sid -ne 'required') {
    New-Difference -Finding 'the tenant does not require the SID in certificates (certificate.sid)' -Why 'domain controllers take no certificate without it since KB5014754, when they enforce that.' -Remedy 'Let the tenant have certificate.sid with mode required, and its tokens the claim onprem_sid.'
  }
}
`

/** Of the network policy: read from the file of NPS, written by netsh, whose attributes have numbers. */
const policy = String.raw`
$eapTls = '0d000000000000000000000000000000'
$sessionSeconds = [Math]::Floor($Mayfly.LifetimeSeconds / 60) * 60

function Get-NpsProfile {
  $document = New-Object Xml.XmlDocument
  $document.Load((Join-Path $env:SystemRoot 'System32\ias\ias.xml'))
  $policy = $document.SelectNodes('//NetworkPolicy/Children/*') | Where-Object { $_.GetAttribute('name') -ceq $Mayfly.NetworkPolicy }
  if ($null -eq $policy) { return }
  $action = $policy.SelectSingleNode('Properties/msNPAction')
  $name = if ($null -eq $action) { $Mayfly.NetworkPolicy } else { $action.InnerText.Trim() }
  $profile = $document.SelectNodes('//RadiusProfiles/Children/*') | Where-Object { $_.GetAttribute('name') -ceq $name }
  $enabled = $policy.SelectSingleNode('Properties/Policy_Enabled')
  @{ IsEnabled = $null -eq $enabled -or $enabled.InnerText.Trim() -eq '1'; Attributes = @($profile.SelectNodes('Properties/*')) }
}

function Get-Attribute {
  param($Attributes, [string]$Name)
  $Attributes | Where-Object { $_.LocalName -eq $Name } | ForEach-Object { $_.InnerText.Trim().ToLowerInvariant() }
}

# Its own name in the file is documented nowhere: it is known by what it holds.
function Get-AllowedOid {
  param($Attributes)
  $name = $Attributes | Where-Object { $Mayfly.MarkerOids -contains $_.InnerText.Trim() } | ForEach-Object { $_.LocalName } | Select-Object -First 1
  if ($name) { Get-Attribute $Attributes $name }
}

function Set-NetworkPolicy {
  $pairs = @('profileid=0x1009', 'profiledata=0x5', 'profileid=0x100a', ('profiledata=' + $eapTls))
  foreach ($oid in $Mayfly.MarkerOids) { $pairs += 'profileid=0x1041', ('profiledata=' + $oid) }
  $pairs += 'profileid=0x1b', ('profiledata=' + $sessionSeconds)
  Invoke-System 'netsh.exe' (@('nps', 'set', 'np', ('name=' + $Mayfly.NetworkPolicy)) + $pairs)
}

function New-PolicyDifference {
  param([string]$Finding, [string]$Why)
  New-Difference -Finding ('the network policy ' + $Finding) -Why $Why -Fix 'Set-NetworkPolicy' -Does ('set the network policy ' + $Mayfly.NetworkPolicy) -Service 'IAS'
}

function Get-PolicyDifference {
  $found = Get-NpsProfile
  if ($null -eq $found -or -not $found.IsEnabled) {
    New-Difference -Finding ('there is no network policy ' + $Mayfly.NetworkPolicy + ', or it is not enabled') -Why 'clients are let in by other policies, or not at all.' -Remedy 'Make it in the console of NPS, with its conditions and the certificate of this server, above the others; or name another with --network-policy.'
    return
  }
  $attributes = $found.Attributes
  if ((@(Get-Attribute $attributes 'msNPAuthenticationType2') -join ' ') -ne '5') {
    New-PolicyDifference 'permits other methods than EAP' 'who has no certificate is let in by a password.'
  }
  if ((@(Get-Attribute $attributes 'msNPAllowedEapType') -join ' ') -ne $eapTls) {
    New-PolicyDifference 'permits other EAP types than a certificate alone' 'PEAP reconnects fast, without a look at the certificate, and other types take a password.'
  }
  $allowed = @(Get-AllowedOid $attributes)
  foreach ($oid in $Mayfly.MarkerOids) {
    if ($allowed -notcontains $oid) {
      New-PolicyDifference ('does not demand the marker ' + $oid + ' (Allowed-Certificate-OID)') 'any client certificate of a CA that this server trusts is let in.'
    }
  }
  $others = @($allowed | Where-Object { $Mayfly.MarkerOids -notcontains $_ })
  if ($others.Count -gt 0) {
    New-PolicyDifference ('takes other markers too: ' + ($others -join ', ')) 'certificates of another CA that writes one of them are let in.'
  }
  $timeout = @(Get-Attribute $attributes 'msRADIUSSessionTimeout')
  if ($timeout.Count -ne 1 -or [int64]$timeout[0] -lt 1 -or [int64]$timeout[0] -gt $Mayfly.LifetimeSeconds) {
    New-PolicyDifference 'has no session limit, or one that is longer than a certificate lives' 'a tunnel outlives its certificate for as long.'
  }
}

function Get-FollowingDifference { }

function Get-ServerDifference { Get-MachineDifference; Get-RestartDifference; Get-PolicyDifference }
`

/** What NPS is held to, beside the stores. */
export const npsScript = [machine, policy].join('')
