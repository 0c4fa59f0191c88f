"""What the database roles and broker users of a containers installation may do, on the real servers."""

from __future__ import annotations

import asyncio
import json
import runpy
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiormq
import asyncpg
import pytest

from unavez_directory.operations import demo_bundle
from unavez_shared.contracts.actor import Role
from unavez_shared.contracts.events import CASE_REGISTERED, consumed_by
from unavez_shared.contracts.services import KEYS_DATABASE, Service
from unavez_shared.messaging.bus import Message, Outcome
from unavez_shared.messaging.rabbit import RabbitBus
from unavez_shared.messaging.topology import parking_name, queue_name, receipts_name
from unavez_shared.testing.ports import free_port
from unavez_tests.containers import KEY_HOLDERS, ROOT, SCRIPTS, Installation, role_url
from unavez_tests.world import frontline_body

SERVICES = list(Service)
VIGNETTES = json.loads((ROOT / "tests" / "data" / "vignettes.json").read_text(encoding="utf-8"))["vignettes"]


async def connect(url: Any, database: str) -> Any:
    return await asyncpg.connect(
        host=url.query["host"], user=url.username, password=url.password, database=database, timeout=10
    )


async def test_owners_migrate_and_services_change_rows_but_no_schema(migrated: Any, secrets: Path) -> None:
    for service in Service:
        url = role_url(secrets, service, "database-url", migrated["host"])
        connection = await connect(url, service.database)
        attempt = connection.transaction()
        await attempt.start()
        await connection.execute("INSERT INTO audit (at, action, detail) VALUES (now(), 'synthetic', '{}')")
        await attempt.rollback()
        assert await connection.fetchval("SELECT count(*) FROM outbox") == 0
        for forbidden in (
            "DROP TRIGGER audit_append_only ON audit",
            "ALTER TABLE audit DISABLE TRIGGER ALL",
            "TRUNCATE audit",
            "DELETE FROM audit",
            "CREATE TABLE mine (id int)",
            "SET session_replication_role = replica",
            f"SET ROLE {service.database}_owner",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(forbidden)
        await connection.close()
        others = {other.database for other in Service if other is not service}
        if service not in KEY_HOLDERS:
            others.add(KEYS_DATABASE)
        for database in others:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connect(url, database)


async def test_key_holders_share_the_keys_database_and_cannot_delete_from_it(migrated: Any, secrets: Path) -> None:
    for service in sorted(KEY_HOLDERS):
        connection = await connect(role_url(secrets, service, "database-url", migrated["host"]), KEYS_DATABASE)
        assert await connection.fetchval("SELECT count(*) FROM case_keys") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM case_keys")
        await connection.close()


async def test_an_operator_sees_and_discards_a_parked_message_and_verifies_the_audit(
    migrated: Any, secrets: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    service = Service.NOTIFIER
    url = role_url(secrets, service, "database-url", migrated["host"])
    connection = await connect(url, service.database)
    await connection.execute(
        "INSERT INTO parked (event_id, routing_key, subject, sequence, body, reason, attempts, parked_at)"
        " VALUES ('sha256:synthetic', 'plan.made.v1', '', 0, 'x', 'bad_signature', 1, now())"
    )

    script = str(SCRIPTS / "operate.py")
    environment = {
        "UNAVEZ_DATABASE_URL": url.render_as_string(hide_password=False),
        "UNAVEZ_SEALING_KEYS_DIR": str(secrets / service.value / "events"),
        "UNAVEZ_AUDIT_KEY_FILE": str(secrets / service.value / "audit.key"),
    }
    command = [sys.executable, script, service.value, "parked"]
    seen = await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True, text=True, check=True)
    assert "sha256:synthetic  plan.made.v1  bad_signature  1  -" in seen.stdout
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    async def operate(*arguments: str) -> tuple[int, str]:
        """Run the script in this process: to start one takes longer than what it does."""
        monkeypatch.setattr(sys, "argv", [script, service.value, *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            await asyncio.to_thread(runpy.run_path, script, run_name="__main__")
        return end.value.code, capsys.readouterr().out

    assert (await operate("discard", "sha256:other"))[0] == 1
    assert (await operate("discard", "sha256:synthetic"))[0] == 0
    assert await connection.fetchval("SELECT count(*) FROM parked") == 0
    assert await connection.fetchval("SELECT action FROM audit") == "parked_message_discarded"
    assert await operate("audit") == (0, "0 hallazgos / findings\n")
    assert (await operate("audit", "too", "many"))[0] == 2
    await connection.close()


async def test_the_doctor_of_one_container_uses_its_rights_alone_and_says_what_it_cannot_see(
    migrated: Any, broker: dict[Service, str], secrets: Path
) -> None:
    service = Service.INTAKE
    own = secrets / service.value
    environment = {
        "UNAVEZ_PORT": str(free_port()),
        "UNAVEZ_DATABASE_URL": role_url(secrets, service, "database-url", migrated["host"]).render_as_string(
            hide_password=False
        ),
        "UNAVEZ_AMQP_URL": broker[service],
        "UNAVEZ_SEALING_KEYS_DIR": str(own / "events"),
        "UNAVEZ_AUDIT_KEY_FILE": str(own / "audit.key"),
        "UNAVEZ_KEK_FILE": str(own / "kek.json"),
        "UNAVEZ_JWKS_FILE": str(secrets / "jwks.json"),
    }
    command = [sys.executable, str(SCRIPTS / "operate.py"), service.value, "doctor"]
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    checks = {each["code"]: each for each in json.loads(done.stdout)["checks"]}
    # It says that it runs, being asked inside its container; here nobody does.
    not_running = {"outbox": "nobody_relays", "broker_consumers": "nobody_consumes", "services_ready": "no_answer"}
    failed = {code: each["detail_code"] for code, each in checks.items() if each["status"] == "failed"}
    # The test server forgets on power loss on purpose (see the fixture).
    assert failed == not_running | {"database_keeps": "forgets"}
    skipped = {code for code, each in checks.items() if each["status"] == "skipped"}
    assert skipped == {"broker_management", "broker_topology", "broker_alarms", "disk"}


async def test_a_wrong_password_opens_no_database(roles: Any, secrets: Path) -> None:
    url = role_url(secrets, Service.INTAKE, "database-url", roles["host"])
    with pytest.raises(asyncpg.InvalidPasswordError):
        await connect(url.set(password="synthetic"), Service.INTAKE.database)


async def test_every_service_works_with_the_rights_of_the_definitions(broker: dict[Service, str]) -> None:
    buses = {service: RabbitBus(url, service) for service, url in broker.items()}

    async def take(messages: Any) -> list[Outcome]:
        return [Outcome.DONE] * len(messages)

    try:
        for service, bus in buses.items():
            await bus.start()
            if keys := frozenset(event.name for event in consumed_by(service)):
                await bus.consume(service, keys, take)
            assert bus.is_ready(), service
        assert await buses[Service.INTAKE].publish([Message("m-1", CASE_REGISTERED.name, b"{}")]) == [True]
    finally:
        for bus in buses.values():
            await bus.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_can_neither_read_nor_change_anothers_queue(
    service: Service, broker: dict[Service, str]
) -> None:
    foreign = [queue_name(other) for other in Service if other is not service and consumed_by(other)]
    foreign += [parking_name(other) for other in Service if other is not service and consumed_by(other)]
    foreign += [receipts_name(other) for other in Service if other is not service]
    connection = await aiormq.connect(broker[service])
    try:
        for queue in foreign:
            for attempt in ("basic_get", "queue_purge", "queue_delete"):
                channel = await connection.channel()
                with pytest.raises(aiormq.exceptions.ChannelAccessRefused):
                    await getattr(channel, attempt)(queue)
        channel = await connection.channel()
        with pytest.raises(aiormq.exceptions.ChannelAccessRefused):
            await channel.queue_declare("spy")
    finally:
        await connection.close()


# --- the whole, as the compose file starts it ---------------------------------------------------------------------


@pytest.fixture
def installation(roles: Any, broker: dict[Service, str], secrets: Path, tmp_path: Path) -> Iterator[Installation]:
    whole = Installation(secrets, roles["host"], broker)
    try:
        whole.start(tmp_path)
        yield whole
    finally:
        codes = whole.stop()
    assert codes == [0, 0, 0, 0]


async def test_four_services_with_their_own_secrets_only_carry_an_intake_to_its_agencies(
    installation: Installation,
) -> None:
    team = str(uuid4())
    await installation.until(installation.is_ready)
    imported = installation.request(
        "POST", Service.DIRECTORY, "/v1/imports", Role.DIRECTORY_EDITOR, team, demo_bundle()
    )
    assert imported.is_success, imported.text
    captured_at = (datetime.now(UTC) - timedelta(minutes=1)).isoformat(timespec="seconds")
    body = frontline_body(VIGNETTES[0], str(uuid4()), captured_at)

    def every_row_has_a_candidate() -> bool:
        preview = {key: body[key] for key in ("facts", "duty_notice", "consent_all_proposed")}
        asked = preview | {"places": VIGNETTES[0]["places"]}
        answer = installation.request("POST", Service.REFERRAL_ROUTER, "/v1/plans/preview", Role.FRONTLINE, team, asked)
        rows = answer.json()["referrals"]
        unmet = set(VIGNETTES[0]["expected_unmet_if_directory_lacks"])
        return bool(rows) and {found["code"] for found in answer.json()["unmet"]} <= unmet

    await installation.until(every_row_has_a_candidate)
    posted = installation.request("POST", Service.INTAKE, "/v1/intakes", Role.FRONTLINE, team, body)
    assert posted.status_code == 201, posted.text
    plan = installation.request(
        "GET", Service.REFERRAL_ROUTER, f"/v1/cases/{posted.json()['case_id']}/plan?wait=15", Role.FRONTLINE, team
    ).json()
    offered = [row for row in plan["referrals"] if row["referral_status"] == "requested"]
    assert offered
    for row in offered:
        agency = row["candidates"][0]["organization_id"]

        def stands_in_its_feed(row: dict[str, Any] = row, agency: str = agency) -> bool:
            feed = installation.request("GET", Service.NOTIFIER, "/v1/events?after=0", Role.AGENCY, agency).json()
            return row["referral_id"] in {event["subject"] for event in feed["events"]}

        await installation.until(stands_in_its_feed)
        packet = installation.request("GET", Service.INTAKE, f"/v1/packets/{row['referral_id']}", Role.AGENCY, agency)
        assert packet.json()["stage"] == "offer", packet.text
