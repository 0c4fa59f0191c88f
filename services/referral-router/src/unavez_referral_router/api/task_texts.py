"""What a task says to the worker: the protocol's words, and the router's own for what the clock alone can find."""

from __future__ import annotations

from unavez_referral_router.domain.steps import VITAL_UNANSWERED
from unavez_shared.protocol.vocabulary import task_text
from unavez_shared.protocol.vocabulary_types import Text

_OWN = {
    VITAL_UNANSWERED: Text(
        "Nadie respondió a tiempo a un pedido vital: también se preguntó al siguiente; haga seguimiento ya",
        "Nobody answered a vital request in time: the next one was asked as well; follow up now",
    )
}


def text_of(code: str) -> Text:
    """Return the text of a task code."""
    return _OWN.get(code) or task_text(code)
