#!/bin/sh
# After `azd deploy`: tells what to do next.
set -eu
serviceUrl=$(azd env get-value serviceUrl)
cat <<STEPS

Mayfly is deployed: $serviceUrl

It answers, and it issues nothing yet. Next, signed in as the administrator whom the roles were given to
(a new role takes up to ten minutes to work):

  npx --no mayfly doctor --deployment .mayfly/azure.json
  npx --no mayfly tenant apply -f docs/tenant.example.json --deployment .mayfly/azure.json
  npx --no mayfly authority init --tenant fabrikam --deployment .mayfly/azure.json
  npx --no mayfly authority status --tenant fabrikam --deployment .mayfly/azure.json

Write your own tenant before you apply one: docs/deploy.md tells how, and goes on to the first certificate.
STEPS
