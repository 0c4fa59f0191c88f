"""The rules of a pack: read, checked word by word against the vocabularies, compiled."""

from __future__ import annotations

from datetime import date
from typing import Any

from unavez_shared.protocol.conditions import compile_condition
from unavez_shared.protocol.load_conditions import read_condition
from unavez_shared.protocol.load_vocabularies import Vocabularies
from unavez_shared.protocol.model import Basis, Fallback, Hold, Kind, Mode, Rule
from unavez_shared.protocol.source import PackError, PathTo, Source

SUPPRESS = "SUPPRESS:"
INTERNAL = "internal"
JURISDICTIONS = ("current", "exploitation", "origin", "safe_district", "national", "court", INTERNAL)
"""Those the evaluator knows a place for (`jurisdiction.py`); a pack uses some of them."""
CONFIDENCES = ("high", "medium", "low")

_REQUIRED = {
    "id", "kind", "when", "services", "jurisdiction", "basis", "due_hours", "ack_hours", "categories",
    "legal_source", "confidence", "needs_review", "human_confirm", "fallbacks",
}  # fmt: skip
_OPTIONAL = {
    "note", "hold_until", "via", "guards", "unmet_code", "second_confirmer", "replaces", "valid_from", "valid_to",
}  # fmt: skip


def load_rules(source: Source, vocabularies: Vocabularies, jurisdictions: tuple[str, ...]) -> tuple[Rule, ...]:
    """Return the rules in file order; raises PackError naming file, line and rule."""
    if not isinstance(source.value, list):
        raise source.error((), "a list of rules is expected")
    rules: list[Rule] = []
    seen: set[str] = set()
    for index in range(len(source.value)):
        rule = _RuleReader(source, index, vocabularies, jurisdictions).read()
        if rule.id in seen:
            raise source.error((index, "id"), "the id is used twice", rule=rule.id)
        seen.add(rule.id)
        rules.append(rule)
    asked_for = {code for rule in rules if rule.kind is Kind.REFERRAL for code in rule.services}
    for index, rule in enumerate(rules):
        if rule.replaces is not None and rule.replaces not in seen:
            raise source.error((index, "replaces"), f"it replaces an unknown rule {rule.replaces!r}", rule=rule.id)
        if rule.via is not None and rule.via not in asked_for:
            raise source.error((index, "via"), f"no rule asks for {rule.via}", rule=rule.id)
    return tuple(rules)


