"""What stands under every service before it has a purpose of its own: clock, bus, codec, database, relay, sealer.

Each service's `app.py` lays it first, adds what is its own, and hands both to its runtime.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from unavez_shared.clock import Clock, OffsetFileClock, SystemClock
from unavez_shared.contracts.errors import StartupError
from unavez_shared.contracts.events import families_of
from unavez_shared.contracts.services import KEYS_DATABASE, Service
from unavez_shared.messaging.bus import Bus
from unavez_shared.messaging.codec import EventCodec
from unavez_shared.messaging.inbox import Inbox
from unavez_shared.messaging.rabbit import RabbitBus
from unavez_shared.messaging.relay import Relay
from unavez_shared.messaging.subscriptions import EventTable
from unavez_shared.observability.probe import Probe
from unavez_shared.observability.watch import Watch
from unavez_shared.persistence.audit import Sealer, read_audit_key
from unavez_shared.persistence.database import Database, create_engine
from unavez_shared.persistence.pulse import Pulse
from unavez_shared.persistence.schema import bind_installation, check_current
from unavez_shared.privacy.case_keys import CaseKeys
from unavez_shared.privacy.kek import KeyEncryptionKey
from unavez_shared.privacy.sealing import SealingKeyring
from unavez_shared.privacy.signing import SigningKeys
from unavez_shared.runtime import Loop, Runtime
from unavez_shared.settings import ServiceSettings

Step = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Ledger:
    """The service's own database and what seals its events: all an operator's command needs."""

    clock: Clock
    codec: EventCodec
    database: Database

    @classmethod
    def open(cls, service: Service, settings: ServiceSettings, clock: Clock | None = None) -> Ledger:
        """Open lazily: nothing connects yet. Raises StartupError when keys are missing or the clock is not allowed."""
        clock = clock or _clock(settings)
        codec = EventCodec(
            service,
            SealingKeyring.load(settings.sealing_keys_dir, families_of(service), clock),
            SigningKeys.load(settings.sealing_keys_dir, service),
        )
        engine = create_engine(
            settings.database_url.get_secret_value(), service.database, pool_size=settings.database_pool_size
        )
        return cls(clock, codec, Database(engine, encoder=codec, clock=clock))

    async def check(self, package: str, *, demo: bool) -> None:
        """Raise StartupError unless the schema is the newest and the data of this birth (SAFETY N18)."""
        await check_current(self.database.engine, package)
        await bind_installation(self.database.engine, demo)


@dataclass(frozen=True, slots=True)
class Foundation:
    """A ledger, a bus, and the relay between them."""

    service: Service
    settings: ServiceSettings
    ledger: Ledger
    bus: Bus
    relay: Relay

    @classmethod
    def lay(cls, service: Service, settings: ServiceSettings, bus: Bus | None, clock: Clock | None) -> Foundation:
        """Compose what every service has. Raises StartupError when a setting promises what cannot be honoured."""
        ledger = Ledger.open(service, settings, clock)
        bus = bus or _bus(service, settings)
        relay = Relay(ledger.database.engine, bus, service)
        ledger.database.wake_with(relay.wake)
        return cls(service, settings, ledger, bus, relay)

    @property
    def clock(self) -> Clock:
        """The one source of time."""
        return self.ledger.clock

    @property
    def database(self) -> Database:
        """The service's own database."""
        return self.ledger.database

    def inbox(self, events: EventTable) -> Inbox:
        """Return the inbox that applies what the service consumes. Raises StartupError: see `EventTable.check`."""
        events.check(self.service)
        return Inbox(self.service, self.database, self.ledger.codec, events.consumes)

    def inbox_if_any(self, events: EventTable) -> Inbox | None:
        """Return the inbox; None for a service that consumes nothing. Raises StartupError as `inbox` does."""
        events.check(self.service)
        return self.inbox(events) if events.consumes else None

    def runtime(
        self,
        package: str,
        *,
        inbox: Inbox | None,
        loops: Sequence[Loop] = (),
        checks: Sequence[Step] = (),
        closers: Sequence[Step] = (),
        probes: Sequence[Probe] = (),
    ) -> Runtime:
        """Return the running service: the sealer, start-up checks and gauges every service has, then its own.

        `inbox` is what `inbox` or `inbox_if_any` returned for the service's table of events.
        """
        return Runtime(
            service=self.service,
            database=self.database,
            pulse=Pulse(
                create_engine(self.settings.database_url.get_secret_value(), self.service.database, pool_size=1)
            ),
            bus=self.bus,
            relay=self.relay,
            inbox=inbox,
            loops=(Sealer(self.database, read_audit_key(self.settings.audit_key_file)).run, *loops),
            checks=(partial(self.ledger.check, package, demo=self.settings.demo), *checks),
            closers=closers,
            watch=self._watch(probes) if self.settings.metrics_port else None,
            role=self.settings.process_role,
        )

    def _watch(self, probes: Sequence[Probe]) -> Watch:
        return Watch(self.service, self.database, self.bus, self.relay, demo=self.settings.demo, probes=probes)


@dataclass(frozen=True, slots=True)
class CaseVault:
    """The per-case keys of one holder, in the database of their own (SAFETY N15)."""

    keys: CaseKeys
    check: Step
    close: Step

    @classmethod
    def open(cls, settings: ServiceSettings, kek: KeyEncryptionKey, holder: Service) -> CaseVault:
        """Open lazily: nothing connects yet."""
        engine = create_engine(
            settings.database_url.get_secret_value(), KEYS_DATABASE, pool_size=settings.database_pool_size
        )
        keys = CaseKeys(engine, kek, holder)

        async def close() -> None:
            await keys.close()
            await engine.dispose()

        return cls(keys, partial(check_current, engine, "unavez_shared.privacy.keys"), close)


def _clock(settings: ServiceSettings) -> Clock:
    if settings.test_clock is None:
        return SystemClock()
    if not settings.demo:
        raise StartupError("UNAVEZ_TEST_CLOCK solo existe en demo / exists in demo only")
    return OffsetFileClock(settings.test_clock)


def _bus(service: Service, settings: ServiceSettings) -> Bus:
    if settings.amqp_url is None:
        raise StartupError("falta UNAVEZ_AMQP_URL / UNAVEZ_AMQP_URL is missing: this service runs on its own")
    return RabbitBus(settings.amqp_url.get_secret_value(), service)
