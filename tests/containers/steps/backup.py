"""Backup and restore by the blocks of docs/runbooks/restore.md, the databases set aside and brought back."""

from __future__ import annotations

import json
import re
import stat
import time
from collections.abc import Iterator
from typing import Any

from containers.stage import Stage
from containers.steps.faults import wait_for_intakes
from containers.table import Row
from containers.traffic import Traffic, intake_body
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.services import Service
from unavez_tests.chaos.servers import wait_until
from unavez_tests.runbook import commands

_, RUN_EMPTY, DUMP, _, EMPTY_BROKER, SET_ASIDE, BRING_BACK, ERASE_AGAIN, LOOK = commands("restore.md")
OLD_KEYS = (
    "docker compose exec -T postgres pg_dump -U postgres --format=custom old_keys > /another/place/newest_keys.dump"
)
PATIENCE_SECONDS = 120


def run(stage: Stage) -> Iterator[Row]:
    """Back up, go on working, restore."""
    kept, begun = _post(stage, intake_body()), time.monotonic()
    wait_until(lambda: not any(_numbers(stage.shell(RUN_EMPTY))), PATIENCE_SECONDS, "it never ran empty", poll=1)
    stage.shell(DUMP)
    files = [*stage.checkout.glob("*.dump"), *stage.elsewhere.glob("*.dump")]
    private = all(stat.S_IMODE(file.stat().st_mode) == 0o600 and file.stat().st_size for file in files)
    yield Row("restore.md: five dumps, their owner's alone", len(files) == 5 and private, _since(begun))
    stage.wait_until_ready()
    later_body = intake_body()
    later = _post(stage, later_body)

    begun = time.monotonic()
    for block in (EMPTY_BROKER, SET_ASIDE, OLD_KEYS, BRING_BACK, ERASE_AGAIN):
        stage.shell(block)
    stage.compose("up", "--detach")
    stage.wait_until_ready()
    yield Row("restore.md: the installation is back", True, _since(begun))
    there, gone = (_read(stage, each).status_code for each in (kept, later))
    yield Row("what the dumps held is there, what came later is not", (there, gone) == (200, 404), f"{there}, {gone}")
    again = stage.ask("POST", "/intake/v1/intakes", Role.FRONTLINE, body=later_body)
    yield Row("what came later is posted again and taken", again.status_code == 201, str(again.status_code))
    yield Row("restore.md: every audit and every doctor is without a finding", *sound(stage.shell(LOOK)))
    with Traffic(stage, answering=True) as traffic:
        wait_for_intakes(traffic, 5)
    yield Row("the installation goes on", not traffic.refused and not traffic.lost(), traffic.measured)


def _post(stage: Stage, body: dict[str, Any]) -> Any:
    answer = stage.ask("POST", "/intake/v1/intakes", Role.FRONTLINE, body=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def _read(stage: Stage, posted: Any) -> Any:
    return stage.ask("GET", f"/intake/v1/intakes/{posted['intake_id']}", Role.FRONTLINE)


def _numbers(printed: str) -> list[int]:
    """Return the counts of outboxes (psql) and queues (rabbitmqctl) but of parked messages."""
    lines = [line for line in printed.splitlines() if ".parking" not in line]
    found = [int(number) for line in lines for number in re.findall(r"[|\t](\d+)$", line)]
    assert len(found) > len(Service), printed
    return found


def sound(printed: str) -> tuple[bool, str]:
    """Tell whether four audits and four doctors found nothing; and what they found, or how many checks it was."""
    audits = printed.count("0 hallazgos / findings\n")
    documents = [json.loads(each) for each in re.findall(r"^\{.*?^\}$", printed, re.MULTILINE | re.DOTALL)]
    checks = [check for document in documents for check in document["checks"]]
    unsound = sorted({check["code"] for check in checks if check["status"] == "failed"})
    good = audits == len(documents) == len(Service) and not unsound
    return good, ", ".join(unsound) or f"{len(checks)} checks"


def _since(begun: float) -> str:
    return f"{time.monotonic() - begun:.0f} s"
