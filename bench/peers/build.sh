#!/usr/bin/env bash
# Makes the peers of `npm run bench:http` on Debian: bench/peers/build.sh FOLDER puts step-ca-http there; cfssl is a package.
# As a user who may install packages. Nothing is written into the checkout.
set -euo pipefail
folder=$(realpath -m "${1:?Usage: bench/peers/build.sh FOLDER}")
cd "$(dirname "$0")"

apt-get install --yes --no-install-recommends golang-cfssl golang-github-smallstep-certificates-dev
command -v go >/dev/null || apt-get install --yes --no-install-recommends golang-go gcc libc6-dev
mkdir -p "$folder"
GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE="${GOCACHE:-$folder/cache}" go build -o "$folder/step-ca-http" stepCa.go
echo "PATH=\"\$PATH:$folder\" npm run bench:http"
