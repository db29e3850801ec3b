#!/bin/sh
# After `azd provision`: writes the deployment file of the CLI. It holds addresses and no secret.
set -eu
umask 077
mkdir -p .mayfly
azd env get-value deployment >.mayfly/azure.json
