# Lets the enrolling app read the devices of the directory and, with -Intune, what Intune knows of them: nothing else, and
# nothing in writing. Who runs it has to be signed in to the Azure CLI as a Privileged Role Administrator.
#   infra/graph/grant.ps1 PRINCIPAL_ID [-Intune]
param(
  [Parameter(Mandatory)][ValidatePattern('^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')][string]$PrincipalId,
  [switch]$Intune
)
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
$permissions = @('Device.Read.All')
if ($Intune) { $permissions += 'DeviceManagementManagedDevices.Read.All' }

$origin = (az cloud show --query endpoints.microsoftGraphResourceId --output tsv).TrimEnd('/')
$graph = "$origin/v1.0/servicePrincipals"
# Microsoft Graph itself, by the application id that it has in every directory.
$resourceUrl = "$graph(appId='00000003-0000-0000-c000-000000000000')"
$resource = az rest --method get --url $resourceUrl --query id --output tsv
if (-not $resource) { throw 'Microsoft Graph is not in this directory.' }

foreach ($permission in $permissions) {
  $role = az rest --method get --url $resourceUrl --output tsv `
    --query "appRoles[?value=='$permission' && contains(allowedMemberTypes, 'Application')].id | [0]"
  if (-not $role) { throw "Microsoft Graph has no permission $permission." }
  $granted = az rest --method get --url "$graph/$PrincipalId/appRoleAssignments" --output tsv `
    --query "value[?appRoleId=='$role' && resourceId=='$resource'].id | [0]"
  if ($granted) {
    "${permission}: granted already"
    continue
  }
  # In a file: what is quoted on the command line reaches az differently on Windows.
  $body = New-TemporaryFile
  try {
    @{ principalId = $PrincipalId; resourceId = $resource; appRoleId = $role } | ConvertTo-Json -Compress |
      Out-File -Encoding utf8NoBOM $body
    az rest --method post --url "$graph/$PrincipalId/appRoleAssignments" --output none `
      --headers 'content-type=application/json' --body "@$body"
  } finally {
    Remove-Item $body
  }
  "${permission}: granted"
}
