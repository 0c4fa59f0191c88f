"""`python -m unavez_local` is the `unavez` command."""

from unavez_local.cli import main

main()
