#!/bin/sh
# Addresses that hold a password reach a service as files. An environment given to the container would show them to
# everybody who may run `docker inspect`; here only the process itself has them.
set -eu
for secret in /run/secrets/UNAVEZ_*; do
    if [ -f "$secret" ]; then
        export "$(basename "$secret")=$(cat "$secret")"
    fi
done
exec "$@"
