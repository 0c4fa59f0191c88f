"""May what we depend on be given away together with an Apache-2.0 product?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from license_expression import AND, OR, ExpressionError, Licensing
from packaging.utils import canonicalize_name

FITTING: Final = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "MIT",
        "MIT-0",
        "MPL-2.0",  # copyleft of single files, which we use as they are
        "PostgreSQL",
        "PSF-2.0",
        "Unlicense",
        "Zlib",
    }
)
"""SPDX identifiers. The GPL family is not here: who passes the product on would have to pass it on under the GPL."""
_CLASSIFIERS: Final = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""What older metadata says instead of an identifier."""
REVIEWED: Final = {
    "colorama": "BSD-3-Clause; only on Windows, so its metadata is not here to be read",
}
"""Packages a person judged, and why they fit although their metadata does not say so."""


def objections(bill: dict[str, Any]) -> list[str]:
    """Return one sentence for each component whose licence is unknown or does not fit."""
    return [
        f"{component['name']} {component['version']}: licencia / licence {stated or 'desconocida / unknown'}"
        for component in bill["components"]
        if canonicalize_name(component["name"]) not in REVIEWED
        and not fits(stated := list(_stated(component.get("licenses", []))))
    ]


def fits(stated: Iterable[str]) -> bool:
    """Tell whether all of these expressions fit; no expression at all does not."""
    expressions = list(stated)
    return bool(expressions) and all(_fits(expression) for expression in expressions)


def _stated(licences: list[dict[str, Any]]) -> Iterable[str]:
    for each in licences:
        licence = each.get("license", {})
        said = each.get("expression") or licence.get("id") or licence.get("name", "")
        yield _CLASSIFIERS.get(said, said)


def _fits(expression: str) -> bool:
    try:
        parsed = Licensing().parse(expression, simple=True)
    except ExpressionError:
        return False  # a licence text or a name in words: a person has to look
    return parsed is not None and _allowed(parsed)


def _allowed(node: Any) -> bool:
    if isinstance(node, AND):
        return all(_allowed(part) for part in node.args)
    if isinstance(node, OR):
        return any(_allowed(part) for part in node.args)
    return str(node) in FITTING
