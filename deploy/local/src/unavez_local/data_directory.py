"""The directory one installation lives in: born `demo` or `real`, locked by one process, its keys beside or apart.

A demo keeps its keys inside, for convenience. A real one never does (SAFETY N15): whoever carries the directory away,
or a backup of it, carries no key. They stand in the user's configuration directory unless `UNAVEZ_KEK_FILE`,
`UNAVEZ_SEALING_KEYS_DIR` and `UNAVEZ_AUDIT_KEY_FILE` say otherwise.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from unavez_shared.contracts.errors import StartupError

_MARKER = "installation.json"


@dataclass(frozen=True, slots=True)
class KeyPaths:
    """Where the secrets of one installation are."""

    kek_file: Path
    """The key-encryption key."""
    sealing_dir: Path
    audit_key_file: Path
    issuer_file: Path
    """Private key of the local token issuer."""
    jwks_file: Path
    """Its public half."""


@dataclass(frozen=True, slots=True)
class DataElsewhere:
    """An installation whose databases stand on a server and whose directory is not on this machine."""

    demo: bool

    @staticmethod
    def keys() -> KeyPaths:
        """Return where the environment says the secrets are; a command needs only those it opens."""
        return _key_paths(_configuration_home() / "unavez")


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """An installation's place on disk."""

    path: Path
    demo: bool
    installation_id: str

    @staticmethod
    def exists(path: Path) -> bool:
        """Tell whether an installation lives at `path`."""
        return (path / _MARKER).exists()

    @classmethod
    def open(cls, path: Path) -> DataDirectory:
        """Read an existing one. Raises StartupError when there is none at `path`."""
        marker = path / _MARKER
        if not marker.exists():
            raise StartupError(
                f"No hay una instalación en {path}: arránquela con `unavez up --data-dir {path}` / "
                "no installation there: start it with `unavez up`."
            )
        born = json.loads(marker.read_text(encoding="utf-8"))
        return cls(path=path, demo=born["kind"] == "demo", installation_id=born["installation_id"])

    @classmethod
    def open_or_create(cls, path: Path, *, real: bool) -> DataDirectory:
        """Read it, or give birth to it as `demo` or `real`; it stays what it was born (SAFETY N18).

        Raises StartupError when `real` is asked of a directory born demo.
        """
        path = path.absolute()
        if cls.exists(path):
            existing = cls.open(path)
            if real and existing.demo:
                raise StartupError(
                    f"{path} nació como demostración y nunca será real: use otro directorio / born demo, "
                    "never real: use another directory."
                )
            return existing
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        born = {
            "kind": "real" if real else "demo",
            "installation_id": secrets.token_hex(8),
            "born_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        draft = path / f"{_MARKER}.new"
        draft.write_text(json.dumps(born) + "\n", encoding="utf-8")
        draft.replace(path / _MARKER)
        return cls.open(path)

    def key_paths(self) -> KeyPaths:
        """Return where the secrets are or belong, without looking whether they may be there."""
        return _key_paths(self._key_home())

    def keys(self) -> KeyPaths:
        """Return `key_paths` and make their folder. Raises StartupError for a real key below the data directory."""
        paths = self.key_paths()
        if not self.demo:
            for name, path in (("UNAVEZ_KEK_FILE", paths.kek_file), ("issuer", paths.issuer_file)):
                if path.resolve().is_relative_to(self.path.resolve()):
                    raise StartupError(
                        f"{name}: la llave no puede estar dentro de los datos reales ({self.path}) / "
                        "a key must not lie below a real data directory."
                    )
        self._key_home().mkdir(mode=0o700, parents=True, exist_ok=True)
        return paths

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory for this process. Raises StartupError when another one has it."""
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StartupError(
                    f"Otro proceso usa {self.path} / another process uses this data directory: stop it first."
                ) from None
            yield
        finally:
            os.close(descriptor)

    def is_locked(self) -> bool:
        """Tell whether a process holds the directory: `unavez up` runs on it. Changes nothing."""
        try:
            descriptor = os.open(self.path / "lock", os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def _key_home(self) -> Path:
        return self.path / "keys" if self.demo else _configuration_home() / "unavez" / self.installation_id


def _key_paths(home: Path) -> KeyPaths:
    return KeyPaths(
        kek_file=_from_environment("UNAVEZ_KEK_FILE", home / "kek.json"),
        sealing_dir=_from_environment("UNAVEZ_SEALING_KEYS_DIR", home / "events"),
        audit_key_file=_from_environment("UNAVEZ_AUDIT_KEY_FILE", home / "audit.key"),
        issuer_file=home / "issuer.json",
        jwks_file=home / "jwks.json",
    )


def _configuration_home() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def _from_environment(name: str, default: Path) -> Path:
    value = os.environ.get(name)
    return Path(value) if value else default
