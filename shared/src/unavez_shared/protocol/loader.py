"""Loading a pack: read, check, compile, once per process."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

from unavez_shared.contracts.errors import StartupError
from unavez_shared.protocol.checks import check_every_service_is_routed, check_no_duty_is_silenced
from unavez_shared.protocol.conditions import compile_condition
from unavez_shared.protocol.load_conditions import read_condition
from unavez_shared.protocol.load_rules import JURISDICTIONS, load_rules
from unavez_shared.protocol.load_vocabularies import Vocabularies, load_vocabularies
from unavez_shared.protocol.model import Handling, Pack
from unavez_shared.protocol.probes import find_probes
from unavez_shared.protocol.source import PackError, read_source
from unavez_shared.protocol.vocabulary_types import Text

PACKS = Path(__file__).parent.parent / "protocols"
_HEADER = "pack.yaml"

__all__ = ["PackError", "find_pack", "load_pack", "load_pack_from"]


@cache
def load_pack(name: str) -> Pack:
    """Return the installed pack of that country; raises PackError when it cannot be trusted."""
    return load_pack_from(PACKS / name)


def find_pack(name: str) -> Pack:
    """Return an installed pack by its name, or the one in a folder, as a person at the command line names them.

    The services never ask here: a folder of the working directory must not become the law. Raises PackError, and
    StartupError when there is no such pack.
    """
    if (PACKS / Path(name).name / _HEADER).exists() and Path(name).name == name:
        return load_pack(name)
    if not Path(name).is_dir():
        raise StartupError(
            f"no hay un paquete de reglas en {name}: dé una carpeta con su {_HEADER}, o un nombre instalado como pe / "
            f"no rule pack there: give a folder that holds {_HEADER}, or an installed name such as pe"
        )
    return load_pack_from(Path(name))


def load_pack_from(directory: Path) -> Pack:
    """Read, check and compile the pack in a directory; raises PackError naming file, line and rule."""
    try:
        return _load(directory)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise PackError(directory.name, 1, None, "the pack is not built like one") from error


def _load(directory: Path) -> Pack:
    header = read_source(directory / _HEADER)
    about = header.mapping()
    if not isinstance(about.get("version"), str) or not isinstance(about.get("valid_from"), date):
        raise header.error((), "a pack has a version and a valid_from date")
    if set(about) != {"id", "version", "valid_from", "jurisdictions"}:
        raise header.error((), "a pack has an id, a version, valid_from and jurisdictions, and nothing else")
    if not isinstance(about["jurisdictions"], list):
        raise header.error(("jurisdictions",), "jurisdictions are a list")
    for index, name in enumerate(about["jurisdictions"]):
        if name not in JURISDICTIONS:
            raise header.error(("jurisdictions", index), f"unknown jurisdiction {name!r}")
    vocabularies = load_vocabularies(directory)
    source = read_source(directory / "rules.yaml")
    rules = load_rules(source, vocabularies, tuple(about["jurisdictions"]))
    check_every_service_is_routed(rules, vocabularies)
    check_no_duty_is_silenced(rules, source, vocabularies.facts)
    return Pack(
        id=about["id"],
        version=about["version"],
        valid_from=about["valid_from"],
        jurisdictions=tuple(about["jurisdictions"]),
        rules=rules,
        facts=vocabularies.facts,
        services=vocabularies.services,
        not_routed=vocabularies.not_routed,
        tasks=vocabularies.tasks,
        constraints=vocabularies.constraints,
        unmet_codes=vocabularies.unmet_codes,
        refusal_reasons=vocabularies.refusal_reasons,
        categories=vocabularies.categories,
        offer_fields=vocabularies.offer_fields,
        handling=_handling(directory, vocabularies),
        languages=vocabularies.languages,
        countries=vocabularies.countries,
        probes=find_probes(rules, vocabularies.facts, vocabularies.languages),
    )


def _handling(directory: Path, vocabularies: Vocabularies) -> Mapping[str, Handling]:
    source = read_source(directory / "handling.yaml")
    result = {}
    for code in source.mapping():
        entry = source.mapping((code,))
        if not {"es", "en"} <= set(entry) <= {"es", "en", "constraint", "when"}:
            raise source.error((code,), "es and en, and at most a constraint or a condition")
        constraint = entry.get("constraint")
        if constraint is not None and constraint not in vocabularies.constraints:
            raise source.error((code, "constraint"), f"unknown constraint {constraint!r}")
        when = None
        if "when" in entry:
            when = compile_condition(read_condition(source, (code, "when"), vocabularies, rule=code))
        result[code] = Handling(code, Text(entry["es"], entry["en"]), constraint, when)
    return result
