from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field
from starlette.requests import Request

from unavez_shared.contracts.errors import Fault, InvalidInputError
from unavez_shared.web.body import BODY_LIMIT, parse_json, read_query, receive_json
from unavez_shared.web.errors import BodyTooLargeError, UnsupportedMediaError
from unavez_shared.web.problems import problem_of
from unavez_shared.web.schema import IsoDate, RequestModel, ShortText, UtcDatetime, UtcDayOrMoment
from unavez_shared.web.vocabulary_codes import LanguageCode, PlaceCode, ServiceTypeCode


class Colour(StrEnum):
    RED = "red"


class Line(RequestModel):
    text: ShortText | None = None
    count: int | None = None


class Body(RequestModel):
    id: UUID | None = None
    at: UtcDatetime | None = None
    on: IsoDate | None = None
    colour: Colour | None = None
    lines: list[Line] = Field(default_factory=list)
    place: str | list[str] | None = None
    amount: Annotated[float, Field(ge=0)] | ShortText | None = None
    facts: dict[str, Any] = Field(default_factory=dict)
    counts: dict[str, int] = Field(default_factory=dict)


class Closed(RequestModel):
    colour: Colour
    service: ServiceTypeCode
    language: LanguageCode
    district: PlaceCode


class Demanding(RequestModel):
    needed: int


class Query(RequestModel):
    wait: float = 0
    limit: int = 10
    status: str | None = None


def faults(raw: bytes) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInputError) as refused:
        parse_json(raw, Body)
    return [(fault.pointer, fault.code) for fault in refused.value.faults]


def test_body_is_read_with_its_types() -> None:
    body = parse_json(
        b'{"id": "00000000-0000-4000-8000-000000000001", "at": "2026-01-01T00:00:00-05:00", "on": "2009-02-01",'
        b' "colour": "red", "facts": {"age": 15, "list": [1.5, null]}}',
        Body,
    )
    assert body.at == datetime(2026, 1, 1, 5, tzinfo=UTC)
    assert body.on == date(2009, 2, 1)
    assert body.colour is Colour.RED
    assert body.facts == {"age": 15, "list": [1.5, None]}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b" ", [("", "malformed_json")]),
        (b'{"on": ', [("", "malformed_json")]),
        (b"\xff", [("", "malformed_json")]),
        (b"[" * 5000 + b"]" * 5000, [("", "malformed_json")]),
        (b'{"facts": {"a": ' + b"[" * 300 + b"]" * 300 + b"}}", [("", "malformed_json")]),
        (b'{"facts": {"a": NaN}}', [("", "malformed_json")]),
        (b'{"facts": {"a": 1e400}}', [("", "malformed_json")]),
        (b'{"facts": {"a": ' + b"9" * 5000 + b"}}", [("", "malformed_json")]),
        (b'{"place": "\\ud800"}', [("", "malformed_json")]),
        (b'{"on": null, "on": "2026-01-01"}', [("", "duplicate_key")]),
        (b'{"lines": [{}, {"text": "a", "te\\u0078t": "a"}]}', [("", "duplicate_key")]),
        (b"[]", [("", "wrong_type")]),
        (b'{"unknown": 1}', [("", "unknown_field")]),
        (b'{"lines": [{}, {"unknown": 1}]}', [("/lines/1", "unknown_field")]),
        (b'{"lines": [{"count": 1.5}]}', [("/lines/0/count", "wrong_type")]),
        (b'{"lines": [{"count": true}]}', [("/lines/0/count", "wrong_type")]),
        (b'{"counts": {"her name": "x"}}', [("/counts", "wrong_type")]),
        (b'{"counts": {"text": "x"}}', [("/counts/text", "wrong_type")]),
        (b'{"colour": "blue"}', [("/colour", "unknown_code")]),
        (b'{"id": "x"}', [("/id", "invalid_uuid")]),
        (b'{"on": "2026-02-30"}', [("/on", "invalid_date")]),
        (b'{"on": "1700000000"}', [("/on", "invalid_date")]),
        (b'{"at": 1700000000}', [("/at", "invalid_date")]),
        (b'{"at": "1700000000"}', [("/at", "invalid_date")]),
        (b'{"at": "2026-01-01T00:00:00"}', [("/at", "offset_required")]),
        (b'{"at": "0001-01-01T00:00:00+14:00"}', [("/at", "invalid_date")]),
        (b'{"place": 5}', [("/place", "wrong_type")]),
        (b'{"place": ["a", 5]}', [("/place/1", "wrong_type")]),
        (b'{"amount": -1}', [("/amount", "out_of_range")]),
        (b'{"amount": true}', [("/amount", "wrong_type")]),
        (b'{"amount": "%s"}' % (b"x" * 201), [("/amount", "too_long")]),
        (b'{"counts": {"her name": "x", "text": "x"}}', [("/counts", "wrong_type"), ("/counts/text", "wrong_type")]),
        (b'{"place": "a\\u0000"}', [("/place", "invalid_text")]),
        (b'{"facts": {"her name": "a\\u0000"}}', [("/facts", "invalid_text")]),
        (b'{"facts": {"her name\\u0000": 1}}', [("/facts", "invalid_text")]),
    ],
)
def test_bad_input_has_pointer_and_code(raw: bytes, expected: list[tuple[str, str]]) -> None:
    assert faults(raw) == expected


