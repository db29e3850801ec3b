#!/bin/sh
# After `azd provision`: writes the deployment file of the CLI. It holds addresses and no secret.
set -eu
umask 077
mkdir -p .mayfly
# What there was stays until there is a whole one.
draft=.mayfly/azure.json.draft
trap 'rm -f "$draft"' EXIT
azd env get-value deployment >"$draft"
[ -s "$draft" ] || { echo 'azd told no deployment.' >&2; exit 1; }
mv -f "$draft" .mayfly/azure.json
