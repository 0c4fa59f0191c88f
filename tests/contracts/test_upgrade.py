"""The order of `deploy/containers/upgrade.sh`, on a `docker` that keeps a list of containers in a folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from unavez_tests.containers import SCRIPTS

DOCKER = """\
#!/bin/sh
cd "$(dirname "$0")"
echo "$*" >> asked
case "$*" in
    "compose ps"*) for last; do :; done; ls "running/$last" ;;
    "compose up"*)
        for last; do :; done
        touch "running/$last/new-$(wc -l < asked)-$last"
        [ "$last" != "$BROKEN" ] ;;
    "compose run"*) [ "$FAILING" = "" ] ;;
    rm*) for last; do :; done; rm running/*/"$last" ;;
esac
"""
ORDER = ["notifier", "referral-router", "intake", "directory"]


class Docker:
    """One container of each service, two of the notifier, all old."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "docker").write_text(DOCKER, encoding="utf-8")
        (folder / "docker").chmod(0o700)
        for service in ORDER:
            (folder / "running" / service).mkdir(parents=True)
            (folder / "running" / service / f"old-1-{service}").touch()
        (folder / "running" / "notifier" / "old-2-notifier").touch()

    def upgrade(self, **environment: str) -> subprocess.CompletedProcess[str]:
        given = {"BROKEN": "", "FAILING": "", **environment, "PATH": f"{self.folder}:{os.environ['PATH']}"}
        command = ["sh", str(SCRIPTS / "upgrade.sh")]
        return subprocess.run(command, env=given, capture_output=True, text=True, check=False)

    def running(self) -> dict[str, list[str]]:
        """Return how old those that run are, by service."""
        folders = {service: sorted((self.folder / "running" / service).iterdir()) for service in ORDER}
        return {service: [path.name.split("-")[0] for path in found] for service, found in folders.items()}

    def asked(self) -> list[str]:
        return (self.folder / "asked").read_text(encoding="utf-8").splitlines()


@pytest.fixture
def docker(tmp_path: Path) -> Docker:
    return Docker(tmp_path)


def test_as_many_new_ones_as_there_were_old_ones_run_after_an_upgrade(docker: Docker) -> None:
    done = docker.upgrade()
    assert done.returncode == 0, done.stderr
    assert docker.running() == {
        "notifier": ["new", "new"], "referral-router": ["new"], "intake": ["new"], "directory": ["new"],
    }  # fmt: skip


def test_schemas_come_first_and_an_old_one_stops_only_after_a_new_one_is_healthy(docker: Docker) -> None:
    docker.upgrade()
    steps = [line for line in docker.asked() if line.startswith(("compose run", "compose up", "stop"))]
    assert [step.split()[-1] for step in steps[:5]] == ["database-roles", *(f"migrate-{each}" for each in ORDER)]
    replaced = [each for service in ORDER for each in [service] * (2 if service == "notifier" else 1)]
    assert len(steps) == 5 + 2 * len(replaced)
    for service, up, stop in zip(replaced, steps[5::2], steps[6::2], strict=True):
        assert up.startswith("compose up --detach --wait ")
        assert up.endswith(f"--no-deps --no-recreate --scale {service}={replaced.count(service) + 1} {service}")
        assert stop.startswith("stop old-")
        assert stop.endswith(service)


def test_a_new_one_that_does_not_start_is_removed_and_the_old_ones_go_on(docker: Docker) -> None:
    done = docker.upgrade(BROKEN="referral-router")
    assert done.returncode == 1
    assert "el nuevo no arranca" in done.stderr
    assert docker.running() == {
        "notifier": ["new", "new"], "referral-router": ["old"], "intake": ["old"], "directory": ["old"],
    }  # fmt: skip


def test_a_migration_that_fails_changes_no_container(docker: Docker) -> None:
    assert docker.upgrade(FAILING="yes").returncode != 0
    assert not [line for line in docker.asked() if line.startswith(("compose up", "stop", "rm"))]
