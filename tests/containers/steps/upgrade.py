"""Upgrade in place by the blocks of docs/runbooks/upgrade.md, under traffic: to a release with a migration each."""

from __future__ import annotations

import time
from collections.abc import Iterator

from containers.stage import CommandError, Stage
from containers.steps.backup import sound
from containers.steps.faults import wait_for_intakes
from containers.table import Row
from containers.traffic import Traffic
from unavez_local.composition import PACKAGES
from unavez_shared.contracts.services import Service
from unavez_shared.persistence.schema import revisions
from unavez_tests.runbook import commands

_, BUILD, UPGRADE, GATEWAY, LOOK = commands("upgrade.md")
NEXT = "0999"
MIGRATION = '''\
"""What the next release adds: a column older code does not know."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade() -> None:
    op.add_column("installation", sa.Column("next_release", sa.Text()))
'''
BROKEN = "\n\ndef create_service(settings):\n    raise SystemExit(3)\n"
"""A service that migrates and does not serve."""


def run(stage: Stage) -> Iterator[Row]:
    """Upgrade twice: to a release that does not start, which changes nothing, and to one that does."""
    for service, package in PACKAGES.items():
        folder = stage.checkout / "services" / service.value / "src" / package / "migrations" / "versions"
        migration = MIGRATION.format(revision=NEXT, before=revisions(package)[-1])
        (folder / f"{NEXT}_next_release.py").write_text(migration, encoding="utf-8")
    with (stage.checkout / "deploy" / "containers" / "nginx.conf").open("a", encoding="utf-8") as file:
        file.write("# the next release\n")
    begun = time.monotonic()
    stage.shell(BUILD)
    yield Row("upgrade.md: the images of the next release are built", True, _since(begun))
    before = {service: stage.containers(service) for service in Service}
    begun = time.monotonic()
    with Traffic(stage, answering=True) as traffic:
        wait_for_intakes(traffic, 3)
        stage.shell(UPGRADE)
        wait_for_intakes(traffic, 5)
    lost = traffic.lost()
    yield Row("upgrade.md: nobody is refused, no intake is lost", not traffic.refused and not lost,
              f"{_since(begun)}; {traffic.measured}")  # fmt: skip
    after = {service: stage.containers(service) for service in Service}
    replaced = all(len(after[each]) == 1 and not {*after[each]} & {*before[each]} for each in Service)
    revised = {_revision(stage, service) for service in Service}
    yield Row("every service is replaced, every schema the new one", replaced and revised == {NEXT}, ", ".join(revised))
    yield _broken(stage)
    begun = time.monotonic()
    with Traffic(stage) as traffic:
        wait_for_intakes(traffic, 1)
        stage.shell(GATEWAY)
        wait_for_intakes(traffic, 3)
    yield Row("upgrade.md: the gateway replaced, no intake is lost", not traffic.lost(), traffic.measured)
    yield Row("upgrade.md: every audit and every doctor is without a finding", *sound(stage.shell(LOOK)))


def _broken(stage: Stage) -> Row:
    """A release whose services do not start: its images alone are other ones."""
    before = {service: stage.containers(service) for service in Service}
    entry = stage.checkout / "services" / Service.NOTIFIER.value / "src" / PACKAGES[Service.NOTIFIER] / "app.py"
    text = entry.read_text(encoding="utf-8")
    entry.write_text(text + BROKEN, encoding="utf-8")
    try:
        stage.shell(BUILD)
        with Traffic(stage, answering=True) as traffic:
            try:
                stage.shell(UPGRADE)
                ended = "without an error"
            except CommandError:
                ended = "with an error"
    finally:
        entry.write_text(text, encoding="utf-8")
        stage.shell(BUILD)
    same = before == {service: stage.containers(service) for service in Service}
    return Row("a release that does not start: an error, and the services that ran go on",
               ended == "with an error" and same and not traffic.refused, traffic.measured)  # fmt: skip


def _revision(stage: Stage, service: Service) -> str:
    query = ("psql", "-U", "postgres", "-At", "-c", "SELECT version_num FROM alembic_version", service.database)
    return stage.compose("exec", "-T", "postgres", *query).strip()


def _since(begun: float) -> str:
    return f"{time.monotonic() - begun:.0f} s"
