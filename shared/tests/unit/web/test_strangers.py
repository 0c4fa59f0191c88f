from __future__ import annotations

import httpx
import pytest

from unavez_shared.settings import ServiceSettings
from unavez_shared.web import strangers

BURST = 5
PAUSE = 0.05


@pytest.fixture
def settings(settings: ServiceSettings) -> ServiceSettings:
    return settings.model_copy(update={"anonymous_rate_limit": BURST // 5})


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strangers, "PAUSE_SECONDS", PAUSE)


async def exhausted(client: httpx.AsyncClient, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    """Ask until the answer is another one than at first; return that."""
    first = await client.get(path, headers=headers)
    for _ in range(BURST + 1):
        answer = await client.get(path, headers=headers)
        if answer.status_code != first.status_code:
            return answer
    pytest.fail("the bucket has no bottom")


async def test_everybody_without_a_token_has_a_hundred_requests_a_second_by_default() -> None:
    assert ServiceSettings.model_fields["anonymous_rate_limit"].default == 100


async def test_strangers_share_a_bucket_over_all_paths_and_are_told_when_to_come_back_after_a_pause(
    client: httpx.AsyncClient,
) -> None:
    answer = await exhausted(client, "/v1/open")
    assert answer.status_code == 429
    assert answer.json()["type"] == "urn:unavez:problem:rate_limited"
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.elapsed.total_seconds() >= PAUSE
    for path in ("/v1/notes", "/no/such/path", "/openapi.json", "/docs"):
        assert (await client.get(path)).status_code == 429


async def test_a_token_that_is_none_is_a_strangers(client: httpx.AsyncClient) -> None:
    answer = await exhausted(client, "/v1/failures/x", {"Authorization": "Bearer x.y.z"})
    assert answer.status_code == 429


async def test_who_shows_a_token_is_served_while_strangers_are_refused(
    client: httpx.AsyncClient, frontline: dict[str, str]
) -> None:
    await exhausted(client, "/v1/open")
    for _ in range(2 * BURST):
        assert (await client.get("/v1/open", headers=frontline)).status_code == 200


async def test_nobody_outside_makes_a_service_look_ill(client: httpx.AsyncClient) -> None:
    await exhausted(client, "/v1/open")
    for path in ("/health/live", "/health/ready"):
        answers = [await client.get(path) for _ in range(2 * BURST)]
        assert {answer.status_code for answer in answers} == {200}
        assert answers[-1].elapsed.total_seconds() >= PAUSE  # past their own bucket they are late, not wrong


async def test_the_log_counts_who_was_refused_and_does_not_grow_with_them(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await exhausted(client, "/v1/open")
    for _ in range(20):
        await client.get("/v1/open")
    lines = [line for line in "".join(capsys.readouterr()).splitlines() if "strangers_refused" in line]
    assert len(lines) == 1
