"""THE table of faults: one entry each, its expected outcome beside it. `make test` runs the short set."""

from __future__ import annotations

from collections.abc import Sequence

from unavez_tests.chaos import (
    faults_broker,
    faults_database,
    faults_messages,
    faults_processes,
    faults_time,
    faults_upgrade,
)
from unavez_tests.chaos.fault import Fault

FAULTS: Sequence[Fault] = [
    # --- processes
    Fault(
        "kill -9 of both replicas of each service",
        faults_processes.kill_each_service,
        "the next process goes on where the outbox, the inbox and the leases say",
    ),
    Fault(
        "kill -9 of each service at random, 20 times",
        faults_processes.kill_at_random,
        "the same, at any instant",
    ),
    Fault(
        "kill between commit and publish",
        faults_processes.kill_between_commit_and_publish,
        "the row is in the outbox; the next relay publishes it",
        per_second=0,
        in_short_set=True,
        on_each_broker=True,
    ),
    Fault(
        "kill between publish and delete",
        faults_processes.kill_between_publish_and_delete,
        "published again; the inbox knows the id",
        per_second=0,
        on_each_broker=True,
    ),
    Fault(
        "kill between commit and ack",
        faults_processes.kill_between_commit_and_ack,
        "delivered again; the inbox knows the id",
        per_second=0,
        on_each_broker=True,
    ),
    Fault(
        "kill between HTTP 200 and completion",
        faults_processes.kill_between_webhook_and_completion,
        "the same bytes and webhook-id again when the lease of 20 s is over; one effect",
        per_second=0,
    ),
    Fault(
        "rolling SIGTERM under load",
        faults_processes.roll,
        "exit code 0 within 25 s each; no request lost",
    ),
    Fault(
        "SIGSTOP of a service for 40 s",
        faults_processes.hang_services,
        "the other replica answers; what the hung one held goes on when it wakes or its connection is closed",
    ),
    # --- broker
    Fault(
        "kill -9 of the broker",
        faults_broker.kill_broker,
        "first delivery within 3 s after it is back",
        on_each_broker=True,
    ),
    Fault(
        "kill -9 of the broker, few intakes",
        faults_broker.kill_broker,
        "the same, as quickly as it can be seen",
        per_second=1,
        in_short_set=True,
    ),
    Fault(
        "SIGSTOP of the broker for 60 s",
        faults_broker.hang_broker,
        "heartbeats notice; 201 needs no broker",
        on_each_broker=True,
    ),
    Fault(
        "broker away for 2 minutes",
        faults_broker.broker_away,
        "201 needs no broker; first delivery within 3 s after it is back",
        on_each_broker=True,
    ),
    Fault(
        "broker connections half-open",
        faults_broker.broker_half_open,
        "heartbeats and publish timeouts notice; connections are rebuilt",
        on_each_broker=True,
    ),
    Fault(
        "broker network frozen for 15 s",
        faults_broker.broker_frozen,
        "what was published late and again has one effect",
        on_each_broker=True,
    ),
    Fault(
        "broker connections reset",
        faults_broker.broker_connections_reset,
        "rebuilt within a second; unconfirmed rows again",
        on_each_broker=True,
    ),
    Fault(
        "broker connections cut in the middle of a frame",
        faults_broker.broker_connections_cut,
        "half a frame is no message",
        on_each_broker=True,
    ),
    Fault(
        "broker connections half-closed",
        faults_broker.broker_half_closed,
        "taken as lost and rebuilt",
        on_each_broker=True,
    ),
    Fault("slow broker network", faults_broker.broker_slow, "slower, whole", on_each_broker=True),
    Fault(
        "memory alarm of the broker",
        faults_broker.memory_alarm,
        "publishes wait in the outbox; 201 goes on",
        on_each_broker=True,
    ),
    Fault(
        "connections closed by an operator",
        faults_broker.connections_closed_by_an_operator,
        "rebuilt within a second",
        on_each_broker=True,
    ),
    Fault(
        "queues deleted behind our back",
        faults_broker.queue_deleted,
        "cancelled consumers declare it anew; what lay in it is said again",
        on_each_broker=True,
    ),
    Fault(
        "queues purged behind our back",
        faults_broker.queue_purged,
        "what lay in it is said again",
        on_each_broker=True,
    ),
    Fault(
        "bindings removed behind our back",
        faults_broker.binding_removed,
        "bound anew; nothing said meanwhile is lost",
        per_second=0,
        on_each_broker=True,
    ),
    # --- database
    Fault(
        "PostgreSQL restarted with -m immediate",
        faults_database.restart_immediately,
        "first delivery within 3 s after it is back",
    ),
    Fault(
        "kill -9 of PostgreSQL",
        faults_database.kill_database,
        "first delivery within 3 s after it is back",
    ),
    Fault(
        "PostgreSQL down for 2 minutes",
        faults_database.database_down,
        "503 meanwhile, never 500; first delivery within 3 s after it is back",
    ),
    Fault(
        "the router's database away for 2 minutes, messages flowing",
        faults_database.one_database_away,
        "its consumer pauses, its queue fills, intakes are answered; first delivery within 3 s after",
    ),
    Fault(
        "terminated backends",
        faults_database.terminate_backends,
        "every transaction whole or repeated",
    ),
    Fault(
        "database connections reset",
        faults_database.database_connections_reset,
        "every transaction whole or repeated",
    ),
    Fault(
        "database connections cut in the middle of a message",
        faults_database.database_connections_cut,
        "every transaction whole or repeated",
    ),
    Fault(
        "database connections half-open",
        faults_database.database_half_open,
        "statements time out; pools replace what is dead",
    ),
    Fault(
        "pool exhaustion",
        faults_database.exhaust_the_pool,
        "answered late or 503, never 500",
        per_second=0,
    ),
    Fault(
        "disk of PostgreSQL full",
        faults_database.disk_full,
        "503, never a 201 that is not on disk; goes on when there is room",
    ),
    Fault(
        "backup while running, restore",
        faults_database.restore_a_backup,
        "backup and log together lose nothing; the audit verifies, feeds go on",
    ),
    # --- messages
    Fault(
        "duplicates and replays on the bus",
        faults_messages.duplicates_and_replays,
        "the inbox knows every id",
        per_second=0,
        on_each_broker=True,
    ),
    Fault(
        "reorderings on the bus",
        faults_messages.reordered,
        "order matters per subject alone",
        per_second=0,
        on_each_broker=True,
    ),
    Fault(
        "steps of one referral reordered on the bus",
        faults_messages.steps_reordered,
        "a step waits for the one before it; feeds keep the order of each referral",
        per_second=0,
        on_each_broker=True,
    ),
    Fault(
        "poison, oversize, wrong-version, unsigned and forged messages",
        faults_messages.hostile_messages,
        "what is no event is dead-lettered, what does not open is parked for an operator; none has an effect",
        on_each_broker=True,
    ),
    Fault(
        "two versions of an event together",
        faults_messages.two_versions_together,
        "a new field is ignored, a new version is parked until this side knows it",
        per_second=0,
        on_each_broker=True,
    ),
    # --- versions
    Fault(
        "upgrade from the previous schema with messages in flight",
        faults_upgrade.upgrade_with_messages_in_flight,
        "no service starts on the previous schema; migrated, all goes on where outbox, queues and parked messages say",
        on_each_broker=True,
    ),
    # --- time
    Fault(
        "offers run out one after the other",
        faults_time.offers_run_out,
        "each goes to the next candidate and is told to both; nothing else has to rest for that",
        per_second=0,
    ),
    Fault(
        "soak of 20 minutes",
        faults_time.soak,
        "memory, descriptors, threads and tasks flat; 150 MB a process at most",
        timeout_seconds=2400,
    ),
]
