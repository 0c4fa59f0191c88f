from __future__ import annotations

import re

import httpx
import pytest
import structlog

from unavez_shared.web.conditional import is_known

OF_THE_MOMENT = {"date", "x-request-id"}


def _headers(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in OF_THE_MOMENT}


@pytest.mark.parametrize(
    "path",
    ["/v1/plain", "/v1/open", "/v1/stream", "/v1/export", "/openapi.json", "/docs", "/health/live", "/health/ready"],
)
async def test_head_of_a_public_read_is_its_get_without_the_body(client: httpx.AsyncClient, path: str) -> None:
    got, head = await client.get(path), await client.head(path)
    assert (got.status_code, head.status_code, head.content) == (200, 200, b"")
    assert _headers(head) == _headers(got)


async def test_head_of_anything_else_is_405_before_any_token_is_read(
    client: httpx.AsyncClient, frontline: dict[str, str]
) -> None:
    for path, allowed in (("/v1/failures/other", "GET"), ("/v1/notes", "POST"), (f"/v1/notes/{'0' * 32}", "PATCH")):
        for headers in (frontline, {}):
            answer = await client.head(path, headers=headers)
            assert (answer.status_code, answer.headers["allow"], answer.content) == (405, allowed, b"")
    assert (await client.head("/v1/nobody")).status_code == 404


async def test_a_method_a_path_does_not_take_is_told_all_it_takes(client: httpx.AsyncClient) -> None:
    for method in ("DELETE", "OPTIONS", "PUT"):
        answer = await client.request(method, "/v1/plain")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")


async def test_a_public_read_has_a_tag_of_its_bytes_and_is_304_to_who_has_them(client: httpx.AsyncClient) -> None:
    first, again, other = [await client.get(f"/v1/plain?title={title}") for title in ("a", "a", "b")]
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "no-cache"
    assert tag == again.headers["etag"] != other.headers["etag"]
    for method in ("GET", "HEAD"):
        held = await client.request(method, "/v1/plain?title=a", headers={"If-None-Match": f'"x", W/{tag}'})
        assert (held.status_code, held.content, held.headers["etag"]) == (304, b"", tag)
        assert held.headers["cache-control"] == "no-cache"
        assert "content-type" not in held.headers
        assert "content-length" not in held.headers
    assert (await client.get("/v1/plain?title=b", headers={"If-None-Match": tag})).status_code == 200


async def test_what_is_no_whole_public_answer_has_no_tag(client: httpx.AsyncClient, frontline: dict[str, str]) -> None:
    asked = {"If-None-Match": "*"}
    for answer in (
        await client.get("/v1/stream", headers=asked),
        await client.get("/health/live", headers=asked),
        await client.post("/v1/plain", headers=asked),
        await client.post("/v1/notes", json={"title": "a"}, headers=frontline | asked),
    ):
        assert answer.status_code in {200, 201}
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers


def test_a_tag_is_known_alone_in_a_list_or_by_a_star() -> None:
    assert is_known('"a"', ['"a"'])
    assert is_known('"a"', ['"b", W/"a"'])
    assert is_known('"a"', ["*"])
    assert not is_known('"a"', ['"b"', "a"])
    assert not is_known('"a"', [])


async def test_every_answer_has_a_random_request_id_that_the_access_log_knows(
    client: httpx.AsyncClient, frontline: dict[str, str]
) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    sent = frontline | {"X-Request-Id": "f" * 32, "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    seen = set()
    with structlog.testing.capture_logs() as logs:
        for path in ("/v1/plain", "/v1/notes/no-id", "/nobody", "/v1/failures/other"):
            answer = await client.get(path, headers=sent)
            seen.add(answer.headers["x-request-id"])
        outside = await client.get("http://unavez/nobody", headers=sent)
    assert {line["request_id"] for line in logs if line["event"] == "request"} == seen
    assert {line["request_id"] for line in logs if line["event"] == "request_failed"} < seen
    seen.add(outside.headers["x-request-id"])
    assert len(seen) == 5
    assert all(re.fullmatch("[0-9a-f]{32}", request_id) for request_id in seen)
    assert not seen & {trace, "f" * 32}
