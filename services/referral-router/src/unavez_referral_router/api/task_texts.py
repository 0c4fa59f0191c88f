"""What a task says to the worker: the protocol's words, and the router's own for what the clock alone can find."""

from __future__ import annotations

from unavez_referral_router.domain.matching.areas import SAFE_DISTRICT
from unavez_referral_router.domain.matching.service import SHELTER_PREFIX
from unavez_referral_router.domain.referrals.decisions.offers import CALL_NOW, COORDINATOR_CONFIRMATION, HAND_OVER_PAPER
from unavez_referral_router.domain.referrals.decisions.steps import VITAL_UNANSWERED
from unavez_shared.protocol import load_pack
from unavez_shared.protocol.vocabulary import task_text
from unavez_shared.protocol.vocabulary_types import Text

_OWN = {
    COORDINATOR_CONFIRMATION: Text(
        "Hubo más casos nuevos de lo habitual: nada de este sale hasta que lo confirme una coordinadora, otra persona "
        "que quien lo registró; lea el plan y confírmelo, o márquelo como registrado por error",
        "More new cases came than usual: nothing of this one leaves until a coordinator confirms, another person than "
        "who registered it; read the plan and confirm it, or mark it as entered in error",
    ),
    VITAL_UNANSWERED: Text(
        "Nadie respondió a tiempo a un pedido vital: también se preguntó al siguiente; haga seguimiento ya",
        "Nobody answered a vital request in time: the next one was asked as well; follow up now",
    ),
}


_AWAY = Text(
    "diga que la casa debe estar lejos de los lugares de los que ella salió; no pregunte dónde queda y acepte un no "
    "sin motivo",
    "say that the house must be away from the places she fled; do not ask where it is, and take a no without a reason",
)
"""To a front door that cannot read which of its houses may take her (ADR 19)."""
_AWAY_FROM_THERE = frozenset(
    service
    for rule in load_pack("pe").rules
    if rule.jurisdiction == SAFE_DISTRICT
    for service in rule.services
    if service.startswith(SHELTER_PREFIX)
)


def text_of(code: str, service_type: str | None = None) -> Text:
    """Return the text of a task."""
    text = _OWN.get(code) or task_text(code)
    if code in {CALL_NOW, HAND_OVER_PAPER} and service_type in _AWAY_FROM_THERE:
        return Text(f"{text.es}; {_AWAY.es}", f"{text.en}; {_AWAY.en}")
    return text
