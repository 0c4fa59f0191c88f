"""Faults of PostgreSQL and of what stands in it."""

# ruff: noqa: S608, ASYNC110  (statements of our own; a database is polled with a deadline)

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr
from sqlalchemy.engine import make_url

from unavez_shared.contracts.actor import NOBODY
from unavez_shared.contracts.services import KEYS_DATABASE
from unavez_shared.doctor import databases
from unavez_shared.doctor.target import Target
from unavez_shared.privacy.ids import uuid7
from unavez_shared.testing.ports import free_port
from unavez_tests.doctor.planting import Planted, bound, planted, settings, sql, target
from unavez_tests.doctor.stage import DUTY, Stage

_INTAKE, _ROUTER, _NOTIFIER = "unavez_intake", "unavez_router", "unavez_notifier"
_OLD_EVENT = "00000000-0000-7000-8000-000000000001"
_SUBSCRIPTION = "00000000-0000-4000-8000-00000000000a"
_REFERRAL = "00000000-0000-4000-8000-00000000000b"


def _nowhere() -> SecretStr:
    return SecretStr(f"postgresql://unavez:synthetic@127.0.0.1:{free_port()}/postgres")


@asynccontextmanager
async def _wrong_password(stage: Stage) -> AsyncIterator[Target]:
    url = make_url(stage.server.url).set(password="synthetic").render_as_string(hide_password=False)
    async with settings(database_url=SecretStr(url))(stage) as examined:
        yield examined


@asynccontextmanager
async def _role_that_may_not_enter(stage: Stage) -> AsyncIterator[Target]:
    make = (
        "CREATE ROLE limited LOGIN PASSWORD 'synthetic'",
        "GRANT pg_read_all_data TO limited",
        f"REVOKE CONNECT ON DATABASE {_NOTIFIER} FROM PUBLIC",
    )
    undo = (f"GRANT CONNECT ON DATABASE {_NOTIFIER} TO PUBLIC", "DROP ROLE limited")
    async with stage.sql("postgres", *make, undo=undo):
        url = make_url(stage.server.url).set(username="limited", password="synthetic")
        async with settings(database_url=SecretStr(url.render_as_string(hide_password=False)))(stage) as examined:
            yield examined


@asynccontextmanager
async def _without_fsync(stage: Stage) -> AsyncIterator[Target]:
    connection = await stage.connect("postgres")

    async def set_to(change: str, wanted: str) -> None:
        await connection.execute(change)
        await connection.execute("SELECT pg_reload_conf()")
        async with asyncio.timeout(10):
            while await connection.fetchval("SHOW fsync") != wanted:
                await asyncio.sleep(0.01)

    try:
        await set_to("ALTER SYSTEM SET fsync = off", "off")
        yield stage.target
        await set_to("ALTER SYSTEM RESET fsync", "on")
    finally:
        await connection.close()


@asynccontextmanager
async def _without_fsync_in_a_demo(stage: Stage) -> AsyncIterator[Target]:
    async with _without_fsync(stage):
        demo = stage.target.settings.model_copy(update={"demo": True})
        mark = "UPDATE installation SET demo = {}"
        async with (
            stage.sql(_INTAKE, mark.format("true"), undo=(mark.format("false"),)),
            stage.sql(_ROUTER, mark.format("true"), undo=(mark.format("false"),)),
            stage.sql(_NOTIFIER, mark.format("true"), undo=(mark.format("false"),)),
            stage.sql("unavez_directory", mark.format("true"), undo=(mark.format("false"),)),
        ):
            yield replace(stage.target, settings=demo)


class _FiveMinutesAhead:
    """A machine whose clock nobody set."""

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(minutes=5)