def test_an_unknown_name_is_told_at_its_parent_with_the_name_it_was_meant_for() -> None:
    assert hints(b'{"coluor": 1}') == [("", "unknown_field", "colour")]
    assert hints(b'{"lines": [{}, {"txt": "a"}]}') == [("/lines/1", "unknown_field", "text")]
    # Names of another place, or none two edits away, are not proposed.
    assert hints(b'{"txt": "a"}') == [("", "unknown_field", None)]
    assert hints(b'{"lnes": 1, "plac": 2}') == [("", "unknown_field", "lines"), ("", "unknown_field", "place")]


def hints(raw: bytes) -> list[tuple[str, str, str | None]]:
    with pytest.raises(InvalidInputError) as refused:
        parse_json(raw, Body)
    return [(fault.pointer, fault.code, fault.nearest) for fault in refused.value.faults]


def test_a_value_outside_a_closed_list_comes_with_the_list_and_outside_a_long_one_with_its_route() -> None:
    with pytest.raises(InvalidInputError) as refused:
        parse_json(b'{"colour": "blue", "service": "X", "language": "X", "district": "X"}', Closed)
    shown = json.loads(problem_of(refused.value).body)["errors"]
    assert shown[0] == {"pointer": "/colour", "code": "unknown_code", "allowed": ["red"]}
    assert "PRO-CEM" in shown[1]["allowed"]
    assert shown[2] == {"pointer": "/language", "code": "unknown_code", "vocabulary": "/intake/v1/vocabularies"}
    assert shown[3] == {"pointer": "/district", "code": "unknown_place"}


def test_everything_that_is_wrong_is_one_answer() -> None:
    def beside(data: Any) -> list[Fault]:
        return [Fault("/facts", "unknown_field", nearest="age"), Fault("/on", "invalid_date")] if data["facts"] else []

    raw = b'{"facts": {"aeg": 1}, "place": "a\\u0000", "on": "x", "colour": "blue"}'
    with pytest.raises(InvalidInputError) as refused:
        parse_json(raw, Body, beside)
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [
        ("/place", "invalid_text"),
        ("/on", "invalid_date"),
        ("/colour", "unknown_code"),
        ("/facts", "unknown_field"),
    ]
    assert parse_json(b'{"facts": {"aeg": 1}}', Body, beside).facts == {"aeg": 1}


def test_no_body_is_an_empty_object() -> None:
    assert parse_json(b"", Body) == Body()
    with pytest.raises(InvalidInputError) as refused:
        parse_json(b"", Demanding)
    assert refused.value.faults == (Fault("/needed", "required"),)


def test_text_over_its_limit_is_too_long() -> None:
    assert faults(json.dumps({"lines": [{"text": "x" * 201}]}).encode()) == [("/lines/0/text", "too_long")]
    assert faults(json.dumps({"place": "x" * 20_001}).encode())[0] == ("/place", "too_long")


def test_written_escape_of_nul_is_plain_text() -> None:
    assert parse_json(b'{"place": "a\\\\u0000"}', Body).place == "a\\u0000"


