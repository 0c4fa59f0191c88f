"""Key files: written once, complete, for their owner only; read with an error that says what to do."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from unavez_shared.contracts.errors import StartupError


def make_private_directory(path: Path) -> None:
    """Create a directory (and its parents) for its owner only; leave an existing one as it is."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_once(path: Path, content: dict[str, Any]) -> bool:
    """Write a key file with mode 0600 unless it exists; tell whether it was written. Never overwrites."""
    if path.exists():
        return False
    temporary = _temporary(path, content)
    try:
        os.link(temporary, path)  # unlike a rename, a link never replaces what another process wrote meanwhile
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    _sync_directory(path.parent)
    return True


def replace(path: Path, content: dict[str, Any]) -> None:
    """Replace a key file in one step: a crash leaves the old or the new one, never half. Raises `OSError`."""
    temporary = _temporary(path, content)
    try:
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_directory(path.parent)


def read(path: Path) -> dict[str, Any]:
    """Read a key file. Raises `StartupError` that names the file, never its content."""
    try:
        content = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        raise StartupError(f"no existe el archivo de clave {path} / key file missing: {path}") from None
    except (OSError, orjson.JSONDecodeError):
        raise StartupError(f"no se puede leer {path} / key file cannot be read: {path}") from None
    if not isinstance(content, dict):
        raise StartupError(f"no es un archivo de clave: {path} / not a key file: {path}")
    return content


def key_bytes(path: Path, content: dict[str, Any]) -> bytes:
    """Return the 32 bytes a key file holds in hexadecimal under `key`. Raises `StartupError`."""
    try:
        key = bytes.fromhex(content["key"])
    except (KeyError, TypeError, ValueError):
        key = b""
    if len(key) != 32:  # noqa: PLR2004  (256 bits)
        raise StartupError(f"la clave de {path} no es válida / {path} does not hold a 256-bit key")
    return key


def _temporary(path: Path, content: dict[str, Any]) -> Path:
    descriptor, name = tempfile.mkstemp(prefix=".", dir=path.parent)  # mode 0600
    with os.fdopen(descriptor, "wb") as file:
        file.write(orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE))
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
