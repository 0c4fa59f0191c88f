"""A database that is not there is one line that says what to do, and quotes nothing."""

from __future__ import annotations

import pytest

from unavez_shared.contracts.errors import StartupError
from unavez_shared.persistence.database import create_engine
from unavez_shared.persistence.migrations import upgrade
from unavez_shared.persistence.schema import check_current
from unavez_shared.testing.ports import free_port


async def test_a_service_and_its_migration_refuse_to_start_without_their_database() -> None:
    url = f"postgresql://synthetic:geheim@127.0.0.1:{free_port()}"
    engine = create_engine(url, "unavez_synthetic", pool_size=1)
    with pytest.raises(StartupError, match=r"unavez_synthetic.*UNAVEZ_DATABASE_URL") as serving:
        await check_current(engine, "unavez_shared.privacy.keys")
    with pytest.raises(StartupError, match=r"unavez_synthetic.*UNAVEZ_DATABASE_URL") as migrating:
        await upgrade(url, "unavez_synthetic", "unavez_shared.privacy.keys")
    for said in (str(serving.value), str(migrating.value)):
        assert ("no responde" in said, "does not answer" in said, "geheim" in said) == (True, True, False)


@pytest.mark.parametrize("url", ["geheim", "postgresql://geheim@server:port"])
def test_what_is_no_database_address_is_named_and_not_quoted(url: str) -> None:
    with pytest.raises(StartupError, match="UNAVEZ_DATABASE_URL") as refused:
        create_engine(url, "unavez_synthetic")
    assert "geheim" not in str(refused.value)
