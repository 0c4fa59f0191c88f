"""What can be wrong with a message. The inbox decides by these types what becomes of it; none carries a value."""

from __future__ import annotations

from unavez_shared.contracts.errors import UnavezError


class EarlyError(UnavezError):
    """A handler raises this when the event before this one has not been applied yet: no fault, it waits for it."""

    code = "early"


class SealingError(UnavezError):
    """Not this service's to say: the event or its family is not its own, or the data is too large."""

    code = "sealing_refused"


class MessageError(UnavezError):
    """Base of what `EventCodec.decode` raises."""

    code = "message_refused"


class UndecodableError(MessageError):
    """Not an event at all: to the dead-letter queue."""

    code = "undecodable"


class BadSignatureError(MessageError):
    """It does not open, or not the one who may say so said it: parked, alarmed, without effect (SAFETY N6)."""

    code = "bad_signature"


class WrongVersionError(MessageError):
    """An event of a type, or with data of a shape, this version does not know: parked until it does."""

    code = "wrong_version"
