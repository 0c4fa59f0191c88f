from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
import pytest
from pydantic import Field, ValidationError
from pydantic_core import PydanticSerializationError

from unavez_shared.privacy.masked import Masked, PersonalModel, reveal_dict, reveal_json

NAME = "Sintética Inventada"


class Person(PersonalModel):
    name: Masked[str]
    birth_date: Masked[date] | None = None
    aliases: list[Masked[str]] = Field(default_factory=list)


@dataclass
class Holder:
    name: Masked[str]


@pytest.mark.parametrize(
    "shown",
    [
        repr,
        str,
        lambda masked: f"{masked}",
        lambda masked: f"{masked!r:>40}",
        lambda masked: "%s %r" % (masked, masked),  # noqa: UP031  (the old way leaks as easily)
        lambda masked: repr([masked, {"name": masked}]),
        lambda masked: repr(Holder(masked)),
        lambda masked: repr(Person(name=masked)) + str(Person(name=masked)),
        lambda masked: repr(Person(name=masked).model_dump()),
        lambda masked: logging.LogRecord("x", 20, "x", 1, "%s", (masked,), None).getMessage(),
        lambda masked: "".join(traceback.format_exception(ValueError(masked))),
        lambda masked: json.dumps({"name": masked}, default=repr),
        lambda masked: repr(copy.deepcopy(Holder(masked))),
    ],
)
def test_a_masked_value_never_shows_in_text(shown: Callable[[Any], str]) -> None:
    text = shown(Masked(NAME))

    assert "Sint" not in text
    assert "Masked" in text


@pytest.mark.parametrize("serialised", [json.dumps, orjson.dumps, pickle.dumps])
def test_a_masked_value_is_not_serialised_by_accident(serialised: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError) as refused:
        serialised(Masked(NAME))
    assert NAME not in str(refused.value)


@pytest.mark.parametrize("dump", [Person.model_dump_json, lambda person: person.model_dump(mode="json")])
def test_a_model_is_serialised_only_on_explicit_reveal(dump: Callable[[Person], object]) -> None:
    person = Person.model_validate_json('{"name": "Sintética Inventada", "birth_date": "2009-02-01", "aliases": ["A"]}')

    with pytest.raises(PydanticSerializationError) as refused:
        dump(person)
    assert "Sint" not in str(refused.value)
    assert Person.model_validate_json(reveal_json(person)) == person
    assert reveal_dict(person) == {"name": NAME, "birth_date": "2009-02-01", "aliases": ["A"]}


def test_a_forged_context_reveals_nothing() -> None:
    with pytest.raises(PydanticSerializationError):
        Person(name=Masked(NAME)).model_dump_json(context={"masked": True})


def test_the_inner_type_is_validated_without_quoting_the_input() -> None:
    with pytest.raises(ValidationError) as refused:
        Person.model_validate({"name": NAME, "birth_date": "Secreto"})

    assert "Secreto" not in str(refused.value)
    assert Person.model_validate({"name": NAME, "birth_date": "2009-02-01"}).birth_date == Masked(date(2009, 2, 1))


def test_masked_values_compare_and_hash_by_value() -> None:
    assert Masked("a") == Masked("a")
    assert Masked("a") != Masked("b")
    assert Masked("a") != "a"
    assert len({Masked("a"), Masked("a"), Masked("b")}) == 2
    assert Masked(NAME).reveal() == NAME


def test_the_schema_of_a_masked_field_is_the_one_of_its_type() -> None:
    assert Person.model_json_schema()["properties"]["name"]["type"] == "string"
