"""Applies what other services say: dedup row, effect and new outbox rows in one transaction, then the acknowledgement.

A batch shares one commit. When a handler fails the batch is applied again one event at a time, and the event that fails
alone is parked: the others of its batch, and later ones of its subject, go on. When the database is away nothing is
parked: the error goes to the bus, which pauses and presents the same messages again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from unavez_shared.clock import Clock
from unavez_shared.contracts.actor import Actor
from unavez_shared.contracts.services import Service
from unavez_shared.loops import repeat
from unavez_shared.messaging import parked
from unavez_shared.messaging.bus import Bus, Message, Outcome
from unavez_shared.messaging.errors import BadSignatureError, EarlyError, UndecodableError, WrongVersionError
from unavez_shared.messaging.event import Event
from unavez_shared.messaging.parked import ParkedMessage
from unavez_shared.messaging.runs import runs
from unavez_shared.messaging.subscriptions import Subscriptions
from unavez_shared.messaging.transient import is_contention, is_down
from unavez_shared.observability.log import logger
from unavez_shared.observability.measures import InboxMeasures
from unavez_shared.observability.trace import enter_trace, leave_trace
from unavez_shared.persistence.database import Database, UnitOfWork

log = logger(__name__)

_RETRIES_SECONDS = (0.02, 0.1, 0.3, 1.0)
"""Pauses before a transaction that met another one is tried again, in place."""
_TRANSACTION_SECONDS = 30
"""A transaction that takes longer hangs on a dead connection."""
_DUE_SECONDS = 0.5
_PRUNE_SECONDS = 3600.0


class Decoder(Protocol):
    """Opens what comes from the bus; `codec.EventCodec` in production."""

    def decode(self, body: bytes) -> Event[Any]:
        """Return the event. Raises one of `messaging.errors`."""
        ...


@dataclass(frozen=True, slots=True)
class _Unopened:
    message: Message
    reason: str
    retried: bool


@dataclass(frozen=True, slots=True)
class _Opened:
    message: Message
    event: Event[Any]


class Inbox:
    """The inbox of one service."""

    def __init__(
        self,
        service: Service,
        database: Database,
        codec: Decoder,
        subscriptions: Subscriptions,
        clock: Clock | None = None,
    ) -> None:
        self._service = service
        self._database = database
        self._codec = codec
        self._subscriptions = subscriptions
        self._clock = clock or database.clock
        self._measures = InboxMeasures(service)
        self._after_commit: list[Callable[[], None]] = []
        self._prune_at = 0.0

    @property
    def handles(self) -> frozenset[str]:
        """Names of the event types somebody here applies."""
        return frozenset(event.name for event in self._subscriptions)

    def call_after_commit(self, callback: Callable[[], None]) -> None:
        """Call this, without arguments, after each COMMIT that applied something: it wakes who waits for effects."""
        self._after_commit.append(callback)

    async def start(self, bus: Bus) -> None:
        """Consume every event type that has a handler."""
        keys = frozenset(event_type.name for event_type in self._subscriptions)
        await bus.consume(self._service, keys, self.handle)

    async def handle(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        """Apply a micro-batch (a `BatchHandler`). Raises when the database is away."""
        outcomes = await self._handle(messages)
        self._measures.handled(len(messages))
        return outcomes

    async def _handle(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        opened: list[_Opened] = []
        unopened: list[_Unopened] = []
        outcomes = [Outcome.DONE] * len(messages)
        for index, message in enumerate(messages):
            try:
                read = self._open(message)
            except UndecodableError:
                outcomes[index] = Outcome.UNDECODABLE
                self._measures.dead_letters.inc()
                continue
            if isinstance(read, _Opened):
                opened.append(read)
            else:
                unopened.append(read)
        if unopened:
            await self._retrying(lambda work: self._park_unopened(work, unopened))
        if opened:
            await self._apply_all(opened)
        return outcomes

    def _open(self, message: Message) -> _Opened | _Unopened:
        try:
            event = self._codec.decode(message.body)
        except UndecodableError:
            raise
        except BadSignatureError:
            return _Unopened(message, "bad_signature", retried=False)
        except WrongVersionError:
            return _Unopened(message, "wrong_version", retried=True)
        except Exception as error:  # noqa: BLE001  (a fault of ours must not throw an event away)
            # Never with a traceback: its frames hold bodies.
            log.error("decoding_failed", service=self._service.value, error=type(error).__name__)  # noqa: TRY400
            return _Unopened(message, "decoding_failed", retried=True)
        if event.event_type not in self._subscriptions:
            return _Unopened(message, "not_subscribed", retried=False)
        return _Opened(message, event)

    async def _park_unopened(self, work: UnitOfWork, unopened: Sequence[_Unopened]) -> None:
        for item in unopened:
            log.error("message_refused", service=self._service.value, reason=item.reason)
            work.after_commit(partial(self._measures.refused, item.reason))
            await parked.park_unopened(work, item.message, item.reason, self._clock.now(), retried=item.retried)

    async def _apply_all(self, batch: Sequence[_Opened]) -> None:
        try:
            await self._retrying(lambda work: self._apply(work, [item.event for item in batch]))
        except Exception as error:
            if is_down(error):
                raise
            log.warning("batch_split", service=self._service.value, size=len(batch), error=type(error).__name__)
            for item in batch:
                await self._apply_alone(item)
        for callback in self._after_commit:
            callback()

    async def _apply_alone(self, item: _Opened) -> None:
        event = item.event
        try:
            await self._retrying(lambda work: self._apply(work, [event]))
        except BadSignatureError:
            # A handler missed a signature the codec does not insist on: refused like what does not open.
            refused = [_Unopened(item.message, BadSignatureError.code, retried=False)]
            await self._retrying(lambda work: self._park_unopened(work, refused))
        except Exception as error:
            if is_down(error):
                raise
            reason = type(error).__name__[:64]
            self._log_parked(event, reason)
            self._measures.refused("handler_failed")
            now = self._clock.now()
            await self._retrying(lambda work: parked.park(work, item.message, event, reason, now))

    async def _apply(self, work: UnitOfWork, events: Sequence[Event[Any]]) -> None:
        new_ids, has_parked = await parked.claim(work, events, self._clock.now())
        if not new_ids:
            return
        # By id: a message that came twice in one batch is applied once.
        fresh = list({event.id: event for event in events if event.id in new_ids}.values())
        await self._run(work, fresh)
        if has_parked:
            await self._move_on(work, fresh)

    async def _move_on(self, work: UnitOfWork, applied: Sequence[Event[Any]]) -> None:
        """What is parked of these subjects may be superseded now, or have waited for just this."""
        for event_id in await parked.discard_superseded(work, applied):
            work.record("parked_message_superseded", subject_id=event_id)
        await parked.make_later_due(work, applied, self._clock.now())

    async def _run(self, work: UnitOfWork, events: Sequence[Event[Any]]) -> None:
        for apply, run in runs(events, self._subscriptions):
            # One event continues its trace; a run of several belongs to none, its handler may enter each.
            token = enter_trace(run[0].traceparent) if len(run) == 1 else None
            try:
                await apply(run, work)
                for family, count in Counter(event.event_type.family for event in run).items():
                    work.after_commit(partial(self._measures.applied, family, count))
            finally:
                if token is not None:
                    leave_trace(token)

    async def _retrying(self, action: Callable[[UnitOfWork], Any]) -> None:
        """Run one transaction; again, after a pause, while another transaction is in its way."""
        for pause in (*_RETRIES_SECONDS, None):
            try:
                async with asyncio.timeout(_TRANSACTION_SECONDS), self._database.transaction() as work:
                    await action(work)
            except Exception as error:
                if pause is None or not is_contention(error):
                    raise
                await asyncio.sleep(pause)
            else:
                return

    def _log_parked(self, event: Event[Any], reason: str) -> None:
        log.error(
            "event_parked",
            service=self._service.value,
            event_type=event.event_type.name,
            event_id=str(event.id),
            error=reason,
        )

    # --- parked messages ------------------------------------------------------------------------------------------

    async def run_parked(self, stopping: asyncio.Event) -> None:
        """Retry parked messages when they are due, and forget old inbox rows, until `stopping` is set."""
        self._prune_at = asyncio.get_running_loop().time()
        await repeat(self._retry_or_prune, stopping, failed=self._interrupted)

    async def _retry_or_prune(self) -> float:
        if await self._retry_one():
            return 0.0
        now = asyncio.get_running_loop().time()
        if now >= self._prune_at:
            async with self._database.transaction() as work:
                await parked.prune(work, self._clock.now())
            self._prune_at = now + _PRUNE_SECONDS
        return _DUE_SECONDS

    def _interrupted(self, error: Exception) -> float:
        """The database is away; parked messages can wait."""
        log.warning("parked_interrupted", service=self._service.value, error=type(error).__name__)
        return _DUE_SECONDS

    async def _retry_one(self) -> bool:
        """Retry one due message; tell whether there was one."""
        failed: tuple[str, str, int] | None = None
        try:
            async with asyncio.timeout(_TRANSACTION_SECONDS), self._database.transaction() as work:
                row = await parked.lock_due(work, self._clock.now())
                if row is None:
                    return False
                failed = (row.event_id, row.reason, row.attempts + 1)
                await self._apply_parked(work, Message(row.event_id, row.routing_key, bytes(row.body)))
        except Exception as error:
            if failed is None or is_down(error):
                raise
            event_id, reason, attempts = failed
            if isinstance(error, BadSignatureError):
                reason, attempts = BadSignatureError.code, parked.NEVER_AGAIN
            elif not isinstance(error, WrongVersionError):
                reason = type(error).__name__[:64]
            if isinstance(error, EarlyError):
                attempts = min(attempts, parked.EARLY_ATTEMPTS)
            log.warning("parked_again", service=self._service.value, event_id=event_id, error=type(error).__name__)
            async with self._database.transaction() as work:
                await parked.postpone(work, event_id, reason, attempts, self._clock.now())
            return True
        for callback in self._after_commit:
            callback()
        return True

    async def _apply_parked(self, work: UnitOfWork, message: Message) -> None:
        event = self._codec.decode(message.body)
        if message.message_id == str(event.id):
            await self._run(work, [event])
            await self._move_on(work, [event])
        else:
            # It did not open when it came, so its id is not in the inbox, unless the true event was applied since.
            await self._apply(work, [event])
        await parked.remove(work, message.message_id)
        work.record("parked_message_applied", subject_id=message.message_id)

    async def list_parked(self, limit: int = 1_000) -> list[ParkedMessage]:
        """Return what is parked, oldest first."""
        async with self._database.transaction() as work:
            return await parked.list_all(work, limit)

    async def retry(self, event_id: str, actor: Actor | None = None) -> bool:
        """Make a parked message due now; tell whether it was there. Audited."""
        async with self._database.transaction() as work:
            found = await parked.make_due(work, event_id, self._clock.now())
            if found:
                work.record("parked_message_retried", actor=actor, subject_id=event_id)
        return found

    async def discard(self, event_id: str, actor: Actor | None = None) -> bool:
        """Throw a parked message away; tell whether it was there. Audited."""
        async with self._database.transaction() as work:
            found = await parked.remove(work, event_id)
            if found:
                work.record("parked_message_discarded", actor=actor, subject_id=event_id)
        return found
