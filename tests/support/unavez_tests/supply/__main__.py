"""`python -m unavez_tests.supply`: the part of `make check` that looks at what is not our code."""

from __future__ import annotations

import sys

from unavez_tests.supply.advisories import check_advisories
from unavez_tests.supply.bill import check_bill
from unavez_tests.supply.leaks import check_secrets
from unavez_tests.supply.tools import ROOT


def main() -> int:
    """Make every check, whatever the others say; 1 when one failed."""
    checks = (check_advisories, check_secrets, check_bill)
    passed = [check(ROOT, _say) for check in checks]
    return int(not all(passed))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
