#!/usr/bin/env python3
"""Parked messages, audit and health of ONE service, run inside its container, where its keys and its database are.

docker compose exec -T SERVICE /bin/sh /opt/unavez/entrypoint.sh python - SERVICE VERB < deploy/containers/operate.py

VERB: parked | retry EVENT_ID | discard EVENT_ID | audit | doctor. `doctor` changes nothing and prints JSON.
Exit code 1: nothing of that id, findings in the audit, or something the doctor found failed.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import importlib.util
import json
import os
import sys
from pathlib import Path

from unavez_shared.clock import SystemClock
from unavez_shared.contracts.errors import StartupError
from unavez_shared.contracts.events import families_of
from unavez_shared.contracts.services import Service
from unavez_shared.doctor.checks import CHECKS
from unavez_shared.doctor.examination import examine
from unavez_shared.doctor.model import document, is_sound
from unavez_shared.doctor.target import Target
from unavez_shared.messaging.codec import EventCodec
from unavez_shared.messaging.inbox import Inbox
from unavez_shared.persistence.audit import read_audit_key, verify
from unavez_shared.persistence.database import UNREACHABLE, Database, create_engine, unreachable
from unavez_shared.privacy.sealing import SealingKeyring
from unavez_shared.privacy.signing import SigningKeys
from unavez_shared.settings import ServiceSettings
from unavez_shared.version import VERSION
from unavez_shared.web.server import read_settings
from unavez_shared.web.serving import refuse


async def _run(service: Service, verb: str, event_id: str) -> bool:
    clock, keys = SystemClock(), Path(os.environ["UNAVEZ_SEALING_KEYS_DIR"])
    codec = EventCodec(service, SealingKeyring.load(keys, families_of(service), clock), SigningKeys.load(keys, service))
    engine = create_engine(os.environ["UNAVEZ_DATABASE_URL"], service.database, pool_size=1)
    database = Database(engine, encoder=codec, clock=clock)
    inbox = Inbox(service, database, codec, {})
    try:
        if verb == "audit":
            findings = await verify(engine, read_audit_key(Path(os.environ["UNAVEZ_AUDIT_KEY_FILE"])))
            _say(*(str(finding) for finding in findings), f"{len(findings)} hallazgos / findings")
            return not findings
        if verb == "retry":
            return await inbox.retry(event_id)
        if verb == "discard":
            return await inbox.discard(event_id)
        for message in await inbox.list_parked():
            due = message.next_attempt_at.isoformat(timespec="seconds") if message.next_attempt_at else "-"
            _say(f"{message.event_id}  {message.routing_key}  {message.reason}  {message.attempts}  {due}")
        return True
    finally:
        await database.close()


async def _doctor(service: Service) -> bool:
    package, kek = f"unavez_{service.value.replace('-', '_')}", os.environ.get("UNAVEZ_KEK_FILE")
    settings = read_settings(ServiceSettings)
    own = importlib.import_module(f"{package}.doctor").CHECKS if importlib.util.find_spec(f"{package}.doctor") else ()
    target = Target(
        packages={service: package},
        settings=settings,
        kek_file=Path(kek) if kek else None,
        service_urls={service: f"http://127.0.0.1:{settings.port}{service.path}"},
        is_running=True,
    )
    results = await examine(target, (*CHECKS, *own))
    _say(json.dumps(document(results), ensure_ascii=False, indent=2))
    return is_sound(results)


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="operate.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("service", choices=[each.value for each in Service])
    parser.add_argument("verb", choices=["parked", "retry", "discard", "audit", "doctor"])
    parser.add_argument("event_id", nargs="?")
    parser.add_argument("--version", action="version", version=f"operate.py {VERSION}")
    asked = parser.parse_args()
    service = Service(asked.service)
    if (asked.event_id is not None) != (asked.verb in {"retry", "discard"}):
        parser.error("parked | retry EVENT_ID | discard EVENT_ID | audit | doctor")
    work = _doctor(service) if asked.verb == "doctor" else _run(service, asked.verb, asked.event_id or "")
    try:
        sys.exit(0 if asyncio.run(work) else 1)
    except StartupError as error:
        refuse(str(error))
    except UNREACHABLE as error:
        refuse(str(unreachable(service.database, error)))
