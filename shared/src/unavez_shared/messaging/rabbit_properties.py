"""A message with properties the driver cannot read is a message all the same.

pamqp raises for a timestamp beyond the year 9999 or a name that is not UTF-8, which the broker passes on. aiormq then
gives the connection up, and the message comes back on the next one: whoever may publish could stop a service for a
quarter of an hour. Nothing here depends on properties (events say their id inside), so they count as absent.
"""

from __future__ import annotations

from typing import Any

from pamqp.commands import Basic

from unavez_shared.observability.log import logger

log = logger(__name__)

_read = Basic.Properties.unmarshal


def tolerate_unreadable_properties() -> None:
    """Make the driver of this process read what it cannot read as absent. Idempotent."""
    Basic.Properties.unmarshal = _read_or_leave_out  # type: ignore[assignment, method-assign]


def _read_or_leave_out(properties: Any, flags: int, data: bytes) -> None:
    try:
        _read(properties, flags, data)
    except Exception as error:  # noqa: BLE001  (whatever it is: without this the connection is lost, again and again)
        log.warning("properties_unreadable", error=type(error).__name__)
        for name in properties.__slots__:
            setattr(properties, name, None)
