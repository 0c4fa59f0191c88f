#!/bin/sh
# Generate clients from docs/openapi.json with every generator that can be had, and count what each complains about.
# By hand, not in `make check`: it fetches the generators (npm, PyPI) into a folder of its own and takes some minutes.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$here/../..
document=$root/docs/openapi.json
work=${1:-$(mktemp -d)}
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
mkdir -p "$work/npm"

count() { # name, command…: the exit code, and the lines with a warning or an error
    name=$1; shift
    if "$@" >"$work/$name.log" 2>&1; then code=0; else code=$?; fi
    # openapi-generator says of every 3.1 document that its own support of 3.1 is a beta.
    complaints=$(grep -v 'OpenAPI 3.1 support is still in beta' "$work/$name.log" | grep -cE 'WARN|ERROR|[Ww]arning|[Ee]rror:' || true)
    printf '%-32s exit %s, %s complaints\n' "$name" "$code" "$complaints"
}

if command -v npm >/dev/null 2>&1; then
    npm install --prefix "$work/npm" --no-audit --no-fund --silent \
        @redocly/cli@2.77.0 @hey-api/openapi-ts@0.95.0 openapi-typescript@7.13.0 typescript@5.9.3
    bin=$work/npm/node_modules/.bin
    count hey-api "$bin/openapi-ts" -i "$document" -o "$work/hey-api" -c @hey-api/client-fetch
    count openapi-typescript "$bin/openapi-typescript" "$document" -o "$work/openapi-typescript.d.ts"
    "$bin/redocly" bundle "$document" -o "$work/bundled.json" >"$work/bundle.log" 2>&1
    PATH="$root/.venv/bin:$PATH" count openapi-python-client "$root/.venv/bin/python" -c \
        'from openapi_python_client.cli import app; app()' generate --path "$work/bundled.json" \
        --meta none --overwrite --output-path "$work/python_client"
else
    echo 'hey-api, openapi-typescript, openapi-python-client: no verificado / not checked (npm)'
fi
if command -v java >/dev/null 2>&1; then
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check openapi-generator-cli==7.26.0
    for language in python typescript-fetch php java; do
        count "openapi-generator-$language" "$work/venv/bin/openapi-generator-cli" generate \
            -i "$document" -g "$language" -o "$work/openapi-generator-$language"
    done
else
    echo 'openapi-generator: no verificado / not checked (java)'
fi
