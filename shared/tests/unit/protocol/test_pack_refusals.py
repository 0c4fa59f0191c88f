"""A pack that cannot be trusted is refused, and the refusal says where."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from unavez_shared.contracts.errors import StartupError
from unavez_shared.protocol import PackError, load_pack_from
from unavez_shared.protocol.loader import PACKS


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PACKS / "pe", tmp_path / "pe"))


def spoil(pack: Path, file: str, old: str, new: str) -> int:
    """Replace the first `old` and return the line on which it stands."""
    path = pack / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def refusal(pack: Path) -> PackError:
    with pytest.raises(PackError) as caught:
        load_pack_from(pack)
    assert isinstance(caught.value, StartupError)
    return caught.value


@pytest.mark.parametrize(
    ("old", "new", "rule", "says"),
    [
        ("{f: family_implicated, op: eq, v: true}", "{f: family_implicit, op: eq, v: true}", "M1", "unknown fact"),
        ("{f: incident, op: has, v: TRAF}", "{f: incident, op: contains, v: TRAF}", "M1", "unknown operator"),
        ("{f: incident, op: has, v: TRAF}", "{f: incident, op: eq, v: TRAF}", "M1", "does not fit"),
        ("{f: incident, op: has, v: TRAF}", "{f: incident, op: has, v: THEFT}", "M1", "not a value of incident"),
        ("{f: incident, op: has, v: TRAF}", "{f: incident, op: has, v: [TRAF]}", "M1", "takes one value"),
        ("{f: is_minor, op: eq, v: true}", "{f: is_minor, op: eq, v: 1}", "M1", "not a value of is_minor"),
        ("{f: is_minor, op: eq, v: true}", '{f: is_minor, op: eq, v: "true"}', "M1", "not a value of is_minor"),
        ("{f: is_minor, op: eq, v: true}", "{f: is_minor, op: eq}", "M1", "a condition is"),
        ('{f: wants_report, op: eq, v: "yes"}', "{f: wants_report, op: eq, v: yes}", "A1", "not a value"),
        ("{f: age, op: ge, v: 60}", "{f: age, op: ge, v: 600}", "P9", "not a value of age"),
        ("services: [PRO-UPE]", "services: [PRO-UPA]", "M1", "unknown service"),
        ("services: [PRO-UPE]", "services: []", "M1", "gives something"),
        ("services: [PRO-UPE]", "services: [PRO-UPE, PRO-UPE]", "M1", "something twice"),
        ("{f: incident, op: has, v: TRAF}", "{f: incident, op: [has], v: TRAF}", "M1", "unknown operator"),
        ("SHL-HRT@other_region", "SHL-HRT@", "P2", "unknown fallback"),
        ("via: PRO-UPE", "via: SHL-CARPCD", "M6", "no rule asks for SHL-CARPCD"),
        ("hold_until: {task: READINESS}", "hold_until: {task: [READINESS]}", "M4", "unknown task code"),
        ("services: [JUS-DUTY-REVIEW]", "services: [JUS-DUTY]", "A4", "unknown task code"),
        ("services: [SUPPRESS:JUS-FISTRAP]", "services: [SUPPRESS:JUS-X]", "S1b", "unknown service"),
        ("services: [NO-FAMILY-CONTACT]", "services: [NO-FAMILY]", "S4", "unknown constraint code"),
        ("jurisdiction: current", "jurisdiction: here", "M1", "unknown jurisdiction"),
        ("jurisdiction: current", "jurisdiction: internal", "M1", "does not fit"),
        ("basis: legal_duty", "basis: duty", "M1", "unknown basis"),
        ("basis: null", "basis: consent", "A4", "has no basis"),
        ("due_hours: 24", "due_hours: soon", "M1", "whole hours"),
        ("due_hours: 24", "due_hours: -1", "M1", "whole hours"),
        ("LOC_EXACT, NEEDS", "LOC_PRECISE, NEEDS", "M1", "unknown category"),
        ("LOC_EXACT, NEEDS", "COMPELLED, NEEDS", "M1", "may stand in no rule"),
        ("LOC_EXACT, NEEDS", "SOGIESC, NEEDS", "M1", "may stand in no rule"),
        ("confidence: high", "confidence: sure", "M1", "unknown confidence"),
        ("needs_review: false", "needs_review: maybe", "M1", "true or false"),
        ("fallbacks: [PRO-DEMUNA, JUS-JFAM]", "fallbacks: [PRO-DEMUNE]", "M1", "unknown fallback"),
        ("SHL-HRT@other_region", "SHL-HRT@elsewhere", "P2", "unknown fallback"),
        ("via: PRO-UPE", "via: PRO-UPA", "M6", "unknown service"),
        ("guards: [police_collusion]", "guards: [danger]", "P5", "unknown guard"),
        ("unmet_code: SHL-MEN", "unmet_code: SHL-MAN", "P3", "unknown unmet_code"),
        ("replaces: M2", "replaces: M99", "P7a", "replaces an unknown rule"),
        ("hold_until: {task: READINESS}", "hold_until: {task: READY}", "M4", "unknown task code"),
        ("hold_until: {task: READINESS}", "hold_until: {until: later}", "M4", "a hold names"),
        ("  kind: referral", "  kind: wish", "M1", "unknown kind"),
        ("  human_confirm: true", "  human_confirmed: true", "M1", "human_confirm is missing"),
        ("  via: PRO-UPE", "  through: PRO-UPE", "M6", "unknown key"),
        ('legal_source: "DL 1297 art 23', 'legal_source: "" #', "M2", "must be text"),
    ],
)
def test_a_wrong_word_in_a_rule_names_file_line_and_rule(pack: Path, old: str, new: str, rule: str, says: str) -> None:
    line = spoil(pack, "rules.yaml", old, new)
    error = refusal(pack)
    assert (error.file, error.rule) == ("rules.yaml", rule)
    assert says in error.message
    if "is missing" not in says:
        assert error.line == line
    assert f"rules.yaml:{error.line} rule {rule}: " in str(error)


def test_an_id_used_twice_is_refused(pack: Path) -> None:
    line = spoil(pack, "rules.yaml", "- id: M2\n", "- id: M1\n")
    error = refusal(pack)
    assert (error.rule, error.line) == ("M1", line)
    assert "used twice" in error.message


def test_a_suppressed_duty_without_replacement_is_refused(pack: Path) -> None:
    spoil(pack, "rules.yaml", "  replaces: M2\n", "")
    error = refusal(pack)
    assert (error.file, error.rule) == ("rules.yaml", "M2")
    assert "S1b" in error.message


def test_a_replacement_that_fires_less_often_than_the_duty_is_refused(pack: Path) -> None:
    text = (pack / "rules.yaml").read_text(encoding="utf-8")
    start = text.index("- id: P7a")
    narrower = text[start:].replace("all:\n", 'all:\n      - {f: wants_report, op: eq, v: "yes"}\n', 1)
    (pack / "rules.yaml").write_text(text[:start] + narrower, encoding="utf-8")
    assert refusal(pack).rule == "M2"


def test_a_replacement_that_is_only_by_consent_is_refused(pack: Path) -> None:
    text = (pack / "rules.yaml").read_text(encoding="utf-8")
    start = text.index("- id: T1b")
    weaker = text[start:].replace("basis: legal_duty", "basis: consent", 1)
    (pack / "rules.yaml").write_text(text[:start] + weaker, encoding="utf-8")
    assert refusal(pack).rule == "T1"


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("services.yaml", "  SHL-CARPCD: \"UPE's choice", "  SHL-CAR: \"UPE's choice", "is routed and listed"),
        ("services.yaml", '  REI-SOC: "no fact asks for it yet"\n', "", "no rule asks for REI-SOC"),
        ("services.yaml", '  OVS-INT: "', '  OVS-XXX: "', "unknown service"),
        ("services.yaml", '{es: "Línea 100", en', '{es: "Línea 100", eng', "is missing"),
        ("facts.yaml", "type: boolean", "type: bool", "unknown fact type"),
        ("facts.yaml", "  minimum: 0\n", "", "minimum and a maximum"),
        ("categories.yaml", "pointers: [/identity]", "pointers: [/facts/name]", "unknown fact"),
        ("categories.yaml", "justice_except: [JUS-SUNADEP]", "justice_except: [JUS-SUN]", "unknown service"),
        ("categories.yaml", "  DEMO: [/derived/age_band]", "  DEMOS: [/derived/age_band]", "unknown category"),
        ("facts.yaml", "  minimum: 0\n", '  minimum: "0"\n', "whole number"),
        ("facts.yaml", "  guard: true\n", '  guard: "no"\n', "true or false"),
        ("categories.yaml", "pointers: [/identity]", "pointers: /identity", "a list is expected"),
        ("categories.yaml", "pointers: [/identity]", "pointers: [5]", "no pointer"),
        ("categories.yaml", "/details/health]", "/detials/health]", "unknown field /detials/health"),
        ("categories.yaml", "[/derived/age_band, /facts", "[/derived/age_bandd, /facts", "unknown field"),
        ("categories.yaml", "  DEMO: [/derived/age_band]", "  DEMO: [/derived/age_bandd]", "unknown field"),
        ("categories.yaml", "    never: true", "    never: false", "COMPELLED is in no packet"),
        ("pack.yaml", "court, internal]", "court, internal, moon]", "unknown jurisdiction 'moon'"),
        ("languages.yaml", "family: spanish", "family: latin", "unknown language family"),
        ("countries.yaml", '"NO"', "NO", "not text"),
        ("handling.yaml", "constraint: NO-CONSULATE", "constraint: NO-CONSUL", "unknown constraint"),
        ("handling.yaml", "{f: spanish_ok,", "{f: spanish,", "unknown fact"),
        ("pack.yaml", "version: pe-2026.1", "version: 1", "a version"),
        ("pack.yaml", "id: pe", "name: pe", "a pack has an id"),
    ],
)
def test_a_wrong_vocabulary_names_its_file(pack: Path, file: str, old: str, new: str, says: str) -> None:
    line = spoil(pack, file, old, new)
    error = refusal(pack)
    assert error.file == file
    assert says in error.message
    if file in {"categories.yaml", "pack.yaml"} and "a version" not in says and "an id" not in says:
        assert error.line == line


def test_a_file_that_is_not_yaml_or_repeats_a_key_or_is_missing_is_refused(pack: Path) -> None:
    spoil(pack, "pack.yaml", "id: pe", "id: pe\nid: pe")
    assert refusal(pack).line == 3
    (pack / "pack.yaml").write_text("id: [", encoding="utf-8")
    assert "not YAML" in refusal(pack).message
    (pack / "pack.yaml").write_text("# nothing\n", encoding="utf-8")
    assert "empty" in refusal(pack).message
    (pack / "pack.yaml").unlink()
    assert "cannot be read" in refusal(pack).message
