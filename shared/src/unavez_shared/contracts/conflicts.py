"""Why the state does not allow something: each code with what it means and what to do next, for who reads it.

The texts are constants: whoever may hear the code may hear its text, and it says nothing of a case or a house.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Conflict(StrEnum):
    """Codes of 409 answers and of refused commands. Stable; `spanish` and `english` may be reworded."""

    spanish: str
    english: str

    def __new__(cls, code: str, spanish: str, english: str) -> Self:
        """Make a member that is its code."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.spanish, member.english = spanish, english
        return member

    CASE_CODE_TAKEN = (
        "case_code_taken",
        "No se encontró un código de caso libre. Envíe el mismo registro otra vez.",
        "No free case code was found. Post the same record again.",
    )
    CLIENT_RECORD_TAKEN = (
        "client_record_taken",
        "Este client_record_id ya se usó con otro contenido. Para un registro nuevo, genere uno nuevo.",
        "This client_record_id was used with other content. Make a new one for a new record.",
    )
    COORDINATOR_NEEDED = (
        "coordinator_needed",
        "Falta que confirme, en su propia sesión, una coordinadora de la organización que no lo registró ni confirmó.",
        "A coordinator of the organization who neither registered nor confirmed it has to confirm with her own token.",
    )
    FICTIONAL_MISMATCH = (
        "fictional_mismatch",
        "Los datos ficticios no entran en una instalación real, ni los reales en una de demostración.",
        "Fictional data does not go into a real installation, nor real data into a demonstration.",
    )
    ILLEGAL_TRANSITION = (
        "illegal_transition",
        "La derivación no puede pasar a ese estado desde el actual. Léala de nuevo y vea qué pasos admite.",
        "The referral cannot go to that state from the present one. Read it again to see where it stands.",
    )
    INTAKE_NOT_COMPLETE = (
        "intake_not_complete",
        "La entrevista no está completa: complétela primero. Lo de interés vital no espera por eso.",
        "The interview is not complete: complete it first. What is of vital interest does not wait for that.",
    )
    NO_HOUSE_FITS = (
        "no_house_fits",
        "Ninguna casa de la lista la puede recibir. Si otra suya la recibe, acepte con note_code other_house.",
        "No house in the list can take her. If another of yours does, accept with note_code other_house.",
    )
    NOT_CONFIRMED_YET = (
        "not_confirmed_yet",
        "Falta la primera confirmación del plan; la segunda viene después.",
        "The plan has no first confirmation yet; the second one follows it.",
    )
    NO_SUCH_PARKED_MESSAGE = (
        "no_such_parked_message",
        "No hay ningún mensaje apartado con ese id en este servicio. Mire la lista de apartados.",
        "No parked message has this id in this service. Look at the list of those there are.",
    )
    PLAN_DIFFERS = (
        "plan_differs",
        "El plan ya no es el que se mostró. Léalo de nuevo y confirme lo que dice ahora.",
        "The plan is no longer the one that was shown. Read it again and confirm what it says now.",
    )
    REFERRAL_ENDED = (
        "referral_ended",
        "La derivación terminó: ya no se imprime su hoja.",
        "The referral has ended: its sheet is no longer printed.",
    )
    SAME_PERSON = (
        "same_person",
        "La segunda confirmación la da otra persona.",
        "The second confirmation is another person's.",
    )
    SUBSCRIPTION_DISABLED = (
        "subscription_disabled",
        "La suscripción terminó. Cree otra con su endpoint y elimine esta.",
        "The subscription is over. Make a new one for its endpoint and delete this one.",
    )
    TASK_DONE = (
        "task_done",
        "La tarea ya estaba hecha; vale el primer resultado.",
        "The task was done before; the first outcome stands.",
    )
    TOO_MANY_SUBSCRIPTIONS = (
        "too_many_subscriptions",
        "Este canal ya tiene tantas suscripciones como se permiten (10). Elimine una que no use.",
        "This feed has as many subscriptions as are allowed (10). Delete one that is not in use.",
    )
    UNKNOWN_POSITION = (
        "unknown_position",
        "Su bandeja no llega hasta esa posición. Léala otra vez desde `after=0`; los repetidos se conocen por su id.",
        "Your feed does not reach that position. Read it again from `after=0`; what repeats is known by its id.",
    )
    VERSION_CONFLICT = (
        "version_conflict",
        "La derivación cambió desde que la leyó. Léala de nuevo y decida con lo que dice ahora.",
        "The referral has changed since you read it. Read it again and decide on what it says now.",
    )
