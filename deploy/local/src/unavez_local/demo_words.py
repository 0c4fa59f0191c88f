"""Codes in words for the story `unavez demo` tells: Spanish first, English beside, the code behind."""

from __future__ import annotations

from typing import Any

from unavez_intake.api.paper_labels import label_of
from unavez_shared.protocol.vocabulary import REFUSAL_REASONS, SERVICE_TYPES, UNMET_CODES, facts_vocabulary, task_text

_BASIS = {
    "vital_interest": "urgencia vital / vital interest",
    "legal_duty": "por ley / legal duty",
    "consent": "ella aceptó / she agreed",
}
_WITHHELD = {
    "consent": ("falta que ella acepte", "she has not agreed yet"),
    "tell_first": ("primero hay que informarle a ella", "she is told first"),
    "second_confirmer": ("falta una segunda persona que confirme", "a second person must confirm"),
    "coordinator": ("falta que una coordinadora confirme", "a coordinator must confirm"),
    "front_door": ("lo coordina la casa donde está", "the house she is in arranges it"),
}
_UNMET = {
    "none_exists": ("no existe", "does not exist"),
    "full": ("sin cupo", "full"),
    "refused": ("nadie lo tomó", "nobody took it"),
    "out_of_area": ("fuera de ámbito", "out of area"),
    "no_interpreter": ("sin intérprete", "no interpreter"),
    "no_accommodation": ("sin ajustes razonables", "no accommodation"),
    "survivor_declined": ("ella no lo quiso", "she declined"),
}


def service(code: str) -> str:
    """Return the name of a kind of service with its code."""
    named = SERVICE_TYPES.get(code) or UNMET_CODES[code]
    return f"{named.es} / {named.en} · {code}"


def terms(row: Any) -> str:
    """Return on what ground a row goes out, how soon, and by which rules."""
    rules = ", ".join(f"{rule['id']}{' REVIEW' if rule['needs_review'] else ''}" for rule in row["rules"])
    return f"{_BASIS[row['basis']]} · {row['due_hours']} h · {rules}"


def waits_for(code: str) -> str:
    """Return why a row waits: one code of `withheld_for` in words."""
    if code in _WITHHELD:
        es, en = _WITHHELD[code]
        return f"{es} / {en}"
    kind, _, what = code.partition(":")
    if kind == "after":
        after = SERVICE_TYPES[what]
        return f"primero responde / first answers: {after.es} / {after.en}"
    if kind == "task":
        task = task_text(what)
        return f"tarea del equipo / task of the team: {task.es} / {task.en}"
    fact = facts_vocabulary()[what.rpartition("/")[2]]
    return f"falta confirmar / to be confirmed: {fact['es']} / {fact['en']}"


def unmet(need: Any) -> str:
    """Return an unmet need in words."""
    es, en = _UNMET[need["reason"]]
    return f"{service(need['code'])}: {es} / {en}"


def refusal(reason: str) -> str:
    """Return why an agency declined."""
    text = REFUSAL_REASONS[reason]
    return f"«{text.es}» / “{text.en}”"


def fields(packet: Any) -> str:
    """Return the names of the fields a packet shows."""
    return ", ".join(label_of(pointer)[0].lower() for pointer in sorted(packet["fields"])) or "solo el pedido"
