"""What people do while things break: the five cases, varied, are posted, accepted, declined and cancelled.

Everybody repeats what was not answered, as the contract lets them; nobody does anything twice on purpose.
"""

from __future__ import annotations

import json
import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from unavez_shared.contracts.actor import Role
from unavez_shared.web.tokens import LocalIssuer
from unavez_tests.chaos.history import Act, OrganizationId, Posted, Seen
from unavez_tests.chaos.replicas import Gateway
from unavez_tests.world import frontline_body

VIGNETTES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[3] / "data" / "vignettes.json").read_text(encoding="utf-8")
)["vignettes"]

Askable = Mapping[tuple[str, str], frozenset[OrganizationId]]
"""By service type and jurisdiction: the organizations that may be offered it."""

PATIENCE_SECONDS = 180.0
"""Longer than the longest fault: what is not answered by then is lost."""


class Tokens:
    """One bearer header per role and organization, made once."""

    def __init__(self, issuer_file: Path) -> None:
        self._issuer = LocalIssuer(issuer_file)
        self._headers: dict[tuple[Role, str], dict[str, str]] = {}

    def headers(self, role: Role, organization_id: str) -> dict[str, str]:
        key = (role, organization_id)
        if key not in self._headers:
            token = self._issuer.token(
                role=role, organization_id=UUID(organization_id), subject=f"{role.value}-{organization_id[:8]}"
            )
            self._headers[key] = {"Authorization": f"Bearer {token}"}
        return self._headers[key]