def _kept(*tables: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return statements that set tables aside, and those that put them back."""
    keep = tuple(f"CREATE TABLE {table}_kept AS TABLE {table}" for table in tables)
    back = tuple(
        statement
        for table in tables
        for statement in (
            f"DELETE FROM {table}",
            f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM {table}_kept",
            f"DROP TABLE {table}_kept",
        )
    )
    return keep, back


_KEEP_AUDIT, _AUDIT_BACK = _kept("audit", "audit_seals")
_OLD_ROW = "INSERT INTO audit (at, action, detail) VALUES (now() - interval '1 hour', 'synthetic', '{}')"
_NO_OLD_ROW = "DELETE FROM audit WHERE at < now() - interval '30 minutes'"


def _outbox(message_id: str) -> str:
    return f"INSERT INTO outbox (message_id, routing_key, body) VALUES ('{message_id}', 'synthetic.v1', 'x')"


def _awaited(hearer: str) -> str:
    return (
        "INSERT INTO outbox (message_id, routing_key, body, sent_at, awaits)"
        f" VALUES ('{uuid7()}', 'case.registered.v1', 'x', now() - interval '11 minutes', ARRAY['{hearer}'])"
    )


def _offer(basis: str, *, offered: str, respond_by: str) -> str:
    return (
        "INSERT INTO referrals (referral_id, number, referral_code, plan_id, case_id, team_organization_id, row_number,"
        " service_type, jurisdiction, basis, urgency, status, version, due_at, offered_at, respond_by)"
        f" VALUES ('{_REFERRAL}', 1, 'AAAA-BBBB', '{_REFERRAL}', '{_REFERRAL}', '{_REFERRAL}', 1, 'PRO-CEM', 'x',"
        f" '{basis}', 'urgent', 'requested', 1, now(), now() + interval '{offered}', now() + interval '{respond_by}')"
    )


_CASE = (
    "INSERT INTO cases (case_id, organization_id, team, status, captured_at, demo, version, facts, registered_at)"
    f" VALUES ('{_REFERRAL}', '{_REFERRAL}', '{{}}', 'complete', now(), false, 1, 'x', now())"
)
_HELD_PLAN = (
    "INSERT INTO plans (plan_id, case_id, version, protocol_version, guards_answered, released, ended, document,"
    f" made_at, waits_since) VALUES ('{_REFERRAL}', '{_REFERRAL}', 1, 'x', false, '{{}}', '{{}}', 'x', now(), now())"
)
_DRAFT = (
    "INSERT INTO referrals (referral_id, number, referral_code, plan_id, case_id, team_organization_id, row_number,"
    " service_type, jurisdiction, basis, urgency, status, version, due_at)"
    f" VALUES ('{_REFERRAL}', 1, 'AAAA-BBBB', '{_REFERRAL}', '{_REFERRAL}', '{_REFERRAL}', 1, 'PRO-CEM', 'x',"
    " 'vital_interest', 'stat', 'draft', 0, now())"
)
_NOBODYS_CASE = (
    "INSERT INTO cases (case_id, organization_id, team, status, captured_at, demo, version, facts, registered_at)"
    f" VALUES ('{_REFERRAL}', '{NOBODY}', '{{}}', 'complete', now(), false, 1, 'x', now())"
)
_NO_CASE = f"DELETE FROM cases WHERE case_id = '{_REFERRAL}'"
_SERVICE_OF_DUTY = (
    "INSERT INTO services (service_id, sequence, changed, state)"
    f""" VALUES ('{_REFERRAL}', 1, 1, '{{"active": true, "organization_id": "{DUTY}"}}')"""
)
_NO_SERVICE = f"DELETE FROM services WHERE service_id = '{_REFERRAL}'"


def _parked(reason: str, next_attempt_at: str) -> str:
    return (
        "INSERT INTO parked (event_id, routing_key, subject, sequence, body, reason, attempts, next_attempt_at,"
        f" parked_at) VALUES ('synthetic', 'plan.made.v1', '', 0, 'x', '{reason}', 1, {next_attempt_at}, now())"
    )


def _subscription(status: str, channel: str = "webhook") -> str:
    return (
        "INSERT INTO subscriptions (subscription_id, organization_id, audience, channel, endpoint, status, version,"
        " start_position, secret, created_at, handshake_attempts, handshake_since, disabled_at, disabled_reason)"
        f" VALUES ('{_SUBSCRIPTION}', '{_SUBSCRIPTION}', 'agency', '{channel}', 'https://agency.example', '{status}',"
        " 1, 0, 'x', now(), 0, now(), now(), 'failing')"
    )


def _delivery(status: str, attempts: int) -> str:
    return (
        "INSERT INTO deliveries (subscription_id, position, event_id, subject, urgency, status, attempts, settled_at)"
        f" VALUES ('{_SUBSCRIPTION}', 1, '{_SUBSCRIPTION}', '{_SUBSCRIPTION}', 1, '{status}', {attempts}, now())"
    )


_NO_OUTBOX, _NO_PARKED = "DELETE FROM outbox", "DELETE FROM parked"
_NO_OFFER = "DELETE FROM referrals"
_NO_SUBSCRIPTION = ("DELETE FROM deliveries", "DELETE FROM subscriptions")


@asynccontextmanager
async def _running_without_a_relay(stage: Stage) -> AsyncIterator[Target]:
    async with stage.at_work(relaying=False):
        yield replace(stage.target, is_running=True)


FAULTS: tuple[Planted, ...] = (
    planted("database_reachable", "away", plant=settings(database_url=_nowhere())),
    planted("database_reachable", "log_in_refused", plant=_wrong_password),
    planted(
        "databases_exist",
        "missing",
        plant=sql(
            "postgres",
            f"ALTER DATABASE {_NOTIFIER} RENAME TO gone",
            undo=f"ALTER DATABASE gone RENAME TO {_NOTIFIER}",
        ),
    ),
    planted("databases_exist", "not_allowed", plant=_role_that_may_not_enter),
    planted("postgresql_version", "too_old", plant=bound(databases, "OLDEST_VERSION", 19)),
    planted("postgresql_version", "not_tried", plant=bound(databases, "NEWEST_VERSION", 17)),
    planted("database_keeps", "forgets", plant=_without_fsync),
    planted("database_keeps", "forgets_in_demo", plant=_without_fsync_in_a_demo),
    planted(
        "database_keeps",
        "forgets",
        plant=sql(
            "postgres",
            f"ALTER DATABASE {_ROUTER} SET synchronous_commit = off",
            undo=f"ALTER DATABASE {_ROUTER} RESET synchronous_commit",
        ),
    ),
    planted(
        "database_keeps",
        "read_only",
        plant=sql(
            "postgres",
            f"ALTER DATABASE {_ROUTER} SET default_transaction_read_only = on",
            undo=f"ALTER DATABASE {_ROUTER} RESET default_transaction_read_only",
        ),
    ),
    planted(
        "migrations",
        "schema_behind",
        plant=sql(
            _ROUTER,
            "CREATE TABLE kept AS TABLE alembic_version",
            "DELETE FROM alembic_version",
            undo=("INSERT INTO alembic_version SELECT * FROM kept", "DROP TABLE kept"),
        ),
    ),
    planted(
        "migrations",
        "schema_ahead",
        plant=sql(
            KEYS_DATABASE,
            "CREATE TABLE kept AS TABLE alembic_version",
            "UPDATE alembic_version SET version_num = 'synthetic'",
            undo=("DELETE FROM alembic_version", "INSERT INTO alembic_version SELECT * FROM kept", "DROP TABLE kept"),
        ),
    ),
    planted(
        "demo_or_real",
        "born_otherwise",
        plant=sql(_NOTIFIER, "UPDATE installation SET demo = true", undo="UPDATE installation SET demo = false"),
    ),
    planted(
        "demo_or_real",
        "not_born_yet",
        plant=sql(
            _ROUTER,
            "CREATE TABLE kept AS TABLE installation",
            "DELETE FROM installation",
            undo=("INSERT INTO installation SELECT * FROM kept", "DROP TABLE kept"),
        ),
    ),
    planted("clock", "apart", plant=target(machine_clock=_FiveMinutesAhead())),
    planted(
        "audit_chain",
        "changed",
        plant=sql(_INTAKE, *_KEEP_AUDIT, "UPDATE audit SET action = 'nothing' WHERE id = 2", undo=_AUDIT_BACK),
    ),
    planted(
        "audit_chain",
        "removed",
        plant=sql(_INTAKE, *_KEEP_AUDIT, "DELETE FROM audit WHERE id = 1", undo=_AUDIT_BACK),
    ),
    planted(
        "audit_chain",
        "removed",
        plant=sql(_INTAKE, *_KEEP_AUDIT, "DELETE FROM audit_seals WHERE number = 2", undo=_AUDIT_BACK),
    ),
    planted(
        "audit_chain",
        "reordered",
        plant=sql(_INTAKE, *_KEEP_AUDIT, "UPDATE audit_seals SET previous = mac WHERE number = 2", undo=_AUDIT_BACK),
    ),
    planted("audit_sealed", "unsealed", plant=sql(_INTAKE, _OLD_ROW, undo=_NO_OLD_ROW, at_work=True)),
    planted("audit_sealed", "sealed_at_start", plant=sql(_NOTIFIER, _OLD_ROW, undo=_NO_OLD_ROW)),
    planted("outbox", "stuck", plant=sql(_INTAKE, _outbox(_OLD_EVENT), undo=_NO_OUTBOX, at_work=True)),
    planted("outbox", "nobody_relays", plant=_running_without_a_relay),
    planted("outbox", "left_behind", plant=sql(_ROUTER, _outbox(_OLD_EVENT), undo=_NO_OUTBOX)),
    planted("outbox", "not_heard", plant=sql(_INTAKE, _awaited("referral-router"), undo=_NO_OUTBOX, at_work=True)),
    planted("outbox", "waits_for_start", plant=sql(_ROUTER, _outbox(str(uuid7())), undo=_NO_OUTBOX)),
    planted("parked", "waits_for_operator", plant=sql(_ROUTER, _parked("KeyError", "NULL"), undo=_NO_PARKED)),
    planted("parked", "parked", plant=sql(_INTAKE, _parked("KeyError", "now()"), undo=_NO_PARKED)),
    planted("bad_signature", "bad_signature", plant=sql(_NOTIFIER, _parked("bad_signature", "NULL"), undo=_NO_PARKED)),
    planted(
        "timers",
        "calls_late",
        plant=sql(
            _ROUTER,
            _offer("vital_interest", offered="-7 minutes", respond_by="8 minutes"),
            undo=_NO_OFFER,
            at_work=True,
        ),
    ),
    planted(
        "timers",
        "answers_late",
        plant=sql(
            _ROUTER,
            _offer("consent", offered="-1 day", respond_by="-2 minutes"),
            undo=_NO_OFFER,
            at_work=True,
        ),
    ),
    planted("duty_organization", "not_named", plant=settings(duty_organization=None)),
    planted("duty_organization", "unread", plant=sql(_ROUTER, _NOBODYS_CASE, undo=_NO_CASE)),
    planted("duty_organization", "receives_referrals", plant=sql(_ROUTER, _SERVICE_OF_DUTY, undo=_NO_SERVICE)),
    planted(
        "held_cases",
        "coordinator_needed",
        plant=sql(_ROUTER, _CASE, _HELD_PLAN, _DRAFT, undo=(_NO_OFFER, "DELETE FROM plans", "DELETE FROM cases")),
    ),
    planted(
        "deliveries",
        "exhausted",
        plant=sql(_NOTIFIER, _subscription("active"), _delivery("exhausted", 20), undo=_NO_SUBSCRIPTION),
    ),
    planted(
        "deliveries",
        "failing",
        plant=sql(_NOTIFIER, _subscription("active"), _delivery("pending", 5), undo=_NO_SUBSCRIPTION),
    ),
    planted(
        "deliveries",
        "retried",
        plant=sql(_NOTIFIER, _subscription("active"), _delivery("pending", 1), undo=_NO_SUBSCRIPTION),
    ),
    planted("subscriptions", "disabled", plant=sql(_NOTIFIER, _subscription("disabled"), undo=_NO_SUBSCRIPTION)),
    planted(
        "subscriptions", "not_offered", plant=sql(_NOTIFIER, _subscription("active", "amqp"), undo=_NO_SUBSCRIPTION)
    ),
    planted("subscriptions", "paused", plant=sql(_NOTIFIER, _subscription("paused"), undo=_NO_SUBSCRIPTION)),
)
