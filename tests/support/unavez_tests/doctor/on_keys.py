"""Faults of key files, of the issuer, and of what else stands on this machine."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from unavez_shared.contracts.services import Service
from unavez_shared.doctor import surroundings
from unavez_shared.doctor.target import Target
from unavez_shared.testing.ports import free_port
from unavez_tests.doctor.planting import Planted, bound, file, planted, settings
from unavez_tests.doctor.stage import Stage

GONE = "gone"


def _kek(stage: Stage) -> Path:
    return stage.data.keys().kek_file


def _audit(stage: Stage) -> Path:
    return stage.data.keys().audit_key_file


def _sealing(stage: Stage) -> Path:
    return stage.data.keys().sealing_dir / "sealing" / "case.json"


def _signing(stage: Stage) -> Path:
    return stage.data.keys().sealing_dir / "signing" / f"{Service.INTAKE.value}.private.jwk"


def _issuer(stage: Stage) -> Path:
    return stage.data.keys().issuer_file


def _jwks(stage: Stage) -> Path:
    return stage.data.keys().jwks_file


def _no_key(_: bytes) -> bytes:
    return b"{}"


def _other_kek(before: bytes) -> bytes:
    return orjson.dumps(orjson.loads(before) | {"key": "ab" * 32})


def _of_day(days: int) -> Callable[[bytes], bytes]:
    day = (datetime.now(UTC).date() + timedelta(days=days)).isoformat()
    return lambda before: orjson.dumps(orjson.loads(before) | {"day": day})


def _other_key_set(before: bytes) -> bytes:
    other = orjson.loads(before)
    other["keys"][0]["x"] = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"  # the public key of RFC 8037's example
    return orjson.dumps(other)


def _below_the_data(field: str, source: Callable[[Stage], Path]) -> Any:
    @asynccontextmanager
    async def plant(stage: Stage) -> AsyncIterator[Target]:
        inside = stage.data.path / source(stage).name
        inside.write_bytes(source(stage).read_bytes())
        inside.chmod(0o600)
        try:
            moved: Any = {field: inside}
            yield replace(stage.target, **moved)
        finally:
            inside.unlink()

    return plant


@asynccontextmanager
async def _old_key_while_running(stage: Stage) -> AsyncIterator[Target]:
    async with file(_sealing, content=_of_day(-20))(stage) as examined:
        yield replace(examined, is_running=True)


@asynccontextmanager
async def _folder_that_cannot_be_written(stage: Stage) -> AsyncIterator[Target]:
    folder = _sealing(stage).parent
    before = os.access
    if os.geteuid() == 0:  # permissions do not bind root; what the kernel says of a read-only mount stands in for them

        def denied(path: Any, mode: int, **options: Any) -> bool:
            return False if Path(path) == folder and mode == os.W_OK else before(path, mode, **options)

        os.access = denied
    folder.chmod(0o500)
    try:
        yield stage.target
    finally:
        folder.chmod(0o700)
        os.access = before


def _oidc(discovery: Callable[[str], Any]) -> Any:
    @asynccontextmanager
    async def plant(stage: Stage) -> AsyncIterator[Target]:
        url = stage.stand_in.url
        stage.stand_in.answers["/.well-known/openid-configuration"] = (200, discovery(url))
        stage.stand_in.answers["/keys"] = (200, {"keys": []})
        try:
            async with settings(oidc_issuer=url)(stage) as examined:
                yield examined
        finally:
            stage.stand_in.answers.clear()

    return plant


@asynccontextmanager
async def _not_ready(stage: Stage) -> AsyncIterator[Target]:
    stage.stand_in.answers["/router/health/ready"] = (503, {"status": "not_ready", "failing": ["bus"]})
    try:
        yield stage.target
    finally:
        stage.stand_in.answers.clear()


@asynccontextmanager
async def _no_answer(stage: Stage) -> AsyncIterator[Target]:
    gone = {Service.NOTIFIER: f"http://127.0.0.1:{free_port()}/notifier"}
    yield replace(stage.target, service_urls={**stage.target.service_urls, **gone})


FAULTS: tuple[Planted, ...] = (
    planted("kek_file", "missing", plant=file(_kek, content=GONE)),
    planted("kek_file", "unreadable", plant=file(_kek, content=_no_key)),
    planted("kek_file", "open_to_others", plant=file(_kek, mode=0o640)),
    planted("kek_file", "below_data", plant=_below_the_data("kek_file", _kek)),
    planted("kek_file", "below_data", plant=_below_the_data("issuer_file", _issuer)),
    planted("kek_opens", "does_not_open", plant=file(_kek, content=_other_kek)),
    planted("sealing_keys", "missing", plant=file(_sealing, content=GONE)),
    planted("sealing_keys", "unreadable", plant=file(_sealing, content=_no_key)),
    planted("sealing_keys", "open_to_others", plant=file(_sealing, mode=0o644)),
    planted("sealing_keys", "not_dying", plant=_old_key_while_running),
    planted("sealing_keys", "dies_at_start", plant=file(_sealing, content=_of_day(-20))),
    planted("sealing_keys", "of_the_future", plant=file(_sealing, content=_of_day(2))),
    planted("sealing_keys", "folder_not_writable", plant=_folder_that_cannot_be_written),
    planted("signing_keys", "missing", plant=file(_signing, content=GONE)),
    planted("signing_keys", "open_to_others", plant=file(_signing, mode=0o604)),
    planted("audit_key", "missing", plant=file(_audit, content=GONE)),
    planted("audit_key", "unreadable", plant=file(_audit, content=_no_key)),
    planted("audit_key", "open_to_others", plant=file(_audit, mode=0o660)),
    planted("issuer", "issuer_away", plant=settings(oidc_issuer=f"http://127.0.0.1:{free_port()}")),
    planted("issuer", "issuer_away", plant=_oidc(lambda _: {"issuer": "https://another.example"})),
    planted("issuer", "issuer_not_safe", plant=settings(oidc_issuer="http://issuer.example")),
    planted("issuer", "issuer_without_keys", plant=_oidc(lambda url: {"issuer": url, "jwks_uri": f"{url}/keys"})),
    planted("issuer", "no_issuer", plant=settings(jwks_file=None)),
    planted("issuer", "key_set_missing", plant=file(_jwks, content=GONE)),
    planted("issuer", "issuer_key_missing", plant=file(_issuer, content=GONE)),
    planted("issuer", "key_set_differs", plant=file(_jwks, content=_other_key_set)),
    planted("issuer", "issuer_key_open_to_others", plant=file(_issuer, mode=0o644)),
    planted("services_ready", "not_ready", plant=_not_ready),
    planted("services_ready", "no_answer", plant=_no_answer),
    planted("test_clock", "test_clock_in_real", plant=settings(test_clock=Path("offset"))),
    planted("disk", "full", plant=bound(surroundings, "LEAST_FREE_BYTES", 1 << 62)),
    planted("disk", "filling", plant=bound(surroundings, "LITTLE_FREE_BYTES", 1 << 62)),
)
