#!/bin/sh
# Lint the OpenAPI and AsyncAPI documents with redocly and spectral; a warning is a failure. Prints "not checked" where they cannot be had.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
not_checked() { echo "OpenAPI: no verificado / not checked ($1)"; exit 0; }
command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 || not_checked "node, npm"
tools=$here/node_modules/.bin
if [ ! -x "$tools/redocly" ] || [ ! -x "$tools/spectral" ] || [ "$here/package-lock.json" -nt "$here/node_modules" ]; then
    (cd "$here" && timeout 120 npm ci --ignore-scripts --no-audit --no-fund --silent) || not_checked "npm ci"
    touch "$here/node_modules"
fi
cd "$here/../.."
"$tools/redocly" lint --config "$here/redocly.yaml" --max-problems 20 services/*/openapi.json docs/openapi.json >"$here/node_modules/redocly.txt" 2>&1 \
    && ! grep -qE '[0-9] warning' "$here/node_modules/redocly.txt" || { cat "$here/node_modules/redocly.txt"; exit 1; }
# Everything of the directory's document stands in the merged one; a second look at HSDS would cost half a minute.
"$tools/spectral" lint -r "$here/spectral.yaml" --fail-severity=warn --quiet docs/openapi.json \
    services/intake/openapi.json services/notifier/openapi.json services/referral-router/openapi.json
"$tools/spectral" lint -r "$here/asyncapi.yaml" --fail-severity=warn --quiet docs/asyncapi-agencies.json
echo "OpenAPI, AsyncAPI: redocly, spectral: 0 errores, 0 advertencias / 0 errors, 0 warnings"
