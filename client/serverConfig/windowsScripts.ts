/** Has the server be what it is held to. */
const setServer = String.raw`# Has this server be what it is held to. -WhatIf tells what it would do. It restarts services, never the machine.
[CmdletBinding(SupportsShouldProcess = $true)]
param()
. (Join-Path $PSScriptRoot 'Items.ps1')
Repair-Server -Cmdlet $PSCmdlet -Find { Get-StoreDifference; Get-FollowingDifference; Get-ServerDifference; Get-DueDifference }
`

/** Tells what differs. */
const testServer = String.raw`# Tells what of this server differs from what it is held to, and changes nothing. Ends with 3 where something does.
param([switch]$Json)
. (Join-Path $PSScriptRoot 'Items.ps1')
$found = @(Get-StoreDifference; Get-FollowingDifference; Get-ServerDifference; Get-DueDifference)
if ($Json) {
  $faults = @($found | ForEach-Object { @{ finding = $_.Finding; why = $_.Why; remedy = $_.Remedy } })
  $octets = [Text.Encoding]::UTF8.GetBytes((ConvertTo-Json -Compress -Depth 3 -InputObject @{ faults = $faults }))
  [Convert]::ToBase64String($octets)
  exit 0
}
foreach ($one in $found) { Format-Difference $one 'problem' }
if ($found.Count -gt 0) { exit 3 }
'This server is as it should be for the bundle that is installed.'
`

/** The hook of the agent. */
const updateTrust = String.raw`# Has this server trust what the bundle holds, and nothing that left it. The agent runs it when the bundle changed; what fails
# here is not reported as adopted.
[CmdletBinding(SupportsShouldProcess = $true)]
param()
. (Join-Path $PSScriptRoot 'Items.ps1')
Repair-Server -Cmdlet $PSCmdlet -Find { Get-StoreDifference; Get-FollowingDifference; Get-DueDifference }
if ($leftCount -gt 0) { throw 'What is left to people keeps this server from the bundle.' }
`

/** The scripts that people and the agent run, by name: all of them read Items.ps1. */
export const windowsScripts = {
  'Set-Server.ps1': setServer,
  'Test-Server.ps1': testServer,
  'Update-Trust.ps1': updateTrust,
} as const
