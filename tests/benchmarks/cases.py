"""The load: the five synthetic cases of the protocol in turn, each a client record and a document of its own."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from unavez_tests.world import frontline_body

VIGNETTES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data" / "vignettes.json").read_text(encoding="utf-8")
)["vignettes"]
KINDS = [vignette["id"] for vignette in VIGNETTES]

_RECORD, _NUMBER = "00000000-0000-4000-8000-000000000000", "99990001"


class Cases:
    """Bodies made from templates: making them costs the load generator next to nothing."""

    def __init__(self) -> None:
        captured_at = (datetime.now(UTC) - timedelta(minutes=1)).isoformat(timespec="seconds")
        self._templates = {kind: _template(vignette, kind, captured_at) for kind, vignette in _by_kind()}
        self._number = itertools.count(10_000_000)

    def body(self, kind: str) -> bytes:
        """Return one more intake of this kind."""
        before, between, after = self._templates[kind]
        return b"".join((before, str(uuid4()).encode(), between, str(next(self._number)).encode(), after))

    def mixed(self, count: int) -> Iterator[bytes]:
        """Return so many intakes, the kinds in turn."""
        for kind in itertools.islice(itertools.cycle(KINDS), count):
            yield self.body(kind)


def preview_body(kind: str) -> bytes:
    """Return what the frontline app asks before it posts a case of this kind."""
    vignette = dict(_by_kind())[kind]
    return orjson.dumps(
        {
            "facts": vignette["facts"],
            "places": vignette["places"],
            "consent_all_proposed": True,
            "duty_notice": {"told_at": datetime.now(UTC).isoformat(), "language": "spa", "reaction": "agreed"},
        }
    )


def _by_kind() -> list[tuple[str, dict[str, Any]]]:
    return [(vignette["id"], vignette) for vignette in VIGNETTES]


def _template(vignette: dict[str, Any], kind: str, captured_at: str) -> tuple[bytes, bytes, bytes]:
    body = frontline_body(vignette, _RECORD, captured_at) | {"interviewer_code": kind}
    before, _, rest = orjson.dumps(body).partition(_RECORD.encode())
    between, _, after = rest.partition(_NUMBER.encode())
    return before, between, after
