#!/bin/sh
# Lets the enrolling app read the devices of the directory and, with --intune, what Intune knows of them: nothing else, and
# nothing in writing. Who runs it has to be signed in to the Azure CLI as a Privileged Role Administrator.
#   sh infra/graph/grant.sh PRINCIPAL_ID [--intune]
set -eu
usage() {
  echo 'sh infra/graph/grant.sh PRINCIPAL_ID [--intune]' >&2
  exit 2
}
[ $# -ge 1 ] && [ $# -le 2 ] && [ "${2:---intune}" = --intune ] || usage
principal=$1
case $principal in *[!0-9a-f-]* | '') usage ;; esac
permissions='Device.Read.All'
[ $# -eq 1 ] || permissions="$permissions DeviceManagementManagedDevices.Read.All"

graph="$(az cloud show --query endpoints.microsoftGraphResourceId --output tsv)"
graph="${graph%/}/v1.0/servicePrincipals"
# Microsoft Graph itself, by the application id that it has in every directory.
resource_url="$graph(appId='00000003-0000-0000-c000-000000000000')"
resource="$(az rest --method get --url "$resource_url" --query id --output tsv)"
[ -n "$resource" ] || { echo 'Microsoft Graph is not in this directory.' >&2; exit 1; }

for permission in $permissions; do
  role="$(az rest --method get --url "$resource_url" --output tsv \
    --query "appRoles[?value=='$permission' && contains(allowedMemberTypes, 'Application')].id | [0]")"
  [ -n "$role" ] || { echo "Microsoft Graph has no permission $permission." >&2; exit 1; }
  granted="$(az rest --method get --url "$graph/$principal/appRoleAssignments" --output tsv \
    --query "value[?appRoleId=='$role' && resourceId=='$resource'].id | [0]")"
  if [ -n "$granted" ]; then
    echo "$permission: granted already"
    continue
  fi
  az rest --method post --url "$graph/$principal/appRoleAssignments" --output none \
    --headers 'content-type=application/json' \
    --body "{\"principalId\":\"$principal\",\"resourceId\":\"$resource\",\"appRoleId\":\"$role\"}"
  echo "$permission: granted"
done
