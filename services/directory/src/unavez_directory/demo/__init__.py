"""The demo directory: invented organizations and services in real districts. Nobody in it exists."""

from __future__ import annotations

from typing import Any

from unavez_directory.demo.builder import Builder
from unavez_directory.demo.country import add_national_offices, add_national_services
from unavez_directory.demo.departments import departments
from unavez_directory.demo.local import add_local_services
from unavez_directory.demo.shelters import add_shelters

__all__ = ["demo_bundle"]


def demo_bundle() -> dict[str, Any]:
    """Return the demo directory as a bundle to import: the same ids and the same data every time."""
    builder = Builder()
    for department in departments():
        add_local_services(builder, department)
        add_shelters(builder, department)
    add_national_offices(builder, departments())
    add_national_services(builder)
    return builder.bundle()
