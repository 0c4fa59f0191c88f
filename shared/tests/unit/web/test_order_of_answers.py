from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from unavez_shared.contracts.conflicts import Conflict
from unavez_shared.web.problems import NOT_FOUND_BODY

NOTE = "/v1/notes/00000000-0000-4000-8000-00000000000a"
NO_NOTE = "/v1/notes/00000000-0000-4000-8000-00000000000b"
MALFORMED = b'{"title": '


async def test_collection_answers_401_before_it_reads_a_malformed_body(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/notes", content=MALFORMED)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="unavez"'
    assert answer.json()["type"] == "urn:unavez:problem:unauthenticated"


async def test_collection_answers_403_before_it_reads_a_malformed_body(
    client: httpx.AsyncClient, agency: dict[str, str]
) -> None:
    assert (await client.post("/v1/notes", content=MALFORMED, headers=agency)).status_code == 403


async def test_item_answers_401_then_404_then_403_then_428_412_409_then_422(
    client: httpx.AsyncClient,
    agency: dict[str, str],
    stranger: dict[str, str],
    frontline: dict[str, str],
) -> None:
    async def status(path: str, headers: dict[str, str]) -> int:
        return (await client.patch(path, content=MALFORMED, headers=headers)).status_code

    assert await status(NOTE, {}) == 401
    assert await status(NO_NOTE, agency) == 404
    assert await status(NOTE, stranger) == 404
    assert await status(NOTE, agency) == 403
    assert await status(NOTE, frontline) == 428
    assert await status(NOTE, frontline | {"If-Match": "7"}) == 412
    assert await status(NOTE, frontline | {"If-Match": '"7"'}) == 409
    assert await status(NOTE, frontline | {"If-Match": '"1"'}) == 422


async def test_conflict_says_in_spanish_and_english_what_to_do_next(
    client: httpx.AsyncClient, frontline: dict[str, str]
) -> None:
    answer = await client.patch(NOTE, content=b"{}", headers=frontline | {"If-Match": '"7"'})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:unavez:problem:version_conflict",
        "title": "El estado actual no lo permite",
        "title_en": "The current state does not allow it",
        "status": 409,
        "detail": Conflict.VERSION_CONFLICT.spanish,
        "detail_en": Conflict.VERSION_CONFLICT.english,
    }


async def test_not_there_not_yours_no_such_id_and_no_such_path_are_the_same_bytes(
    client: httpx.AsyncClient, stranger: dict[str, str]
) -> None:
    answers = [
        await client.patch(NOTE, headers=stranger, content=b"{}"),
        await client.patch(NO_NOTE, headers=stranger, content=b"{}"),
        await client.patch("/v1/notes/not-an-id", headers=stranger, content=b"{}"),
        await client.patch("/v1/nothing", headers=stranger, content=b"{}"),
        await client.get("http://unavez/nothing", headers=stranger),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.content for answer in answers} == {NOT_FOUND_BODY}
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}


async def test_id_that_is_no_id_still_needs_a_token(client: httpx.AsyncClient) -> None:
    assert (await client.patch("/v1/notes/not-an-id", content=b"{}")).status_code == 401


async def test_wrong_method_is_405_with_allow(client: httpx.AsyncClient, frontline: dict[str, str]) -> None:
    answer = await client.delete("/v1/notes", headers=frontline)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["type"] == "urn:unavez:problem:method_not_allowed"


async def test_body_of_another_media_type_is_415(client: httpx.AsyncClient, frontline: dict[str, str]) -> None:
    headers = frontline | {"Content-Type": "text/plain"}
    assert (await client.post("/v1/notes", content=b'{"title": "a"}', headers=headers)).status_code == 415


@pytest.mark.parametrize("declared", [True, False])
async def test_body_over_one_mebibyte_is_413_declared_or_streamed(
    client: httpx.AsyncClient, frontline: dict[str, str], declared: bool
) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 1
            yield b" " * 65536

    content: bytes | AsyncIterator[bytes] = b" " * (2 * 1024 * 1024) if declared else chunks()
    answer = await client.post("/v1/notes", content=content, headers=frontline)
    assert answer.status_code == 413
    assert sent < 20
    assert (await client.post("/v1/notes", content=b" " * (2 * 1024 * 1024))).status_code == 401


async def test_rate_limit_counts_by_token_and_says_when_to_come_back(
    client: httpx.AsyncClient, frontline: dict[str, str], agency: dict[str, str]
) -> None:
    served = 0
    while (answer := await client.post("/v1/notes", json={"title": "a"}, headers=frontline)).status_code == 201:
        served += 1
    assert served >= 500  # the burst: five seconds' worth of the fixture's 100 a second
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert (await client.post("/v1/notes", json={"title": "a"}, headers=agency)).status_code == 403
