#!/bin/sh
# Puts the project's own uv into .tools/ and the locked dependencies into .venv/, when they are missing or stale.
# Prints what it does to stderr; sets UV to the program. Sourced by ./unavez and called by the Makefile.
set -eu

UV_VERSION=0.13.9
ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")" && while [ ! -f uv.lock ] && [ "$PWD" != / ]; do cd ..; done; pwd)

say() { printf '%s\n' "$*" >&2; }

pick_python() {
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null 2>&1 && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            command -v "$name"
            return
        fi
    done
    say 'Unavez necesita Python 3.11 o posterior / needs Python 3.11 or later.'
    exit 2
}

install_uv() {
    python=$(pick_python)
    say "Instalando uv $UV_VERSION en .tools/ (solo la primera vez) / installing uv, once…"
    rm -rf "$ROOT/.tools"
    if "$python" -m venv "$ROOT/.tools" >/dev/null 2>&1; then
        "$ROOT/.tools/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION" >&2
    else # Debian without python3-venv
        rm -rf "$ROOT/.tools"
        "$python" -m pip install --quiet --disable-pip-version-check --target "$ROOT/.tools" "uv==$UV_VERSION" >&2
    fi
}

UV="$ROOT/.tools/bin/uv"
if [ ! -x "$UV" ] || [ "$("$UV" --version 2>/dev/null | cut -d' ' -f2)" != "$UV_VERSION" ]; then
    install_uv
fi

# The machine's own certificates too: many institutions sit behind a proxy with its own authority.
export UV_PYTHON_PREFERENCE=only-system UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=1
stamp="$ROOT/.venv/.unavez-synced"
wanted=$(cat "$ROOT/uv.lock" "$ROOT/pyproject.toml" "$ROOT"/services/*/pyproject.toml "$ROOT/shared/pyproject.toml" \
    "$ROOT/deploy/local/pyproject.toml" | cksum)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
    say 'Instalando las dependencias fijadas en uv.lock / installing the locked dependencies…'
    (cd "$ROOT" && "$UV" sync --quiet --frozen --all-packages --python "$(pick_python)")
    printf '%s' "$wanted" >"$stamp"
fi
