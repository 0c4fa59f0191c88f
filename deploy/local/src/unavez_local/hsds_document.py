"""`hsds.json`: the schemas of HSDS in one file, as generators of clients need them, under the licence of HSDS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

SOURCE: Final = Path("shared/vendor/hsds/schema")
"""Below the root of the checkout; unmodified."""

_NOTICE: Final = (
    "Human Services Data Specification (HSDS) 3.1, JSON Schemas. Copyright Open Referral and contributors, "
    "https://openreferral.org. Licensed under Creative Commons Attribution-ShareAlike 4.0 International "
    "(CC BY-SA 4.0), https://creativecommons.org/licenses/by-sa/4.0/. Adapted from openreferral/specification, branch "
    "3.1-dev, commit abc731c8ac11825010e9d74a0ab61dcd48e880ec: put into one file, names prefixed with Hsds, references "
    "rewritten, titles, examples and keywords of tables left out. This file, adapted, is under the same licence; the "
    "documents that refer to it are under Apache-2.0."
)
_ROOTS: Final = ("organization", "service", "service_at_location", "taxonomy", "taxonomy_term")
"""What the directory answers; what these refer to comes with them."""
_KEPT: Final = frozenset({"type", "description", "format", "enum", "required"})


def hsds_document(source: Path) -> bytes:
    """Return the file, made from the schemas in the folder `source`, byte for byte the same for the same schemas."""
    definitions: dict[str, Any] = {}
    waiting = list(_ROOTS)
    while waiting:
        name = waiting.pop()
        if _named(name) not in definitions:
            read = json.loads((source / f"{name}.json").read_text(encoding="utf-8"))
            definitions[_named(name)] = _adapted(read, waiting)
    document = {
        "$comment": _NOTICE,
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": dict(sorted(definitions.items())),
    }
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _named(name: str) -> str:
    return "Hsds" + "".join(word.capitalize() for word in name.split("_"))


def _adapted(schema: dict[str, Any], found: list[str]) -> dict[str, Any]:
    """Return the schema without keywords of tables; the files it refers to are added to `found`."""
    kept = {key: value for key, value in schema.items() if key in _KEPT}
    if "$ref" in schema:
        name = schema["$ref"].removesuffix(".json")
        found.append(name)
        # Beside a reference HSDS repeats the type of what it refers to.
        kept.pop("type", None)
        kept["$ref"] = f"#/$defs/{_named(name)}"
    if "items" in schema:
        kept["items"] = _adapted(schema["items"], found)
    if "properties" in schema:
        kept["properties"] = {name: _adapted(part, found) for name, part in schema["properties"].items()}
    return kept
