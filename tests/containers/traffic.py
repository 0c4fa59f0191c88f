"""A team and its agencies at work, meanwhile: what they were refused, and what was lost."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any, Self
from uuid import uuid4

import httpx

from containers.stage import Stage
from unavez_shared.contracts.actor import Role

PAUSE_SECONDS = 0.1
HURRY_SECONDS = 0.2
"""Before a client that was refused tries again."""
WORKERS = 3


def intake_body() -> dict[str, Any]:
    """Return the README's case, new each time; fictional."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {
        "client_record_id": str(uuid4()),
        "captured_at": now,
        "status": "complete",
        "facts": {"age": 29, "gender": "F", "incident": ["GBV_PARTNER"], "wants_report": "yes", "needs_shelter": True},
        "places": {"current": "150101"},
        "account_summary": "Resumen ficticio",
        "duty_notice": {"told_at": now, "language": "spa", "reaction": "agreed"},
        "consent_all_proposed": True,
        "confirmed_by": "CW-12",
    }


class Traffic:
    """Posts intakes and reads plans, feeds and the directory; with `answering`, an agency accepts one offer a case."""

    def __init__(self, stage: Stage, *, answering: bool = False) -> None:
        self._stage = stage
        self._answering = answering
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(WORKERS)]
        self.asked = 0
        self.refused: list[str] = []
        """Method, kind of path, and status or class of error."""
        self.later = 0
        """Plans that were not there yet: 404, as long as the router has not consumed the case."""
        self.plans: list[str] = []
        """Of each intake that was answered 201."""

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    def lost(self) -> int:
        """Return how many intakes that were answered have no plan."""
        plans = [self._stage.ask("GET", f"{plan}?wait=20", Role.FRONTLINE) for plan in self.plans]
        return sum(not plan.is_success or not plan.json()["referrals"] for plan in plans)

    @property
    def measured(self) -> str:
        refused = f": {', '.join(sorted(set(self.refused)))}" if self.refused else ""
        later = f", {self.later} plans later" if self.later else ""
        return f"{len(self.plans)} intakes, {self.asked} requests, {len(self.refused)} refused{refused}{later}"

    def _work(self) -> None:
        while not self._over.wait(PAUSE_SECONDS):
            self._one_case()

    def _one_case(self) -> None:
        body, answer = intake_body(), None
        # As long as it takes: the same body twice is one intake.
        while (answer := self._ask("POST", "/intake/v1/intakes", Role.FRONTLINE, body=body)) is None:
            self._over.wait(HURRY_SECONDS)
        self.plans.append(plan_path := httpx.URL(answer.json()["plan_url"]).path)
        plan = self._ask("GET", f"{plan_path}?wait=10", Role.FRONTLINE)
        self._ask("GET", "/notifier/v1/events?after=0&limit=1", Role.FRONTLINE)
        self._ask("GET", "/directory/services?per_page=1")
        if plan is not None and self._answering:
            self._accept_one(plan.json())

    def _accept_one(self, plan: dict[str, Any]) -> None:
        row = next(row for row in plan["referrals"] if row["referral_status"] == "requested")
        agency, path = row["candidates"][0]["organization_id"], f"/router/v1/referrals/{row['referral_id']}"
        seen = self._ask("GET", path, Role.AGENCY, agency)
        if seen is not None:
            step = {"to": "accepted", "expected_version": seen.json()["version"]}
            self._ask("POST", f"{path}/transitions", Role.AGENCY, agency, step)

    def _ask(
        self, method: str, path: str, role: Role | None = None, organization: str | None = None, body: Any = None
    ) -> httpx.Response | None:
        """Return the answer, None when it was no success, which is then on record."""
        self.asked += 1
        of = {} if organization is None else {"organization": organization}
        try:
            answer = self._stage.ask(method, path, role, body=body, **of)
        except httpx.TransportError as error:
            seen = type(error).__name__
        else:
            if answer.is_success:
                return answer
            if answer.status_code == httpx.codes.NOT_FOUND and "/plan" in path:
                self.later += 1
                return None
            seen = str(answer.status_code)
        self.refused.append(f"{method} {path.split('/')[1]}/…/{path.partition('?')[0].split('/')[-1][:12]} {seen}")
        return None
