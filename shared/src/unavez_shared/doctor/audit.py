"""The audit chain: its newest part, every time. The whole of it is `unavez audit verify`."""

from __future__ import annotations

from collections.abc import Sequence

from unavez_shared.doctor.examination import Examination
from unavez_shared.doctor.model import Check, Finding, failed, found, warning
from unavez_shared.persistence.audit import read_audit_key
from unavez_shared.persistence.audit_verification import unsealed_in_tail, verify_tail


async def _tail_verifies(examination: Examination) -> Sequence[Finding]:
    key = read_audit_key(examination.target.settings.audit_key_file)
    findings = []
    for service in examination.target.packages:
        async with examination.database(service.database) as connection:
            for each in await verify_tail(connection, key):
                place = {"seal": each.seal, "row": each.row_id}
                where = {name: number for name, number in place.items() if number is not None}
                findings.append(found(each.kind.value, service=service.value, **where))
    return findings


async def _everything_is_sealed(examination: Examination) -> Sequence[Finding]:
    findings = []
    for service in examination.target.packages:
        async with examination.database(service.database) as connection:
            rows = await unsealed_in_tail(connection)
        if rows:
            at_work = await examination.is_at_work(service)
            code = "unsealed" if at_work else "sealed_at_start"
            findings.append(found(code, service=service.value, first_row=rows[0], count=len(rows)))
    return findings


_NEXT_ES = "Guarde una copia de la base antes de tocar nada y ejecute `unavez audit verify`."
_NEXT_EN = "Keep a copy of the database before touching anything and run `unavez audit verify`."

CHAIN = Check(
    "audit_chain",
    "Los sellos más recientes de la auditoría cuadran; todos: `unavez audit verify`.",
    "The newest seals of the audit fit; all of them: `unavez audit verify`.",
    "audit-broken",
    _tail_verifies,
    {
        "changed": failed(
            f"Alguien cambió filas o un sello, o la llave no es la de antes. {_NEXT_ES}",
            f"Somebody changed rows or a seal, or the key is not the old one. {_NEXT_EN}",
        ),
        "removed": failed(
            f"Faltan filas o sellos de la auditoría. {_NEXT_ES}", f"Audit rows or seals are gone. {_NEXT_EN}"
        ),
        "reordered": failed(
            f"Los sellos no se siguen como fueron encadenados. {_NEXT_ES}",
            f"Seals do not follow each other as they were chained. {_NEXT_EN}",
        ),
    },
    needs=("migrations", "audit_key"),
)
SEALED = Check(
    "audit_sealed",
    "Toda fila de la auditoría se sella antes de un minuto.",
    "Every audit row is sealed within a minute.",
    "audit-broken",
    _everything_is_sealed,
    {
        "unsealed": failed(
            "Hay filas sin sellar: el sellador no corre. Busque `audit_sealer_interrupted` y reinicie el servicio.",
            "Rows are unsealed: the sealer does not run. Look for `audit_sealer_interrupted`, restart the service.",
        ),
        "sealed_at_start": warning(
            "Hay filas sin sellar y el servicio no corre. Se sellan al arrancar.",
            "Rows are unsealed and the service does not run. They are sealed at its start.",
        ),
    },
    needs=("migrations",),
)
