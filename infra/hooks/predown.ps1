# Before `azd down`: locks keep vaults and tables, and Azure keeps deleted vaults.
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
$group = azd env get-value AZURE_RESOURCE_GROUP
Write-Output @"

Locks keep the vaults and the tables. To take them off, with everything that the ledger and the keys mean to you saved:

  az lock list --resource-group $group --query "[?name=='keep'].id" --output tsv | ForEach-Object { az lock delete --ids `$_ }

Deleted vaults stay recoverable for 90 days and cannot be purged; their names are taken until then. Do not pass --purge.
"@
