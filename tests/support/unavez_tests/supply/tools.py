"""The project's own uv, called so that it neither downloads a Python nor trusts other certificates than we do."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[4]
UV: Final = str(ROOT / ".tools" / "bin" / "uv")
UV_ENVIRONMENT: Final = {"UV_PYTHON_DOWNLOADS": "never", "UV_SYSTEM_CERTS": "1"}
