"""PostgreSQL: does it answer, is everything there, is it of this code and this birth, does it keep what it confirms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select, text

from unavez_shared.contracts.services import Service
from unavez_shared.doctor.examination import Examination
from unavez_shared.doctor.model import Check, Finding, failed, found, warning
from unavez_shared.persistence.database import sqlstate
from unavez_shared.persistence.schema import SchemaPosition, schema_position
from unavez_shared.persistence.tables import installation

OLDEST_VERSION, NEWEST_VERSION = 15, 18
"""Major versions we run on (ARCHITECTURE "Running it")."""
MOST_SECONDS_APART = 10.0

_MISSING, _FORBIDDEN = "3D000", "42501"
_LOG_IN_REFUSED: Final = {"28P01", "28000"}
_DURABLE: Final = ("fsync", "full_page_writes", "synchronous_commit")
_MAY_BE_READ_ONLY = text("SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool")


async def _reach(examination: Examination) -> Sequence[Finding]:
    try:
        async with examination.database(next(iter(examination.target.databases))):
            return []
    except Exception as error:  # noqa: BLE001  (whatever went wrong: it was not reached)
        state = sqlstate(error)
        if state in {_MISSING, _FORBIDDEN}:
            return []  # it answered: the next check says which database
        return [found("log_in_refused" if state in _LOG_IN_REFUSED else "away", error=type(error).__name__)]


async def _exist(examination: Examination) -> Sequence[Finding]:
    findings = []
    for name in examination.target.databases:
        try:
            async with examination.database(name):
                continue
        except Exception as error:
            code = {_MISSING: "missing", _FORBIDDEN: "not_allowed"}.get(sqlstate(error))
            if code is None:
                raise
            findings.append(found(code, database=name))
    return findings


async def _are_current(examination: Examination) -> Sequence[Finding]:
    findings = []
    for name, package in examination.target.databases.items():
        async with examination.database(name) as connection:
            position = await schema_position(connection, package)
        if position is not SchemaPosition.CURRENT:
            findings.append(found(f"schema_{position.value}", database=name))
    return findings


async def _are_of_this_birth(examination: Examination) -> Sequence[Finding]:
    findings = []
    for service in examination.target.packages:
        async with examination.database(service.database) as connection:
            demo = await connection.scalar(select(installation.c.demo))
        if demo is None:
            findings.append(found("not_born_yet", database=service.database))
        elif demo is not examination.target.settings.demo:
            born = "demo" if demo else "real"
            findings.append(found("born_otherwise", database=service.database, born=born))
    return findings


async def _is_supported(examination: Examination) -> Sequence[Finding]:
    async with examination.database(_any(examination)) as connection:
        version = int(await connection.scalar(text("SHOW server_version_num")) or 0) // 10_000
    if version < OLDEST_VERSION:
        return [found("too_old", version=version)]
    return [found("not_tried", version=version)] if version > NEWEST_VERSION else []


async def _are_durable(examination: Examination) -> Sequence[Finding]:
    code = "forgets_in_demo" if examination.target.settings.demo else "forgets"
    findings = []
    for name in examination.target.databases:
        async with examination.database(name) as connection:
            off = [setting for setting in _DURABLE if await connection.scalar(text(f"SHOW {setting}")) == "off"]
            findings += [found(code, database=name, setting=setting) for setting in off]
            if await connection.scalar(_MAY_BE_READ_ONLY):
                findings.append(found("read_only", database=name))
    return findings


async def _agree_on_the_time(examination: Examination) -> Sequence[Finding]:
    async with examination.database(_any(examination)) as connection:
        before = examination.target.machine_clock.now()
        theirs = await connection.scalar(text("SELECT clock_timestamp()"))
        after = examination.target.machine_clock.now()
    apart = (theirs - (before + (after - before) / 2)).total_seconds() if theirs else 0.0
    return [found("apart", seconds=round(apart))] if abs(apart) > MOST_SECONDS_APART else []


def _any(examination: Examination) -> str:
    first: Service = next(iter(examination.target.packages))
    return first.database


REACHABLE = Check(
    "database_reachable",
    "PostgreSQL contesta.",
    "PostgreSQL answers.",
    "database-away",
    _reach,
    {
        "away": failed(
            "PostgreSQL no contesta. Arránquelo o repare la dirección (UNAVEZ_DATABASE_URL); nada se pierde mientras.",
            "PostgreSQL does not answer. Start it or repair its address (UNAVEZ_DATABASE_URL); nothing is lost.",
        ),
        "log_in_refused": failed(
            "PostgreSQL rechaza el rol o su contraseña. Repare UNAVEZ_DATABASE_URL.",
            "PostgreSQL refuses the role or its password. Repair UNAVEZ_DATABASE_URL.",
        ),
    },
)
EXIST = Check(
    "databases_exist",
    "Existen todas las bases de datos.",
    "Every database exists.",
    "database-away",
    _exist,
    {
        "missing": failed(
            "Falta una base de datos. Si nunca existió, arranque o ejecute `migrate`; si existió, restaure las cinco.",
            "A database is missing. If it never existed, start or run `migrate`; if it did, restore all five.",
        ),
        "not_allowed": failed(
            "El rol no puede entrar a su base de datos. Vuelva a ejecutar la creación de roles.",
            "The role may not connect to its database. Run the creation of roles again.",
        ),
    },
    needs=("database_reachable",),
)
MIGRATIONS = Check(
    "migrations",
    "Cada base de datos está en el esquema de este código.",
    "Each database is at this code's schema.",
    "schema-and-birth",
    _are_current,
    {
        "schema_behind": failed(
            "El esquema es más antiguo que el código. Ejecute `migrate` del servicio, o arranque `unavez up`.",
            "The schema is older than the code. Run the service's `migrate`, or start `unavez up`.",
        ),
        "schema_ahead": failed(
            "El esquema es más nuevo que este código. No lo toque: instale el código nuevo o la copia previa.",
            "The schema is newer than this code. Leave it alone: install the newer code, or restore the earlier copy.",
        ),
    },
    needs=("databases_exist",),
)
BIRTH = Check(
    "demo_or_real",
    "Todas las bases nacieron igual: demostración o reales.",
    "All databases were born the same: demo or real.",
    "schema-and-birth",
    _are_of_this_birth,
    {
        "born_otherwise": failed(
            "Se mezclan datos reales y de demostración. Detenga todo: una dirección o copia es de otra instalación.",
            "Real and demo data are mixed. Stop everything: an address or a restore belongs to another installation.",
        ),
        "not_born_yet": warning(
            "Esta base aún no pertenece a nadie: su servicio no ha arrancado nunca. Arránquelo.",
            "This database belongs to nobody yet: its service has never started. Start it.",
        ),
    },
    needs=("migrations",),
)
VERSION = Check(
    "postgresql_version",
    "La versión de PostgreSQL es una conocida.",
    "PostgreSQL's version is a known one.",
    "database-away",
    _is_supported,
    {
        "too_old": failed(
            "PostgreSQL es más antiguo que 15. Actualícelo a una versión entre 15 y 18.",
            "PostgreSQL is older than 15. Upgrade it to a version from 15 to 18.",
        ),
        "not_tried": warning(
            "PostgreSQL es más nuevo que 18: no se ha probado. Pruebe antes una copia.",
            "PostgreSQL is newer than 18: not tried yet. Try a copy first.",
        ),
    },
    needs=("databases_exist",),
)
DURABLE = Check(
    "database_keeps",
    "PostgreSQL guarda lo que confirma y acepta escrituras.",
    "PostgreSQL keeps what it confirms and accepts writes.",
    "database-away",
    _are_durable,
    {
        "forgets": failed(
            "Un corte de luz perdería lo ya contestado. Vuelva a `on` el ajuste que indica `setting` y recargue.",
            "A power cut would lose what was answered. Set what `setting` names to `on` again and reload.",
        ),
        "forgets_in_demo": warning(
            "Un corte de luz perdería lo contestado; en una demostración se puede aceptar.",
            "A power cut would lose what was answered; acceptable in a demo.",
        ),
        "read_only": failed(
            "La base solo deja leer: es una réplica o `default_transaction_read_only`. Apunte al servidor principal.",
            "The database is read-only: a replica, or `default_transaction_read_only`. Point to the primary server.",
        ),
    },
    needs=("databases_exist",),
)
CLOCK = Check(
    "clock",
    "El reloj de esta máquina y el de PostgreSQL coinciden.",
    "This machine's clock and PostgreSQL's agree.",
    "service-not-ready",
    _agree_on_the_time,
    {
        "apart": failed(
            "Los relojes difieren: vencen mal plazos, tokens y llaves. Repare NTP en ambas máquinas.",
            "The clocks differ: deadlines, tokens and keys expire wrongly. Repair NTP on both machines.",
        ),
    },
    needs=("databases_exist",),
)
