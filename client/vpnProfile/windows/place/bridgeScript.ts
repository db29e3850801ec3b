/** The profiles that the MDM bridge of Windows holds: made, read and removed one by one, by their names. */
const bridge = String.raw`
$namespace = 'root\cimv2\mdm\dmmap'

function Format-Fault {
  param($Fault)
  $cause = $Fault.Exception
  while ($null -ne $cause.InnerException) { $cause = $cause.InnerException }
  '{0} (0x{1:X8})' -f $cause.Message.Trim().TrimEnd('.'), $cause.HResult
}

# The bridge takes XML within XML. Who escapes < and > alone loses every ampersand.
function ConvertTo-Escaped {
  param([string]$Text)
  $Text.Replace('&', '&amp;').Replace('<', '&lt;').Replace('>', '&gt;').Replace('"', '&quot;')
}

# What it tells again is escaped in some versions of Windows, and not in others.
function ConvertFrom-Escaped {
  param([string]$Text)
  if (-not $Text.TrimStart().StartsWith('&lt;', [StringComparison]::Ordinal)) { return $Text }
  $Text.Replace('&lt;', '<').Replace('&gt;', '>').Replace('&quot;', '"').Replace('&apos;', [string][char]39).Replace('&amp;', '&')
}

function New-BridgeInstance {
  param([string]$Name, [string]$Xml)
  $property = @{ ParentID = './Vendor/MSFT/VPNv2'; InstanceID = [Uri]::EscapeDataString($Name) }
  if ($Xml) { $property.ProfileXML = ConvertTo-Escaped $Xml }
  New-CimInstance -ClientOnly -Namespace $namespace -ClassName 'MDM_VPNv2_01' -Property $property -Key 'ParentID', 'InstanceID'
}

# With a SID, what is done is done for that user; else for all users of the machine.
function Invoke-Bridge {
  param([string]$Method, $Instance)
  if (-not $sid) { return $session.$Method($namespace, $Instance) }
  $options = New-Object Microsoft.Management.Infrastructure.Options.CimOperationOptions
  $options.SetCustomOption('PolicyPlatformContext_PrincipalContext_Type', 'PolicyPlatform_UserContext', $false)
  $options.SetCustomOption('PolicyPlatformContext_PrincipalContext_Id', $sid, $false)
  $session.$Method($namespace, $Instance, $options)
}

# Nothing where the bridge does not know the profile: which fault it answers then is not documented.
function Read-Bridge {
  param([string]$Name)
  try { $found = Invoke-Bridge 'GetInstance' (New-BridgeInstance $Name) } catch { return }
  if ($null -ne $found -and $found.ProfileXML) { ConvertFrom-Escaped $found.ProfileXML }
}

function Add-Bridge {
  param([string]$Name, [string]$Xml)
  $null = Invoke-Bridge 'CreateInstance' (New-BridgeInstance $Name $Xml)
}

# One that was made in another way the bridge cannot remove.
function Remove-Installed {
  param([string]$Name)
  if (Read-Bridge $Name) { $null = Invoke-Bridge 'DeleteInstance' (New-BridgeInstance $Name) }
  elseif ($sid) { throw 'it was not made over the MDM bridge: its user has to remove it' }
  else { Remove-VpnConnection -Name $Name -AllUserConnection -Force }
  if (Test-Installed $Name) { throw 'Windows still has it' }
}
`

/** What of a profile has to come back from Windows as it went in; the rest Windows tells in its own words. */
const facts = String.raw`
function Read-Xml {
  param([string]$Xml)
  if ($Xml -match '<!DOCTYPE') { throw 'its XML declares a type of its own' }
  $root = ([xml]$Xml).DocumentElement
  if ($root.LocalName -cne 'VPNProfile') { throw 'its XML is no VPNProfile' }
  $root
}

function Get-NodeText {
  param($Root, [string]$Path)
  # Namespaces of EAP differ from element to element.
  $steps = $Path.Split('/') | ForEach-Object { '*[local-name()="' + $_ + '"]' }
  foreach ($node in $Root.SelectNodes('descendant::' + ($steps -join '/'))) { $node.InnerText.Trim() }
}

function Get-RouteFact {
  param($Root)
  foreach ($route in $Root.SelectNodes('*[local-name()="Route"]')) {
    $address = [Net.IPAddress]::Parse([string](Get-NodeText $route 'Address')).ToString()
    $kind = if ((Get-NodeText $route 'ExclusionRoute') -eq 'true') { 'exclusion' } else { 'route' }
    '{0} {1}/{2}' -f $kind, $address, [int](Get-NodeText $route 'PrefixSize')
  }
}

function Get-Fact {
  param([string]$Xml)
  $root = Read-Xml $Xml
  $found = @(Get-RouteFact $root)
  foreach ($flag in 'AlwaysOn', 'DeviceTunnel', 'RegisterDNS') { $found += '{0} {1}' -f $flag, ((Get-NodeText $root $flag) -eq 'true') }
  $server = ([string](@(Get-NodeText $root 'NativeProfile/Servers')[0])).Split([char[]]';,')[0]
  $found += 'server ' + $server.Trim().ToLowerInvariant()
  foreach ($rule in $root.SelectNodes('*[local-name()="DomainNameInformation"]')) {
    $found += 'name {0} {1}' -f (Get-NodeText $rule 'DomainName'), (Get-NodeText $rule 'DnsServers')
  }
  $found += 'filters {0}' -f $root.SelectNodes('*[local-name()="TrafficFilter"]').Count
  $paths = 'DnsSuffix', 'TrustedNetworkDetection', 'NativeProfile/RoutingPolicyType', 'UserMethod', 'MachineMethod', 'EapMethod/Type', 'ServerNames', 'TrustedRootCA', 'IssuerHash', 'EKUOID'
  foreach ($path in $paths) { foreach ($text in @(Get-NodeText $root $path)) { if ($text) { $found += $path + ' ' + $text } } }
  $plain = @($found | ForEach-Object { ($_ -replace '(?<=[0-9a-f]{2}) (?=[0-9a-f]{2}\b)|(?<=,) +', '').ToLowerInvariant() })
  $sorted = [string[]]@($plain | Select-Object -Unique)
  [Array]::Sort($sorted, [StringComparer]::Ordinal)
  $sorted
}

# What one of two profiles has and the other has not; nothing where they are the same.
function Get-FactDifference {
  param([string]$Wanted, [string]$Found)
  if (-not $Found) { return 'all of it' }
  $one = @(Get-Fact $Wanted)
  $other = @(Get-Fact $Found)
  @($one | Where-Object { $other -cnotcontains $_ }) + @($other | Where-Object { $one -cnotcontains $_ })
}

function Assert-Same {
  param([string]$Name, [string]$Wanted)
  $differs = @(Get-FactDifference $Wanted (Read-Bridge $Name))
  if ($differs.Count -gt 0) { throw ('Windows made something else of it: ' + ($differs -join '; ')) }
}
`

/** Functions for profiles on the bridge. They read $session, and $sid of the user, which is empty where a profile is for all. */
export const bridgeScript = bridge + facts
