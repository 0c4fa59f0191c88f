"""YAML with the line of every value, so that a refused pack says where to look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from unavez_shared.contracts.errors import StartupError

PathTo = tuple[str | int, ...]


class PackError(StartupError):
    """The pack cannot be trusted: the service refuses to start, naming file, line and rule."""

    def __init__(self, file: str, line: int, rule: str | None, message: str) -> None:
        where = f"{file}:{line}" + (f" rule {rule}" if rule else "")
        super().__init__(f"{where}: {message}")
        self.file = file
        self.line = line
        self.rule = rule
        self.message = message


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a pack, read."""

    file: str
    value: Any
    lines: Mapping[PathTo, int]

    def line(self, path: PathTo = ()) -> int:
        """Return the line (from 1) where the value at that path starts, or of the nearest value around it."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]

    def error(self, path: PathTo, message: str, *, rule: str | None = None) -> PackError:
        """Return the refusal for the value at that path; the caller raises it."""
        return PackError(self.file, self.line(path), rule, message)

    def mapping(self, path: PathTo = ()) -> dict[str, Any]:
        """Return the mapping at that path, its keys all text; raises PackError when it is something else."""
        value = self.value
        for step in path:
            value = value.get(step) if isinstance(value, dict) else value[step]
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            raise self.error(path, "a mapping with text keys is expected")
        return value


def read_source(path: Path) -> Source:
    """Read one YAML file; raises PackError when it is missing, is not YAML or repeats a key."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(path.name, 1, None, "the file cannot be read") from error
    lines: dict[PathTo, int] = {}
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.CSafeLoader)):
            # A few of them in each other are a billion values.
            raise PackError(path.name, 1, None, "a pack has no aliases")
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        if node is None:
            raise PackError(path.name, 1, None, "the file is empty")
        return Source(path.name, _Reader(path.name, lines).read(node, ()), lines)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PackError(path.name, line, None, "this is not YAML") from error
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise PackError(path.name, 1, None, "this is not YAML of plain values") from error


class _Reader:
    """Turns nodes into plain values and notes their lines."""

    def __init__(self, file: str, lines: dict[PathTo, int]) -> None:
        self._file = file
        self._lines = lines
        self._scalars = yaml.SafeLoader("")

    def read(self, node: yaml.Node, path: PathTo) -> Any:
        self._lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        if not isinstance(node, yaml.MappingNode):
            return self._scalars.construct_object(node)
        result: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = self._scalars.construct_object(key_node)
            if key in result:
                raise PackError(self._file, key_node.start_mark.line + 1, None, f"the key {key!r} is repeated")
            result[key] = self.read(value_node, (*path, key))
        return result
