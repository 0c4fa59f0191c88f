"""SQL of the notifier's only knowledge about services: which organizations run a hidden one (SAFETY N4)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Boolean, exists, select
from sqlalchemy.dialects.postgresql import ARRAY

from unavez_notifier.adapters.sql import BIGINTS, UUIDS, statement
from unavez_notifier.adapters.tables import services
from unavez_notifier.domain.services import ServiceVisibility
from unavez_shared.persistence.database import UnitOfWork

_APPLY = statement(
    """
    INSERT INTO services (service_id, organization_id, hidden, version)
    SELECT * FROM unnest(:services, :organizations, :hidden, :versions)
    ON CONFLICT (service_id) DO UPDATE
    SET organization_id = EXCLUDED.organization_id, hidden = EXCLUDED.hidden, version = EXCLUDED.version
    WHERE services.version < EXCLUDED.version
    RETURNING organization_id, hidden
    """,
    services=UUIDS,
    organizations=UUIDS,
    hidden=ARRAY(Boolean),
    versions=BIGINTS,
)


class ServiceStore:
    """Services inside one transaction."""

    async def apply(self, work: UnitOfWork, states: Sequence[ServiceVisibility]) -> frozenset[UUID]:
        """Store what is newer; return the organizations of those of them that are hidden."""
        newest = {state.service_id: state for state in sorted(states, key=lambda state: state.version)}
        ordered = sorted(newest.values(), key=lambda state: state.service_id)
        rows = await work.execute(
            _APPLY,
            {
                "services": [state.service_id for state in ordered],
                "organizations": [state.organization_id for state in ordered],
                "hidden": [state.hidden for state in ordered],
                "versions": [state.version for state in ordered],
            },
        )
        return frozenset(row.organization_id for row in rows if row.hidden)

    async def runs_hidden_service(self, work: UnitOfWork, organization_id: UUID) -> bool:
        """Tell whether a channel that leaves a trace would give a house away."""
        found = await work.execute(
            select(exists().where(services.c.organization_id == organization_id, services.c.hidden))
        )
        return bool(found.scalar_one())
