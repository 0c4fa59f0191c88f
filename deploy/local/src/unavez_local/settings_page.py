"""docs/settings.md: every `UNAVEZ_*` variable, read from the settings classes, the commands' options and compose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import NoneType
from typing import Any, Final, get_args
from uuid import UUID

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from unavez_local.composition import PACKAGES, SETTINGS
from unavez_shared.contracts.services import Service
from unavez_shared.environment import ELSEWHERE, PREFIX
from unavez_shared.settings import Unit

SET_BY_UP: Final = frozenset({"host", "port", "demo", "jwks_file"})
"""Fields of the settings `unavez up` sets itself, whatever the environment says."""
COMPOSE_FILES: Final = ("docker-compose.yml", "deploy/containers/oidc.yml")
"""Below the checkout."""
NOTHING: Final = "—"
_FEW: Final = 3
"""Commands that are named one by one."""
_KINDS: Final[Mapping[type, str]] = {bool: "`true`, `false`", Path: "path", UUID: "UUID"}


def settings_page(command: Any, checkout: Path) -> str:
    """Return the page. `command` is the `unavez` command with all below it; the compose files are the checkout's."""
    compose = "".join((checkout / name).read_text(encoding="utf-8") for name in COMPOSE_FILES)
    options = dict[str, list[str]]()
    for name, variable in _options(command, ""):
        options.setdefault(variable, []).append(name)
    in_compose = set(re.findall(rf"\b{PREFIX}[A-Z_]+", compose))
    fields = sorted({name for each in SETTINGS.values() for name in each.model_fields})
    rows = [_row_of_field(name, options, in_compose) for name in fields]
    for each in ELSEWHERE:
        readers = [*options.get(each.name, []), *(["compose"] if each.name in in_compose else []), each.readers]
        rows.append(_row(each.name, each.default or NOTHING, each.unit, each.meaning, filter(None, readers)))
    page = files("unavez_local").joinpath("settings_page.md").read_text(encoding="utf-8")
    return page.replace("{rows}", "\n".join(sorted(rows)))


def _row_of_field(field: str, options: Mapping[str, list[str]], in_compose: set[str]) -> str:
    holders = {service: each for service, each in SETTINGS.items() if field in each.model_fields}
    texts: dict[str, list[str]] = {}
    for service, each in holders.items():
        texts.setdefault(_text(each.model_fields[field]), []).append(service.value)
    meaning = next(iter(texts)) if len(texts) == 1 else " ".join(f"{', '.join(of)}: {it}" for it, of in texts.items())
    info = next(iter(holders.values())).model_fields[field]
    name = PREFIX + field.upper()
    commands = _in_few_words(options.get(name, []))
    if field not in SET_BY_UP and not any(each.startswith("`unavez up") for each in commands):
        commands = ["`unavez up`", *commands]
    services = [service.value for service in holders if _reads(service, field)]
    readers = ["the four services"] if len(services) == len(SETTINGS) else services
    readers += [*commands, *(["compose"] if name in in_compose else [])]
    return _row(name, _default(info), _unit(info), meaning, readers)


def _reads(service: Service, field: str) -> bool:
    """Tell whether the service's code, or what every service runs, reads that field of its settings."""
    used = re.compile(rf"\bsettings\.{field}\b|\bself\.{field}\b")
    return any(used.search(text) for text in (*_sources("unavez_shared"), *_sources(PACKAGES[service])))


@cache
def _sources(package: str) -> tuple[str, ...]:
    folder = Path(str(files(package)))
    return tuple(path.read_text(encoding="utf-8") for path in folder.rglob("*.py") if "doctor" not in path.parts)


def _in_few_words(commands: list[str]) -> list[str]:
    if len(commands) <= _FEW:
        return commands
    up, option = commands[0], commands[0].strip("`").rpartition(" ")[2]
    return [up, f"every other `unavez` command with `{option}`"]


def _row(name: str, default: str, unit: str, meaning: str, readers: Any) -> str:
    return f"| `{name}` | {default} | {unit} | {meaning} | {', '.join(readers)} |"


def _text(info: FieldInfo) -> str:
    return " ".join((info.description or "").split()).replace("|", "\\|")


def _default(info: FieldInfo) -> str:
    if info.default is PydanticUndefined:
        return "required"
    if info.default is None or info.default == []:
        return NOTHING
    return f"`{str(info.default).lower() if isinstance(info.default, bool) else info.default}`"


def _unit(info: FieldInfo) -> str:
    named = next((each.name for each in info.metadata if isinstance(each, Unit)), None)
    if named is not None:
        return named
    kinds = [each for each in get_args(info.annotation) if each is not NoneType] or [info.annotation]
    kind = getattr(kinds[0], "__origin__", kinds[0])
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return ", ".join(f"`{member.value}`" for member in kind)
    return _KINDS[kind]


def _options(command: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield each option that reads a variable, with the variable."""
    for option in command.params:
        variables = [option.envvar] if isinstance(option.envvar, str) else option.envvar or []
        shown = "" if getattr(option, "hidden", False) else f" {option.opts[0]}"
        for variable in variables:
            yield f"`unavez{path}{shown}`", variable
    for name, below in getattr(command, "commands", {}).items():
        yield from _options(below, f"{path} {name}")
