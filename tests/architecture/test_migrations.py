"""Migrations since 0.1.0 leave what the version before uses as it is (CONTRIBUTING, "Migrations")."""

from __future__ import annotations

import ast
from importlib.resources import files
from pathlib import Path

import pytest

RELEASED = {
    "unavez_directory": "0003",
    "unavez_intake": "0004",
    "unavez_referral_router": "0006",
    "unavez_notifier": "0005",
    "unavez_shared.privacy.keys": "0001",
}
"""The head of 0.1.0, which is installed with its services stopped."""
CONTRACTED: dict[str, str] = {}
"""`package/revision` of a migration that drops something: the release that no longer used it."""
GONE = {"drop_column", "drop_table", "rename_table", "drop_view"}
HARMLESS = {"server_default", "comment"}
"""What `alter_column` may change."""


def breaks(source: str) -> list[str]:
    """Return the operations of `upgrade` that an older version would notice."""
    upgrade = next(
        node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == "upgrade"
    )
    calls = [node for node in ast.walk(upgrade) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    return [f"{call.func.attr} in line {call.lineno}" for call in calls if _breaks(call)]  # type: ignore[attr-defined]


def _breaks(call: ast.Call) -> bool:
    assert isinstance(call.func, ast.Attribute)
    name = call.func.attr
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg}
    if name == "alter_column":
        changed = {key for key in given if not key.startswith("existing_") and key != "schema"}
        return not changed <= HARMLESS and (changed, given.get("nullable")) != ({"nullable"}, "True")
    if name == "add_column":
        columns = [each for each in call.args if isinstance(each, ast.Call)]
        return any(_is_required(column) for column in columns)
    return name in GONE


def _is_required(column: ast.Call) -> bool:
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in column.keywords}
    return given.get("nullable") == "False" and "server_default" not in given


@pytest.mark.parametrize("package", RELEASED)
def test_a_migration_only_adds_or_says_since_when_what_it_drops_is_not_used(package: str) -> None:
    versions = Path(str(files(f"{package}.migrations").joinpath("versions")))
    later = [path for path in sorted(versions.glob("[0-9]*.py")) if path.name[:4] > RELEASED[package]]
    found = {f"{package}/{path.name[:4]}": breaks(path.read_text(encoding="utf-8")) for path in later}
    assert {name: each for name, each in found.items() if each and name not in CONTRACTED} == {}


@pytest.mark.parametrize(
    ("operation", "is_one"),
    [
        ("op.drop_column('cases', 'code')", True),
        ("op.rename_table('cases', 'files')", True),
        ("op.alter_column('cases', 'code', new_column_name='number')", True),
        ("op.alter_column('cases', 'code', nullable=False)", True),
        ("op.alter_column('cases', 'code', nullable=True)", False),
        ("op.alter_column('cases', 'code', existing_type=Text(), server_default='x')", False),
        ("op.add_column('cases', Column('code', Text(), nullable=False))", True),
        ("op.add_column('cases', Column('code', Text(), nullable=False, server_default='x'))", False),
        ("op.add_column('cases', Column('code', Text()))", False),
        ("op.create_table('files')", False),
    ],
)
def test_what_an_older_version_would_notice_is_found(operation: str, is_one: bool) -> None:
    assert bool(breaks(f"def upgrade():\n    {operation}\n")) is is_one