def test_long_document_number_is_text_not_a_number_out_of_range() -> None:
    assert parse_json(b'{"place": "' + b"9" * 40 + b'"}', Body).place == "9" * 40
    assert parse_json(b'{"facts": {"n": 9223372036854775807}}', Body).facts == {"n": 2**63 - 1}
    assert faults(b'{"facts": {"n": 9223372036854775808}}') == [("", "malformed_json")]


def test_a_crowd_of_empty_objects_is_refused_before_each_is_complained_about() -> None:
    started = time.perf_counter()
    assert faults(b'{"lines": [' + b"{}," * 340_000 + b"{}]}") == [("", "too_many")]
    assert faults(b'{"lines": [' + b"1," * 500_000 + b"1]}") == [("", "too_many_faults")]
    assert time.perf_counter() - started < 2
    assert len(parse_json(b'{"lines": [' + b'{"text": "a"},' * 9_000 + b"{}]}", Body).lines) == 9_001


secret = st.text(st.characters(codec="utf-8"), min_size=4).map(lambda text: "SECRET" + text)
json_with_secrets = st.recursive(
    secret | st.integers() | st.none() | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            secret | st.sampled_from(["lines", "facts", "counts", "place", "on", "text"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(json_with_secrets)
def test_no_value_and_no_unknown_name_is_ever_echoed(value: Any) -> None:
    raw = json.dumps({"unknown SECRET": 1, "lines": [value], "facts": value, "counts": value}).encode()
    with pytest.raises(InvalidInputError) as refused:
        parse_json(raw, Body)
    assert b"SECRET" not in problem_of(refused.value).body
    assert "SECRET" not in str(refused.value)
    assert refused.value.__context__ is None


def request(query: str) -> Request:
    return Request({"type": "http", "method": "GET", "headers": [], "query_string": query.encode(), "path": "/"})


def test_query_is_read_with_its_types() -> None:
    query = read_query(request("wait=1.5&limit=20&status=a"), Query)
    assert (query.wait, query.limit, query.status) == (1.5, 20, "a")


def test_name_without_a_value_was_not_given() -> None:
    assert read_query(request("wait=&limit=&status="), Query) == read_query(request(""), Query)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limit=ten", [Fault("/limit", "wrong_type")]),
        ("wait=nan", [Fault("/wait", "out_of_range")]),
        ("her_name=1", [Fault("", "unknown_field")]),
        ("status=a&status=b", [Fault("/status", "wrong_type")]),
        ("status=%00", [Fault("/status", "invalid_text")]),
    ],
)
def test_bad_query_has_pointer_and_code(query: str, expected: list[Fault]) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_query(request(query), Query)
    assert list(refused.value.faults) == expected


class Since(RequestModel):
    since: UtcDayOrMoment


def test_a_day_stands_for_its_beginning_and_a_moment_for_itself() -> None:
    assert read_query(request("since=2026-03-01"), Since).since == datetime(2026, 3, 1, tzinfo=UTC)
    assert read_query(request("since=2026-03-01T00:00:00-05:00"), Since).since == datetime(2026, 3, 1, 5, tzinfo=UTC)
    for wrong in ("2026-02-30", "20260301", "1772323200"):
        with pytest.raises(InvalidInputError) as refused:
            read_query(request(f"since={wrong}"), Since)
        assert [fault.code for fault in refused.value.faults] == ["invalid_date"]


def posted(raw: bytes, media_type: str = "application/json") -> Request:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": raw}

    headers = [(b"content-type", media_type.encode()), (b"content-length", str(len(raw)).encode())]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


async def test_a_body_is_received_at_once_and_complained_about_when_it_is_read() -> None:
    assert (await receive_json(posted(b'{"colour": "red"}'), Body))() == Body(colour=Colour.RED)
    for request, error in (
        (posted(b"{"), InvalidInputError),
        (posted(b"<x/>", "text/xml"), UnsupportedMediaError),
        (posted(b" " * (BODY_LIMIT + 1)), BodyTooLargeError),
    ):
        read = await receive_json(request, Body)
        with pytest.raises(error):
            read()
