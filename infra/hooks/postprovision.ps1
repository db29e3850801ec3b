# After `azd provision`: writes the deployment file of the CLI. It holds addresses and no secret.
$ErrorActionPreference = 'Stop'
New-Item -ItemType Directory -Force .mayfly | Out-Null
azd env get-value deployment | Out-File -Encoding utf8NoBOM .mayfly/azure.json
