"""The bill of materials of the product: every locked package it runs with, development tools left out.

What and which version comes from uv.lock; the licences from the installed packages' metadata. It follows from both, so
it is written to `dist/` at each check and not committed: nothing to go stale, nothing to merge. The addresses and
hashes of the fifteen hundred files uv may choose from stay in uv.lock: checking each address would take two minutes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

from unavez_tests.supply.licences import objections
from unavez_tests.supply.tools import UV, UV_ENVIRONMENT

BILL: Final = Path("dist") / "unavez.cdx.json"


def check_bill(root: Path, say: Callable[[str], None]) -> bool:
    """Write the bill; False when it is not valid, or a licence does not fit."""
    bill = make_bill(root)
    written = root / BILL
    written.parent.mkdir(exist_ok=True)
    written.write_text(json.dumps(bill, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    wrong = [*faults(bill), *objections(bill)]
    for each in wrong:
        say(each)
    say(
        f"Componentes: {len(bill['components'])}, en {BILL}; {len(wrong)} objeciones / "
        f"components: {len(bill['components'])}, in {BILL}; {len(wrong)} objections"
    )
    return not wrong


def make_bill(root: Path) -> dict[str, Any]:
    """Return the product's CycloneDX 1.5 document.

    Raises:
        subprocess.CalledProcessError: the lock or the installed packages cannot be read.

    """
    locked = [UV, "export", "--frozen", "--no-dev", "--quiet", "--format", "cyclonedx1.5"]
    installed = [
        sys.executable,
        "-m",
        "cyclonedx_py",
        "environment",
        "--spec-version",
        "1.5",
        "--no-validate",
        sys.prefix,
    ]
    bill = _json_of(locked, root)
    licences = {
        canonicalize_name(component["name"]): component.get("licenses", [])
        for component in _json_of(installed, root)["components"]
    }
    for component in bill["components"]:
        component.pop("externalReferences", None)
        if known := licences.get(canonicalize_name(component["name"])):
            component["licenses"] = known
    return bill


def faults(bill: dict[str, Any]) -> list[str]:
    """Return what the schema of CycloneDX says against the document: at most one sentence."""
    found = JsonStrictValidator(SchemaVersion.V1_5).validate_str(json.dumps(bill))
    return [] if found is None else [f"CycloneDX: {found.data.message}"]


def _json_of(command: list[str], root: Path) -> dict[str, Any]:
    environment = {**os.environ, **UV_ENVIRONMENT}
    done = subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
    document: dict[str, Any] = json.loads(done.stdout)
    return document
