# After `azd provision`: writes the deployment file of the CLI. It holds addresses and no secret.
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
New-Item -ItemType Directory -Force .mayfly | Out-Null
# What there was stays until there is a whole one.
$deployment = azd env get-value deployment
if (-not $deployment) { throw 'azd told no deployment.' }
$draft = '.mayfly/azure.json.draft'
$deployment | Out-File -Encoding utf8NoBOM $draft
Move-Item -Force $draft .mayfly/azure.json
