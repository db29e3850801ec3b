#!/bin/sh
# After `azd deploy`: tells what to do next.
set -eu
cat <<STEPS

Mayfly is deployed: $(azd env get-value serviceUrl)

It answers, and it issues nothing yet. Next, signed in as the administrator whom the roles were given to
(a new role takes up to ten minutes to work):

  npx --no mayfly doctor --deployment .mayfly/azure.json
  npx --no mayfly tenant apply -f docs/tenant.example.json --deployment .mayfly/azure.json
  npx --no mayfly authority init --tenant contoso --deployment .mayfly/azure.json
  npx --no mayfly authority status --tenant contoso --deployment .mayfly/azure.json

Write your own tenant before you apply one: docs/deploy.md tells how, and goes on to the first certificate.
STEPS
