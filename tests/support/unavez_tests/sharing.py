"""Which tests share what they start: a folder of `tests` a running product, elsewhere a file its databases.

One worker runs all of them. With pytest 9.2 the groups of pytest-xdist 3.8 are lost silently (its issue 1386), and
each worker starts every product of its own; so its scheduler by scope is told our scopes, which need no mark.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling


def shares_with(nodeid: str) -> str:
    """Return the folder or file whose tests run on one worker with this one."""
    path = PurePosixPath(nodeid.partition("::")[0])
    return "/".join(path.parts[:2]) if path.parts[0] == "tests" else str(path)


class Together(LoadScopeScheduling):
    """Gives each worker whole folders and files."""

    def _split_scope(self, nodeid: str) -> str:
        return shares_with(nodeid)