class _RuleReader:
    """Reads one rule; every refusal carries its id and the line of the value."""

    def __init__(self, source: Source, index: int, vocabularies: Vocabularies, jurisdictions: tuple[str, ...]) -> None:
        self._source = source
        self._path: PathTo = (index,)
        self._vocabularies = vocabularies
        self._jurisdictions = jurisdictions
        self._entry = source.mapping((index,))
        name = self._entry.get("id")
        self._id = name if isinstance(name, str) else None

    def _error(self, key: str | None, message: str) -> PackError:
        path = self._path if key is None else (*self._path, key)
        return self._source.error(path, message, rule=self._id)

    def read(self) -> Rule:
        entry = self._entry
        if self._id is None:
            raise self._error(None, "a rule needs an id")
        if missing := sorted(_REQUIRED - set(entry)):
            raise self._error(None, f"{missing[0]} is missing")
        if unknown := sorted(set(entry) - _REQUIRED - _OPTIONAL):
            raise self._error(unknown[0], f"unknown key {unknown[0]!r}")
        kind = Kind(self._one_of("kind", tuple(Kind)))
        when = read_condition(self._source, (*self._path, "when"), self._vocabularies, rule=self._id)
        return Rule(
            id=self._id,
            kind=kind,
            when=when,
            services=self._services(kind),
            jurisdiction=self._jurisdiction(kind),
            basis=self._basis(kind),
            due_hours=self._hours("due_hours"),
            ack_hours=None if entry["ack_hours"] is None else self._hours("ack_hours"),
            categories=self._categories(),
            legal_source=self._text("legal_source"),
            confidence=self._one_of("confidence", CONFIDENCES),
            needs_review=self._flag("needs_review"),
            human_confirm=self._flag("human_confirm"),
            fallbacks=tuple(self._fallback(value) for value in self._list("fallbacks")),
            note=self._text("note") if "note" in entry else "",
            line=self._source.line(self._path),
            hold_until=self._hold() if "hold_until" in entry else None,
            via=self._service("via", entry["via"]) if "via" in entry else None,
            guards=tuple(self._guard(value) for value in self._list("guards")) if "guards" in entry else (),
            unmet_code=self._one_of("unmet_code", tuple(self._vocabularies.unmet_codes))
            if "unmet_code" in entry
            else None,
            second_confirmer=self._flag("second_confirmer") if "second_confirmer" in entry else False,
            replaces=self._text("replaces") if "replaces" in entry else None,
            valid_from=self._date("valid_from"),
            valid_to=self._date("valid_to"),
            matches=compile_condition(when),
        )

    def _text(self, key: str) -> str:
        value = self._entry[key]
        if not isinstance(value, str) or not value.strip():
            raise self._error(key, f"{key} must be text")
        return value

    def _flag(self, key: str) -> bool:
        value = self._entry[key]
        if not isinstance(value, bool):
            raise self._error(key, f"{key} must be true or false")
        return value

    def _hours(self, key: str) -> int:
        value = self._entry[key]
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self._error(key, f"{key} must be whole hours")
        return value

    def _date(self, key: str) -> date | None:
        value = self._entry.get(key)
        if value is not None and not isinstance(value, date):
            raise self._error(key, f"{key} must be a date")
        return value

    def _list(self, key: str) -> list[Any]:
        value = self._entry[key]
        if not isinstance(value, list):
            raise self._error(key, f"{key} must be a list")
        if any(item in value[:index] for index, item in enumerate(value)):
            raise self._error(key, f"{key} names something twice")
        return value

    def _one_of(self, key: str, allowed: tuple[str, ...]) -> str:
        value = self._entry[key]
        if value not in allowed:
            raise self._error(key, f"unknown {key} {value!r}")
        return str(value)

    def _service(self, key: str, value: object) -> str:
        if not isinstance(value, str) or value not in self._vocabularies.services:
            raise self._error(key, f"unknown service {value!r}")
        return value

    def _services(self, kind: Kind) -> tuple[str, ...]:
        codes = self._list("services")
        if not codes:
            raise self._error("services", "a rule gives something")
        return tuple(self._given(kind, code) for code in codes)

    def _given(self, kind: Kind, code: object) -> str:
        if kind is Kind.REFERRAL:
            return self._service("services", code)
        if kind is Kind.CONSTRAINT and isinstance(code, str) and code.startswith(SUPPRESS):
            self._service("services", code.removeprefix(SUPPRESS))
            return code
        known = self._vocabularies.tasks if kind is Kind.TASK else self._vocabularies.constraints
        if not isinstance(code, str) or code not in known:
            raise self._error("services", f"unknown {kind} code {code!r}")
        return code

    def _jurisdiction(self, kind: Kind) -> str:
        value = self._one_of("jurisdiction", self._jurisdictions)
        if (value == INTERNAL) != (kind is not Kind.REFERRAL):
            raise self._error("jurisdiction", f"jurisdiction {value} does not fit a {kind}")
        return value

    def _basis(self, kind: Kind) -> Basis | None:
        value = self._entry["basis"]
        if kind is not Kind.REFERRAL:
            if value is not None:
                raise self._error("basis", f"a {kind} has no basis")
            return None
        return Basis(self._one_of("basis", tuple(Basis)))

    def _categories(self) -> tuple[str, ...]:
        codes = self._list("categories")
        for code in codes:
            category = self._vocabularies.categories.get(code) if isinstance(code, str) else None
            if category is None:
                raise self._error("categories", f"unknown category {code!r}")
            if category.never or category.by_explicit_consent_only:
                raise self._error("categories", f"{code} may stand in no rule")
        return tuple(codes)

    def _fallback(self, value: object) -> Fallback:
        code, at, mode = value.partition("@") if isinstance(value, str) else ("", "", "")
        if code not in self._vocabularies.services or (at and mode not in (Mode.OTHER_REGION, Mode.REMOTE)):
            raise self._error("fallbacks", f"unknown fallback {value!r}")
        return Fallback(code, Mode(mode) if at else Mode.LOCAL)

    def _guard(self, value: object) -> str:
        spec = self._vocabularies.facts.get(value) if isinstance(value, str) else None
        if spec is None or not spec.guard:
            raise self._error("guards", f"unknown guard fact {value!r}")
        return spec.name

    def _hold(self) -> Hold:
        value = self._entry["hold_until"]
        match value:
            case {"task": task, **rest} if not rest:
                if not isinstance(task, str) or task not in self._vocabularies.tasks:
                    raise self._error("hold_until", f"unknown task code {task!r}")
                return Hold(task=task)
            case {"service": [*services], "state": "accepted", **rest} if services and rest in (
                {},
                {"if_none": "lift"},
            ):
                names = tuple(self._service("hold_until", service) for service in services)
                return Hold(services=names, lift_if_none=bool(rest))
        raise self._error("hold_until", "a hold names one task, or services and the state they must reach")
