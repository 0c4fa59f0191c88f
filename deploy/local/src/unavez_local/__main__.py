"""`python -m unavez_local` is the `unavez` command."""

from unavez_shared.contracts.errors import StartupError
from unavez_shared.web.serving import refuse


def main() -> None:
    """Run the command; a protocol pack with a mistake is one line and exit code 2, as every error of ours."""
    try:
        # Not before: the commands read the protocol pack when they are imported.
        from unavez_local.cli import main as command  # noqa: PLC0415
    except StartupError as error:
        refuse(str(error))
    command()


if __name__ == "__main__":
    main()
