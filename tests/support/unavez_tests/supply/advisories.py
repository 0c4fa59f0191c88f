"""Are there published advisories for anything in uv.lock, development tools included? `uv audit` asks OSV.

OSV learns names and versions of public packages. An accepted advisory stands in pyproject.toml, under
`[tool.uv.audit] ignore`, with its reason beside it.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from unavez_tests.supply.tools import UV, UV_ENVIRONMENT

OSV: Final = "https://api.osv.dev/"
_PATIENCE: Final = 20
"""Seconds, for everything; the service has a quarter of it for each answer."""
_VULNERABLE: Final = 1
"""Exit code of `uv audit`."""
_QUARANTINED: Final = "quarantined"
"""Taken from sale by the registry itself, mostly for malware (PEP 792)."""


def check_advisories(
    root: Path, say: Callable[[str], None], *, service: str = OSV, patience: float = _PATIENCE
) -> bool:
    """Tell what is known against the locked packages; False when something is.

    A service that does not answer, or not with an answer, is `not checked`, and no failure: who works offline must be
    able to commit. Whatever else stops the audit (a broken lock, another uv) is a failure.
    """
    command = [UV, "audit", "--frozen", "--no-progress", "--preview-features", "audit-command,json-output"]
    environment = {
        **os.environ,
        **UV_ENVIRONMENT,
        "UV_HTTP_RETRIES": "0",
        "UV_HTTP_TIMEOUT": str(max(1, int(patience / 4))),
    }
    try:
        done = subprocess.run(
            [*command, "--output-format", "json", "--service-url", service],
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _not_checked(say)
    if done.returncode in {0, _VULNERABLE}:
        return _judge(json.loads(done.stdout), say)
    # A request failed; its address may be that of a private mirror, so it is not shown. uv breaks lines at the
    # terminal's width.
    if "for url (" in " ".join(done.stderr.split()):
        return _not_checked(say)
    say(f"Dependencias / dependencies: uv audit falló / failed\n{done.stderr.strip()}")
    return False


def _not_checked(say: Callable[[str], None]) -> bool:
    say(
        "Dependencias: no comprobadas (la fuente de avisos no responde) / "
        "dependencies: not checked (the advisory source does not answer)"
    )
    return True


def _judge(report: dict[str, Any], say: Callable[[str], None]) -> bool:
    found = report["vulnerabilities"]
    withdrawn = report["adverse_statuses"]
    for each in found:
        names = ", ".join(dict.fromkeys([each["id"], *each["aliases"]]))
        fixed = ", ".join(each["fix_versions"]) or "ninguna todavía / none yet"
        say(
            f"{each['dependency']['name']} {each['dependency']['version']}: {names}\n"
            f"  corregido en / fixed in: {fixed}\n"
            f"  {each['link'] or each['summary'] or ''}".rstrip()
        )
    for each in withdrawn:
        say(f"{each['name']}: {each['status']} ({each['reason'] or 'sin motivo / no reason'})")
    say(
        f"Dependencias: {report['summary']['audited_packages']} comprobadas, {len(found)} avisos / "
        f"dependencies: {report['summary']['audited_packages']} checked, {len(found)} advisories"
    )
    return not found and all(each["status"] != _QUARANTINED for each in withdrawn)
