"""The one version number: of every package, the HTTP and event documents, `--version` and the changelog."""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

VERSION: Final = version("unavez-shared")
"""As `pyproject.toml` has it; all packages carry the same one. What it promises: docs/versions.md."""
