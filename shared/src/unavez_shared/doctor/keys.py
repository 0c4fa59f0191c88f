"""Key files: there, for their owner only, in their place, and the right ones. No key leaves this module."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from unavez_shared.contracts.errors import StartupError
from unavez_shared.contracts.events import families_of
from unavez_shared.contracts.services import KEYS_DATABASE
from unavez_shared.doctor.examination import Examination
from unavez_shared.doctor.model import Check, Finding, failed, found, skipped, warning
from unavez_shared.persistence.audit import read_audit_key
from unavez_shared.privacy import sealing, signing
from unavez_shared.privacy.kek import KeyEncryptionKey
from unavez_shared.privacy.keys.repository import some_wrapped_keys
from unavez_shared.privacy.ratchet import LIFETIME

_TRIED = 20
"""Wrapped keys of a holder that are tried."""
_GRACE = timedelta(days=1)
"""A service with nothing to say on a day turns its keys on the next one."""


async def _kek_is_in_place(examination: Examination) -> Sequence[Finding]:
    path = examination.target.kek_file
    if path is None:
        return [found("not_held")]
    below = [found("below_data", file="kek")] if _is_below_real_data(examination, path) else []
    issuer = examination.target.issuer_file
    if issuer is not None and _is_below_real_data(examination, issuer):
        below.append(found("below_data", file="issuer"))
    if not path.exists():
        return [*below, found("missing")]
    try:
        KeyEncryptionKey.from_file(path)
    except StartupError:
        return [*below, found("unreadable")]
    return [*below, *_open_to_others({"kek": path})]


async def _kek_opens(examination: Examination) -> Sequence[Finding]:
    path = examination.target.kek_file
    if path is None or not examination.target.case_key_holders:
        return [found("not_held")]
    kek = KeyEncryptionKey.from_file(path)
    findings = []
    async with examination.database(KEYS_DATABASE) as connection:
        for holder in examination.target.case_key_holders:
            tried = await some_wrapped_keys(connection, holder=holder.value, limit=_TRIED)
            closed = sum(not kek.opens(wrapped, case_id=case_id, holder=holder) for case_id, wrapped in tried)
            if closed:
                findings.append(found("does_not_open", service=holder.value, count=closed, of=len(tried)))
    return findings


async def _sealing_keys_live_and_die(examination: Examination) -> Sequence[Finding]:
    directory = examination.target.settings.sealing_keys_dir
    today = examination.target.clock.now().date()
    families = sorted(set().union(*(families_of(service) for service in examination.target.packages)))
    findings: list[Finding] = []
    for family in families:
        path = sealing.key_file(directory, family)
        if not path.exists():
            findings.append(found("missing", family=family))
            continue
        try:
            day = sealing.oldest_day(directory, family)
        except StartupError:
            findings.append(found("unreadable", family=family))
            continue
        too_old = (today - LIFETIME - day).days
        if day > today:
            findings.append(found("of_the_future", family=family))
        elif too_old > _GRACE.days:
            at_work = examination.target.is_running
            findings.append(found("not_dying" if at_work else "dies_at_start", family=family, days=too_old))
        findings += _open_to_others({family: path})
    if directory.exists() and not os.access(
        directory / "sealing", os.W_OK, effective_ids=os.access in os.supports_effective_ids
    ):
        findings.append(found("folder_not_writable"))
    return findings


async def _signing_keys_are_there(examination: Examination) -> Sequence[Finding]:
    directory = examination.target.settings.sealing_keys_dir
    findings: list[Finding] = []
    for service in examination.target.packages:
        try:
            signing.SigningKeys.load(directory, service)
        except StartupError:
            findings.append(found("missing", service=service.value))
            continue
        findings += _open_to_others({service.value: signing.key_file(directory, service, "private")})
    return findings


async def _audit_key_is_there(examination: Examination) -> Sequence[Finding]:
    path = examination.target.settings.audit_key_file
    try:
        read_audit_key(path)
    except StartupError:
        return [found("unreadable" if path.exists() else "missing")]
    return _open_to_others({"audit": path})


def _open_to_others(files: dict[str, Path]) -> list[Finding]:
    return [found("open_to_others", file=name) for name, path in files.items() if path.stat().st_mode & 0o077]


def _is_below_real_data(examination: Examination, path: Path) -> bool:
    data = examination.target.data_directory
    if examination.target.settings.demo or data is None:
        return False
    return path.resolve().is_relative_to(data.resolve())


_OPEN_TO_OTHERS = failed(
    "Otros usuarios de la máquina pueden leer la llave. `chmod 600`, y si alguien pudo leerla, rótela.",
    "Other users of the machine can read the key. `chmod 600`, and rotate it if somebody may have read it.",
)
_UNREADABLE = failed(
    "El archivo no es una llave o no se puede leer. Restáurelo de su copia apartada.",
    "The file is no key or cannot be read. Restore it from its copy kept apart.",
)
_NOT_HELD = skipped("Este servicio no tiene llave maestra.", "This service holds no key-encryption key.")

KEK_FILE = Check(
    "kek_file",
    "La llave maestra está en su sitio y solo la lee su dueño.",
    "The key-encryption key is in its place, for its owner only.",
    "keys",
    _kek_is_in_place,
    {
        "not_held": _NOT_HELD,
        "missing": failed(
            "Falta la llave maestra. No cree otra: sin la de antes ningún caso se abre. Restáurela de su copia.",
            "The key-encryption key is missing. Do not create another: no case opens without it. Restore its copy.",
        ),
        "unreadable": _UNREADABLE,
        "open_to_others": _OPEN_TO_OTHERS,
        "below_data": failed(
            "Una llave está dentro de los datos reales: quien se lleve el disco lo lee todo. Muévala fuera.",
            "A key lies below the real data: whoever takes the disk reads everything. Move it out.",
        ),
    },
)
KEK_OPENS = Check(
    "kek_opens",
    "La llave maestra abre las llaves de los casos.",
    "The key-encryption key opens the case keys.",
    "keys",
    _kek_opens,
    {
        "not_held": _NOT_HELD,
        "does_not_open": failed(
            "Esta llave maestra no es la de estos datos. Detenga los servicios y restaure la correcta; no cree otra.",
            "This key-encryption key is not that of these data. Stop the services, restore the right one; make none.",
        ),
    },
    needs=("migrations", "kek_file"),
)
SEALING_KEYS = Check(
    "sealing_keys",
    "Las llaves de los eventos están, y mueren a los 14 días.",
    "The event keys are there, and die after 14 days.",
    "keys",
    _sealing_keys_live_and_die,
    {
        "missing": failed(
            "Falta la llave de una familia. Restáurela o cree una cadena nueva en todos los servicios a la vez.",
            "A family's key is missing. Restore it, or make a new chain in all services at once.",
        ),
        "unreadable": _UNREADABLE,
        "open_to_others": _OPEN_TO_OTHERS,
        "not_dying": failed(
            "Una llave que debía morir sigue en disco. Reinicie el servicio; si sigue, no puede escribir su carpeta.",
            "A key that should be dead is still on disk. Restart the service; if it stays, its folder is read-only.",
        ),
        "dies_at_start": warning(
            "Una llave vieja sigue en disco porque nada corre. Muere al arrancar.",
            "An old key is on disk because nothing runs. It dies at the next start.",
        ),
        "of_the_future": failed(
            "La llave es de un día que no ha llegado: el reloj retrocedió. Repare el reloj.",
            "The key is of a day to come: the clock was set back. Repair the clock.",
        ),
        "folder_not_writable": failed(
            "La carpeta no se puede escribir: las llaves mueren solo en memoria. Dé permiso a su servicio.",
            "The folder cannot be written: keys die in memory only. Let its service write there.",
        ),
    },
)
SIGNING_KEYS = Check(
    "signing_keys",
    "Cada servicio tiene su llave de firma y las públicas de todos.",
    "Each service has its signing key and everybody's public ones.",
    "keys",
    _signing_keys_are_there,
    {
        "missing": failed(
            "Falta una llave de firma o no es válida: ese servicio no arranca. Restáurela o rote todos los pares.",
            "A signing key is missing or invalid: that service does not start. Restore it or rotate all pairs.",
        ),
        "open_to_others": _OPEN_TO_OTHERS,
    },
)
AUDIT_KEY = Check(
    "audit_key",
    "La llave de la auditoría está y solo la lee su dueño.",
    "The audit key is there, for its owner only.",
    "audit-broken",
    _audit_key_is_there,
    {
        "missing": failed(
            "Falta la llave de la auditoría. No cree otra: la cadena pasada solo se verifica con ella. Restáurela.",
            "The audit key is missing. Do not create another: the past verifies with it alone. Restore it.",
        ),
        "unreadable": _UNREADABLE,
        "open_to_others": _OPEN_TO_OTHERS,
    },
)
