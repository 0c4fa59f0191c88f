"""THE table of checks, in the order they are made. A new check is one line here, or in its service's `doctor.py`."""

from __future__ import annotations

from typing import Final

from unavez_shared.doctor import audit, broker, broker_management, databases, keys, messages, surroundings
from unavez_shared.doctor.model import Check

CHECKS: Final[tuple[Check, ...]] = (
    databases.REACHABLE,
    databases.EXIST,
    databases.VERSION,
    databases.DURABLE,
    databases.MIGRATIONS,
    databases.BIRTH,
    databases.CLOCK,
    surroundings.TEST_CLOCK,
    surroundings.DISK,
    keys.KEK_FILE,
    keys.KEK_OPENS,
    keys.SEALING_KEYS,
    keys.SIGNING_KEYS,
    keys.AUDIT_KEY,
    audit.CHAIN,
    audit.SEALED,
    messages.OUTBOX,
    messages.PARKED,
    messages.BAD_SIGNATURE,
    broker.REACHABLE,
    broker.VERSION,
    broker.EXISTS,
    broker.CONSUMERS,
    broker.DEAD_LETTERS,
    broker_management.MANAGEMENT,
    broker_management.TOPOLOGY,
    broker_management.ALARMS,
    surroundings.ISSUER,
    surroundings.READY,
)
