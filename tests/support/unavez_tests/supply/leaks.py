"""Is there a secret in a file that is, or would be, committed? detect-secrets looks; nothing is sent anywhere.

`bc-detect-secrets` is the fork that is still released. It finds bare base64 keys, which is what ours look like: a
key-encryption key, a webhook secret, an issuer's private key. What it is wrong about stands in `.secrets.baseline`, by
hash, each entry looked at by a person (`is_secret: false`); line numbers may drift.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import transient_settings

BASELINE: Final = ".secrets.baseline"
_ADVICE: Final = """\
Si es un secreto: retírelo, cámbielo y bórrelo de la historia. Si no lo es: CONTRIBUTING.md, «Secrets».
If it is one: remove it, change it, and take it out of the history. If it is not: CONTRIBUTING.md, "Secrets"."""


@dataclass(frozen=True, slots=True, order=True)
class Leak:
    """Where something looks like a secret; never what."""

    path: str
    line: int
    kind: str


def check_secrets(root: Path, say: Callable[[str], None]) -> bool:
    """Tell where a secret seems to stand; False when one does that nobody has looked at."""
    paths = committed(root)
    leaks = find_leaks(root, paths)
    for leak in leaks:
        say(f"{leak.path}:{leak.line}: {leak.kind}")
    if leaks:
        say(_ADVICE)
    say(
        f"Secretos: {len(leaks)} hallazgos en {len(paths)} archivos / "
        f"secrets: {len(leaks)} findings in {len(paths)} files"
    )
    return not leaks


def find_leaks(root: Path, paths: list[str]) -> list[Leak]:
    """Return what looks like a secret in these files and is not in the baseline as looked at.

    Raises:
        FileNotFoundError: there is no baseline, so nothing says what to look for.

    """
    baseline: dict[str, Any] = json.loads((root / BASELINE).read_text(encoding="utf-8"))
    reviewed = {
        (path, each["hashed_secret"])
        for path, entries in baseline["results"].items()
        for each in entries
        if each.get("is_secret") is False
    }
    with transient_settings({name: baseline[name] for name in ("plugins_used", "filters_used")}):
        found = SecretsCollection(root=str(root))
        found.scan_files(*paths, num_processors=os.cpu_count() or 1)
    return sorted(
        Leak(path, secret.line_number, secret.type)
        for path, secret in found
        if (path, secret.secret_hash) not in reviewed
    )


def committed(root: Path) -> list[str]:
    """Return the files git tracks, and those `git add` would take, but for links and the baseline.

    Raises:
        subprocess.CalledProcessError: this is no working copy of git.

    """
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.split("\0")
    files = (path for path in dict.fromkeys(listed) if path and path != BASELINE)
    return sorted(path for path in files if (root / path).is_file() and not (root / path).is_symlink())
