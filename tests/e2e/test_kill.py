"""kill -9 in the middle of the five cases: nothing is lost, nothing stands twice in a feed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from unavez_local.data_directory import DataDirectory
from unavez_local.postgres import EmbeddedPostgres
from unavez_shared.contracts.actor import Role
from unavez_shared.testing.ports import free_port
from unavez_tests.world import World, frontline_body, start_one_process

VIGNETTES = json.loads((Path(__file__).parents[1] / "data" / "vignettes.json").read_text(encoding="utf-8"))["vignettes"]
ROUNDS = 2
"""Each of the five cases is posted this often; the kill falls into the middle."""


class Product:
    """One process on a data directory, killed and started again by test after test."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "up.log"
        self.data_dir, self._port = folder / "data", free_port()
        self.world = start_one_process(self.data_dir, self._port)

    def start_again(self) -> None:
        self.world.processes.clear()
        self.world = start_one_process(self.data_dir, self._port)

    def kill(self, victim: str) -> None:
        postgres = EmbeddedPostgres(self.data_dir).pid()
        assert postgres is not None
        if victim in {"process", "both"}:
            self.world.processes[0].kill()
            self.world.processes[0].wait(10)
        if victim in {"postgres", "both"}:
            os.kill(postgres, signal.SIGKILL)


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    running = Product(tmp_path_factory.mktemp("killed"))
    yield running
    assert running.world.stop() == [0]
    assert EmbeddedPostgres(running.data_dir).pid() is None, "a clean stop stops PostgreSQL too"


def test_a_second_process_on_the_same_data_directory_is_refused(product: Product) -> None:
    with pytest.raises(AssertionError, match="ended while starting"):
        start_one_process(product.data_dir, free_port())
    assert "Otro proceso" in product.log.read_text(encoding="utf-8", errors="replace")
    assert product.world.get("/intake/health/ready").status_code == 200


@pytest.mark.parametrize("victim", ["process", pytest.param("postgres", marks=pytest.mark.long), "both"])
def test_kill_in_the_middle_of_the_five_cases_loses_and_repeats_nothing(product: Product, victim: str) -> None:
    posts = _Posts(product.world)
    posts.post_until(killed_after=len(posts.bodies) // 2, kill=lambda: product.kill(victim))
    if victim != "postgres":
        product.start_again()
        posts.world = product.world
    product.world.wait_until_ready()
    posts.post_the_rest_again()
    feeds = posts.assert_every_plan_is_complete()
    for organization_id, referral_ids in feeds.items():
        _assert_feed_is_whole(product.world, organization_id, referral_ids)


class _Posts:
    """A frontline app that repeats a post it got no answer to, as the contract lets it."""

    def __init__(self, world: World) -> None:
        self.world = world
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self.frontline = world.headers(Role.FRONTLINE, uuid4(), "worker-1")
        self.bodies = [
            (vignette, frontline_body(vignette, str(uuid4()), now)) for _ in range(ROUNDS) for vignette in VIGNETTES
        ]
        self.answers: list[dict[str, Any] | None] = [None] * len(self.bodies)

    def post_until(self, *, killed_after: int, kill: Any) -> None:
        killer: threading.Thread | None = None
        for index, (_, body) in enumerate(self.bodies):
            if index == killed_after:
                killer = threading.Thread(target=kill)
                killer.start()
            try:
                answer = self.world.post("/intake/v1/intakes", self.frontline, body)
            except httpx.TransportError:
                continue
            if answer.status_code == 201:
                self.answers[index] = answer.json()
        assert killer is not None
        killer.join()

    def post_the_rest_again(self) -> None:
        for index, (_, body) in enumerate(self.bodies):
            answer = self.world.post("/intake/v1/intakes", self.frontline, body)
            known = self.answers[index]
            if known is None:
                assert answer.status_code in {200, 201}, answer.text
                self.answers[index] = answer.json()
            else:
                assert (answer.status_code, answer.json()) == (200, known), "what was answered 201 is still there"

    def assert_every_plan_is_complete(self) -> dict[str, list[str]]:
        feeds: dict[str, list[str]] = {}
        for (vignette, _), answer in zip(self.bodies, self.answers, strict=True):
            assert answer is not None
            response = self.world.get(f"/router/v1/cases/{answer['case_id']}/plan?wait=20", self.frontline)
            assert response.status_code == 200, response.text
            rows = response.json()["referrals"]
            assert Counter((row["service_type"], row["jurisdiction"]) for row in rows) == Counter(
                (row["service"], row["jurisdiction"]) for row in vignette["expected_referrals"]
            )
            for row in rows:
                if row["referral_status"] == "requested":
                    feeds.setdefault(row["candidates"][0]["organization_id"], []).append(row["referral_id"])
        return feeds


def _assert_feed_is_whole(world: World, organization_id: str, referral_ids: list[str]) -> None:
    agency = world.headers(Role.AGENCY, organization_id)
    waited = 0
    while True:
        page = world.get("/notifier/v1/events?after=0&limit=500", agency).json()
        offered = Counter(e["subject"] for e in page["events"] if e["type"] == "pe.unavez.referral.offered.v1")
        if set(referral_ids) <= set(offered) or waited > 10:
            break
        waited += 1
        world.get(f"/notifier/v1/events?after={page['next']}&wait=2", agency)
    assert page["positions"] == list(range(1, len(page["positions"]) + 1))
    assert {referral_id: offered[referral_id] for referral_id in referral_ids} == dict.fromkeys(referral_ids, 1)
    assert len({event["id"] for event in page["events"]}) == len(page["events"])


def test_a_demo_directory_never_becomes_real(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    DataDirectory.open_or_create(data_dir, real=False)
    result = subprocess.run(
        [sys.executable, "-m", "unavez_local", "up", "--real", "--port", str(free_port()), "--data-dir", str(data_dir)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 2
    assert "demo" in result.stderr
