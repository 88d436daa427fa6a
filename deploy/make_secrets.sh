#!/usr/bin/env bash
# Makes the passwords and tokens that compose.yaml hands to its containers as files, each once. The folder is yours alone; the files
# in it are readable, because the containers' users are others than you.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p secrets
chmod 700 secrets
for account in admin reader writer migrator; do
  file=secrets/${account}_password
  [ -s "$file" ] || head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$file"
  chmod 444 "$file"
done
if [ ! -s secrets/tokens ]; then
  token=chimera_$(head -c 32 /dev/urandom | base64 -w 0 | tr '+/' '-_' | tr -d '=')
  (umask 077 && printf '%s\n' "$token" >secrets/agent_token)
  printf 'agent %s read,write\n' "$(printf %s "$token" | sha256sum | cut -d ' ' -f 1)" >secrets/tokens
  chmod 444 secrets/tokens
fi