class Load:
    """One stretch of load. Everything it saw stays readable after `finish`."""

    def __init__(
        self,
        gateway: Gateway,
        tokens: Tokens,
        frontline_organization: str,
        may_be_asked: Sequence[Askable],
        *,
        seed: int,
    ) -> None:
        self.posted: list[Posted] = []
        self.plans: list[Seen] = []
        self.acts: list[Act] = []
        self.troubles: list[str] = []
        self.slowest_post = 0.0
        self._gateway = gateway
        self._tokens = tokens
        self._may_be_asked = may_be_asked
        self._frontline = tokens.headers(Role.FRONTLINE, frontline_organization)
        self._random = random.Random(seed)  # noqa: S311  (the same load each time)
        self._lock = threading.Lock()
        self._answered: queue.Queue[str | None] = queue.Queue()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    # --- posting ---------------------------------------------------------------------------------------------------

    def start(self, per_second: float) -> None:
        """Post at this rate until `finish`, and act on every plan."""
        self._spawn(self._post_steadily, per_second)
        self._spawn(self._act_on_answered)

    def finish(self) -> None:
        """Post nothing more; return when everything posted is answered and acted on."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)
        self._threads = []
        self._answered.put(None)
        self._act_on_answered()

    def post(self, count: int) -> None:
        """Post this many right now, one after the other."""
        for _ in range(count):
            self._post_one(self._next())

    def post_at_once(self, count: int) -> None:
        """Post this many at the same moment."""
        threads = [threading.Thread(target=self._post_one, args=(self._next(),)) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_SECONDS)

    def _spawn(self, target: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _next(self) -> tuple[int, dict[str, Any]]:
        with self._lock:
            number = self._random.randrange(len(VIGNETTES))
            vignette = VIGNETTES[number]
            body = frontline_body(vignette, str(uuid4()), datetime.now(UTC).isoformat(timespec="seconds"))
            # What a story's length, name or papers are must make no difference to what is routed.
            body["account"] += " sintetico" * self._random.randrange(0, 3_000)
            body["identity"]["document"]["number"] = f"{self._random.randrange(10**8):08d}"
            body["identity"]["name"] += f" {self._random.randrange(10**6)}"
            if self._random.random() < 0.3:
                del body["identity"]
                body["declined"] = ["/identity/document/number"]
        return number, body

    def _post_steadily(self, per_second: float) -> None:
        pending: list[threading.Thread] = []
        while not self._stopping.wait(self._random.expovariate(per_second)):
            thread = threading.Thread(target=self._post_one, args=(self._next(),), daemon=True)
            thread.start()
            pending.append(thread)
        for thread in pending:
            thread.join(PATIENCE_SECONDS)

    def _post_one(self, chosen: tuple[int, dict[str, Any]]) -> None:
        number, body = chosen
        expected = Counter((row["service"], row["jurisdiction"]) for row in VIGNETTES[number]["expected_referrals"])
        begun = time.monotonic()
        case_id: str | None = None
        try:
            answer = self._gateway.post("/intake/v1/intakes", self._frontline, body, seconds=PATIENCE_SECONDS)
            if answer.status_code in {200, 201}:
                case_id = answer.json()["case_id"]
            else:
                self.troubles.append(f"an intake was answered {answer.status_code}")
        except AssertionError as error:
            self.troubles.append(str(error))
        with self._lock:
            self.posted.append(Posted(body["client_record_id"], case_id, expected, self._may_be_asked[number]))
            self.slowest_post = max(self.slowest_post, time.monotonic() - begun)
        if case_id is not None:
            self._answered.put(case_id)

    def act(self) -> None:
        """Act right now on every case answered so far."""
        while not self._answered.empty():
            case_id = self._answered.get()
            if case_id is not None:
                self._act_on(case_id)

    # --- acting on plans -------------------------------------------------------------------------------------------

    def _act_on_answered(self) -> None:
        while True:
            try:
                case_id = self._answered.get(timeout=0.2)
            except queue.Empty:
                if self._stopping.is_set() and not any(
                    thread.is_alive() for thread in self._threads if thread is not threading.current_thread()
                ):
                    return
                continue
            if case_id is None:
                return
            try:
                self._act_on(case_id)
            except (AssertionError, KeyError) as error:
                self.troubles.append(f"{type(error).__name__}: {error}")

    def _act_on(self, case_id: str) -> None:
        """Accept the first offer, decline the second, cancel the third, leave the others open."""
        plan = self._wait_for_plan(case_id)
        may_leave = [row for row in plan["referrals"] if row["withheld_for"] is None and row["candidates"]]
        with self._lock:
            kinds = frozenset((row["service_type"], row["jurisdiction"]) for row in may_leave)
            self.plans.append(Seen(case_id, kinds))
        offered = [row for row in plan["referrals"] if row["referral_status"] == "requested"]
        for row, to in zip(offered, ("accepted", "rejected", "cancelled"), strict=False):
            self._move(row["referral_id"], to)

    def _wait_for_plan(self, case_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = self._gateway.get(f"/router/v1/cases/{case_id}/plan?wait=5", self._frontline)
            if answer.status_code == 200:
                return dict(answer.json())
            assert answer.status_code == 404, f"a plan was answered {answer.status_code}"
            assert time.monotonic() < deadline, f"case {case_id} got no plan in {PATIENCE_SECONDS:.0f} s"

    def _move(self, referral_id: str, to: str) -> None:
        path = f"/router/v1/referrals/{referral_id}"
        referral = self._gateway.get(path, self._frontline).json()
        party = self._frontline
        if to != "cancelled":
            party = self._tokens.headers(Role.AGENCY, referral["organization_id"])
        body = {"to": to, "expected_version": referral["version"]}
        if to == "rejected":
            body["reason"] = "full"
        answer = self._gateway.post(f"{path}/transitions", party, body)
        if answer.status_code == 409:
            # Its first answer was lost, or the offer moved on by itself: the referral says which.
            now = self._gateway.get(path, self._frontline).json()
            if now["status"] != to:
                return
        elif answer.status_code != 200:
            self.troubles.append(f"{to} was answered {answer.status_code}: {answer.text[:200]}")
            return
        with self._lock:
            self.acts.append(Act(referral_id, to))
