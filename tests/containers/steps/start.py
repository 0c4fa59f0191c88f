"""From a checkout to an installation with a directory, by the blocks of deploy/containers/README.md in order."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from containers.stage import CommandError, Stage
from containers.table import Row
from unavez_tests.chaos.servers import wait_until
from unavez_tests.pages import Block, blocks

PAGE = "deploy/containers/README.md"
FORGOTTEN = "COMPOSE_ENV_FILES"
ARRIVAL_SECONDS = 60


def readme() -> list[Block]:
    """Return the blocks of the README a trial runs, in order."""
    return [block for block in blocks(PAGE) if block.language == "sh" and block.kind != "real"]


def run(stage: Stage) -> Iterator[Row]:
    """Run the blocks; each that fails ends the run."""
    secrets, settings, up, directory, look = readme()
    stage.copy_checkout()
    begun = time.monotonic()
    stage.shell(secrets.text)
    yield Row("README: secrets come from an image, in a checkout with a umask of 077", True, _since(begun))
    yield Row("without COMPOSE_ENV_FILES compose ends with an error that names it", *_forgotten(stage))
    stage.shell(settings.text)
    if stage.port != 8000:
        stage.set(f"UNAVEZ_GATEWAY_PORT={stage.port}", f"UNAVEZ_PUBLIC_URL={stage.url}")
    begun = time.monotonic()
    token = stage.shell(up.text).splitlines()[-1]
    yield Row("README: images are built, everything becomes healthy", stage.is_ready(), _since(begun))
    feed = stage.client.get("/notifier/v1/events", headers={"Authorization": f"Bearer {token}"})
    yield Row("README: a token from an image is taken", feed.is_success, str(feed.status_code))
    imported = json.loads(stage.shell(directory.text))
    published = imported["services_published"]
    seconds = wait_until(lambda: _knows(stage, published), ARRIVAL_SECONDS, "the directory did not arrive", poll=0.5)
    yield Row(
        "README: a directory comes in", published > 0, f"{published} services, at the router after {seconds:.1f} s"
    )
    printed = stage.shell(look.text)
    yield Row("README: operate.py looks after a service", '"checks"' in printed)


def _forgotten(stage: Stage) -> tuple[bool, str]:
    try:
        stage.compose("up", "--detach", COMPOSE_ENV_FILES="")
    except CommandError as error:
        return FORGOTTEN in str(error), ""
    return False, "no error"


def _knows(stage: Stage, published: int) -> bool:
    query = ("psql", "-U", "postgres", "-At", "-c", "SELECT count(*) FROM services", "unavez_router")
    return int(stage.compose("exec", "-T", "postgres", *query)) >= published


def _since(begun: float) -> str:
    return f"{time.monotonic() - begun:.0f} s"
