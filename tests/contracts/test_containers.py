"""What can be known of images, compose file and secrets without a Docker engine.

The images are built as far as possible: the files a Dockerfile copies, its command of uv, the program it starts.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import stat
import subprocess
import sys
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jsonschema import Draft202012Validator

from unavez_local.composition import PACKAGES, SETTINGS
from unavez_shared.clock import SystemClock
from unavez_shared.contracts.events import families_of
from unavez_shared.contracts.services import Service
from unavez_shared.privacy.sealing import SealingKeyring
from unavez_shared.privacy.signing import SigningKeys
from unavez_shared.web.connections import BODY_SECONDS, HEADER_SECONDS, STALLED_SECONDS
from unavez_shared.web.edge import REQUEST_ID, SECURITY_HEADERS
from unavez_shared.web.problems import MEDIA_TYPE, NOT_FOUND_BODY, problem_body

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "deploy" / "containers"
SERVICES = list(Service)
DEFAULT_SECRETS = "./.unavez/containers"


@cache
def compose(*names: str) -> dict[str, Any]:
    """Read compose files, the later ones' keys over the earlier ones', with every variable at its default."""
    merged: dict[str, Any] = {}
    for name in names or ("docker-compose.yml",):
        text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", (ROOT / name).read_text(encoding="utf-8"))
        merged |= yaml.safe_load(re.sub(r"\$\{\w+:\?[^}]*\}", "given", text))
    return merged


def dockerfile(service: Service) -> list[list[str]]:
    return instructions(ROOT / "services" / service.value / "Dockerfile")


def instructions(path: Path) -> list[list[str]]:
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    return [shlex.split(line) for line in text.splitlines() if line.strip() and not line.startswith("#")]


def is_ignored(path: str) -> bool:
    """Apply `.dockerignore`: the last pattern that matches a path or a folder above it decides."""
    ignored = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        if any(_matches("/".join(path.split("/")[:depth]), pattern) for depth in range(1, path.count("/") + 2)):
            ignored = not line.startswith("!")
    return ignored


def _matches(path: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return any(fnmatchcase(part, pattern[3:]) for part in path.split("/"))
    return path.count("/") == pattern.count("/") and fnmatchcase(path, pattern)


def copied(service: Service) -> list[str]:
    """Return the repository files that reach the build: what COPY names and `.dockerignore` lets through."""
    files: set[str] = set()
    for instruction, *arguments in dockerfile(service):
        if instruction in {"COPY", "ADD"} and not arguments[0].startswith("--from"):
            assert instruction == "COPY"
            for source in (name for name in arguments[:-1] if not name.startswith("--chmod=")):
                found = [path for path in sorted((ROOT / source).rglob("*")) if path.is_file()] or [ROOT / source]
                assert found[0].is_file(), f"{source} does not exist"
                files |= {path.relative_to(ROOT).as_posix() for path in found}
    return sorted(path for path in files if not is_ignored(path))


# --- images -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_its_service_and_the_shared_kit_only(service: Service) -> None:
    files = copied(service)
    allowed = ("pyproject.toml", "uv.lock", "shared/pyproject.toml", "shared/src/", "deploy/containers/entrypoint.sh")
    own = (f"services/{service.value}/pyproject.toml", f"services/{service.value}/src/")
    assert [path for path in files if not path.startswith((*allowed, *own))] == []
    assert f"services/{service.value}/src/{PACKAGES[service]}/main.py" in files
    assert "deploy/containers/entrypoint.sh" in files
    assert not [path for path in files if "/tests/" in path or "__pycache__" in path]


def test_no_data_key_or_history_reaches_a_build() -> None:
    kept_out = (
        ".unavez/containers/intake/kek.json",
        ".git/config",
        ".venv/bin/python",
        "shared/tests/unit/x.py",
        ".env",
    )
    assert [path for path in kept_out if not is_ignored(path)] == []


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_runs_without_root_rights_and_tells_its_health(service: Service) -> None:
    lines = dockerfile(service)
    stages = [index for index, line in enumerate(lines) if line[0] == "FROM"]
    assert [lines[index][1] for index in stages] == ["python:3.11-slim", "python:3.11-slim"]
    last = {line[0]: line[1:] for line in lines[stages[1] :]}
    assert last["USER"] == ["10001:10001"]
    assert f"http://127.0.0.1:8000{service.path}/health/ready" in " ".join(last["HEALTHCHECK"])
    assert json.loads(_exec_form(service, "CMD")) == ["python", "-m", f"{PACKAGES[service]}.main"]


def _exec_form(service: Service, instruction: str) -> str:
    text = (ROOT / "services" / service.value / "Dockerfile").read_text(encoding="utf-8")
    return text.rpartition(f"\n{instruction} ")[2].splitlines()[0]


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_dockerfile_copies_is_enough_to_build_and_start_it(service: Service, tmp_path: Path) -> None:
    for path in copied(service):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    uv = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    builds = [line[1:] for line in dockerfile(service) if line[:2] == ["RUN", "uv"]]
    assert len(builds) == 2
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), "UV_PROJECT_ENVIRONMENT": str(tmp_path / "venv")}
    python = str(tmp_path / "venv" / "bin" / "python")
    command = builds[-1][: builds[-1].index("&&")]
    build = [uv, *command[1:], "--python", sys.executable, "--quiet"]
    subprocess.run(build, cwd=tmp_path, env=environment, check=True)
    shutil.rmtree(tmp_path / "services")
    shutil.rmtree(tmp_path / "shared")
    document = subprocess.run(
        [python, "-m", f"{PACKAGES[service]}.main", "openapi"], cwd=tmp_path, check=True, capture_output=True
    )
    assert json.loads(document.stdout)["openapi"].startswith("3.")
    others = [package for package in [*PACKAGES.values(), "unavez_local", "pytest"] if package != PACKAGES[service]]
    probe = f"import importlib.util; print([n for n in {others!r} if importlib.util.find_spec(n)])"
    assert subprocess.run([python, "-c", probe], capture_output=True, check=True, text=True).stdout.strip() == "[]"


# --- the compose file ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["docker-compose.yml", "deploy/containers/oidc.yml"])
def test_a_compose_file_is_one_by_its_specification(name: str) -> None:
    schema = json.loads((ROOT / "shared/vendor/compose-spec/compose-spec.json").read_text(encoding="utf-8"))
    faults = [fault.message for fault in Draft202012Validator(schema).iter_errors(compose(name))]
    assert faults == []


def test_every_name_a_compose_service_uses_is_declared() -> None:
    whole = compose()
    for name, each in whole["services"].items():
        assert {s if isinstance(s, str) else s["source"] for s in each.get("secrets", [])} <= whole["secrets"].keys(), (
            name
        )
        assert {c["source"] for c in each.get("configs", [])} <= whole["configs"].keys(), name
        assert set(each["networks"]) <= whole["networks"].keys(), name
        assert each.get("depends_on", {}).keys() <= whole["services"].keys(), name


def test_every_secret_file_is_one_the_script_creates(secrets: Path) -> None:
    files = [each["file"] for kind in ("secrets", "configs") for each in compose()[kind].values()]
    for file in files:
        path = Path(file.replace(DEFAULT_SECRETS, str(secrets)))
        assert (ROOT / path).is_file(), file


def test_no_password_stands_in_the_compose_file() -> None:
    for name, each in compose()["services"].items():
        assert not {key for key in each.get("environment", {}) if re.search("PASSWORD$|_URL$", key)} - {
            "UNAVEZ_PUBLIC_URL"
        }, name


def test_nothing_but_the_gateway_is_reached_from_outside_and_only_through_this_machine() -> None:
    services = compose()["services"]
    assert {name: each["ports"] for name, each in services.items() if "ports" in each} == {
        "gateway": ["127.0.0.1:8000:8080"]
    }
    assert {name for name, each in services.items() if "outside" in each["networks"]} == {"gateway", "notifier"}
    assert {name for name, each in services.items() if "data" not in each["networks"]} == {"gateway"}
    assert compose()["networks"]["data"]["internal"] is True


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_with_what_the_compose_file_gives_it(
    service: Service, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    each = compose()["services"][service.value]
    given = {mount["target"]: secret_file(mount["source"], secrets) for mount in each["secrets"]}
    for name, value in each["environment"].items():
        monkeypatch.setenv(name, str(value))
    for target, path in given.items():
        if target.startswith("UNAVEZ_"):
            monkeypatch.setenv(target, path.read_text(encoding="utf-8"))
    fields = SETTINGS[service].model_fields
    assert {name.removeprefix("UNAVEZ_").lower() for name in each["environment"]} <= fields.keys()
    settings = SETTINGS[service]()
    assert f"/run/secrets/{'audit.key'}" == str(settings.audit_key_file)
    assert settings.amqp_url is not None
    wanted = {path.name for path in (settings.audit_key_file, getattr(settings, "kek_file", None)) if path is not None}
    assert wanted == {target for target in given if not target.startswith("UNAVEZ_")}


def secret_file(source: str, secrets: Path) -> Path:
    return Path(compose()["secrets"][source]["file"].replace(DEFAULT_SECRETS, str(secrets)))


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_given_its_own_secrets_and_nobody_elses(service: Service, secrets: Path) -> None:
    each = compose()["services"][service.value]
    for mount in each["secrets"]:
        assert secret_file(mount["source"], secrets).parent == secrets / service.value
    assert [volume["source"] for volume in each["volumes"]] == [f"{DEFAULT_SECRETS}/{service.value}/events"]
    assert "owner-url" not in {secret_file(mount["source"], secrets).name for mount in each["secrets"]}
    migration = compose()["services"][f"migrate-{service.value}"]
    assert [secret_file(mount["source"], secrets).name for mount in migration["secrets"]] == ["owner-url"]
    assert "volumes" not in migration


def test_the_issuer_and_the_superuser_are_in_no_service(secrets: Path) -> None:
    sources = {
        name: {
            secret_file(s if isinstance(s, str) else s["source"], secrets).parent.name for s in each.get("secrets", [])
        }
        for name, each in compose()["services"].items()
    }
    assert not [name for name, folders in sources.items() if "issuer" in folders]
    assert {name for name, folders in sources.items() if "postgres" in folders} == {"postgres", "database-roles"}


def test_metrics_are_off_and_no_port_or_path_of_the_outside_leads_to_them() -> None:
    services = compose()["services"]
    for service in SERVICES:
        each = services[service.value]
        assert each["environment"]["UNAVEZ_METRICS_PORT"] == 0
        assert each["environment"]["UNAVEZ_METRICS_HOST"] == "127.0.0.1"
        assert "ports" not in each
    assert "9464" not in (SCRIPTS / "nginx.conf").read_text(encoding="utf-8")


def test_the_gateway_has_the_paths_of_one_process_and_keeps_no_address() -> None:
    text = (SCRIPTS / "nginx.conf").read_text(encoding="utf-8")
    routed = dict(re.findall(r"location (/[a-z]+)/ \{\s+set \$service http://([a-z-]+):8000;", text))
    assert routed == {service.path: service.value for service in Service}
    assert "access_log off;" in text
    assert "error_log /dev/null emerg;" in text
    assert "remote_addr" not in text
    blanked = re.findall(r'^    proxy_set_header (\S+) "";$', text, re.MULTILINE)
    assert set(blanked) == {"Connection", "X-Forwarded-For", "X-Real-IP", "Forwarded", "User-Agent"}
    # nginx takes these from the level above only where a level below sets none of its own.
    assert text.count("proxy_set_header") == len(blanked) + 1


MAY_REPEAT = {"add_header", "error_page", "proxy_set_header"}


def test_no_directive_of_the_gateway_stands_twice_in_a_block_for_nginx_would_not_start() -> None:
    text = re.sub(r"#.*", "", (SCRIPTS / "nginx.conf").read_text(encoding="utf-8"))
    blocks: list[list[str]] = [[]]
    for words, end in re.findall(r"((?:'[^']*'|\"[^\"]*\"|[^{};'\"])*)([{};])", text):
        if end == ";":
            blocks[-1].append(words.split()[0])
        elif end == "{":
            blocks.append([])
        else:
            once = [name for name in blocks.pop() if name not in MAY_REPEAT]
            assert len(once) == len(set(once)), once
    assert len(blocks) == 1
    assert "RUN nginx -t -q" in (SCRIPTS / "gateway.Dockerfile").read_text(encoding="utf-8")


DOCKERFILES = [
    *(SCRIPTS / name for name in ("gateway.Dockerfile", "rabbitmq.Dockerfile")),
    *(ROOT / "services" / service.value / "Dockerfile" for service in SERVICES),
]


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_an_image_takes_from_a_checkout_is_readable_whatever_its_umask(path: Path) -> None:
    lines = instructions(path)
    last_stage = lines[max(index for index, line in enumerate(lines) if line[:1] == ["FROM"]) :]
    taken = [line for line in last_stage if line[:1] == ["COPY"] and not line[1].startswith("--from")]
    assert taken
    assert all(line[1] in {"--chmod=0644", "--chmod=0755"} for line in taken)


def test_no_configuration_is_mounted_from_the_checkout() -> None:
    assert set(compose()["configs"]) == {"jwks"}


def test_forgetting_the_environment_file_is_an_error_that_names_it() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert text.count("${UNAVEZ_UID:?export COMPOSE_ENV_FILES=.unavez/containers/environment}") == 3
    assert "${UNAVEZ_UID:-" not in text


def test_everything_that_runs_has_limits_of_memory_and_processes() -> None:
    unlimited = [name for name, each in compose()["services"].items() if not {"mem_limit", "pids_limit"} <= each.keys()]
    assert unlimited == []


def test_nothing_leaves_an_anonymous_volume_behind() -> None:
    services = compose()["services"]
    postgres = [name for name, each in services.items() if each.get("image") == "postgres:18"]
    covered = [
        name
        for name in postgres
        if any(
            str(mount).endswith("/var/lib/postgresql")
            for mount in [*services[name].get("volumes", []), *services[name].get("tmpfs", [])]
        )
    ]
    assert sorted(covered) == sorted(postgres) == ["database-roles", "postgres"]


OWN_ANSWERS = {
    400: "bad_request",
    404: "not_found",
    413: "body_too_large",
    414: "address_too_long",
    431: "headers_too_large",
    503: "unavailable",
}


def test_what_the_gateway_answers_by_itself_is_to_the_byte_what_a_service_would_answer() -> None:
    text = (SCRIPTS / "nginx.conf").read_text(encoding="utf-8")
    own = [part for part in text.split("        location ")[1:] if part.startswith("= /own/")]
    seen = {}
    for part in own:
        inside = part.partition("\n        }")[0]
        assert "\n            internal;\n" in inside
        ((status, body),) = re.findall(r"return (\d+) '([^']*)';", inside)
        added = re.findall(r'add_header (\S+) (?:"([^"]*)"|(\S+)) always;', inside)
        headers = {name.lower(): quoted or plain for name, quoted, plain in added}
        retry = {"retry-after": "1"} if status == "503" else {}
        every = {**dict(SECURITY_HEADERS), "cache-control": "no-store", REQUEST_ID: "$request_id"}
        assert headers == {**every, **retry}
        seen[int(status)] = body
    assert seen == {status: problem_body(status, code).decode() for status, code in OWN_ANSWERS.items()}
    assert seen[404] == NOT_FOUND_BODY.decode()
    handled = {
        int(status) for line in re.findall(r"error_page ([\d ]+)(?:=\d+ )?/own/", text) for status in line.split()
    }
    assert handled == {400, 404, 405, 413, 414, 494, 500, 501, 502, 503, 504, 505}
    # A named location is closed to a request whose first line nginx could not read: it would be answered 500 in HTML.
    assert "@" not in text
    assert f"default_type {MEDIA_TYPE};" in text


def test_the_gateway_waits_no_longer_than_a_service() -> None:
    text = (SCRIPTS / "nginx.conf").read_text(encoding="utf-8")
    assert f"client_header_timeout {HEADER_SECONDS}s;" in text
    assert f"client_body_timeout {BODY_SECONDS}s;" in text
    assert f"send_timeout {STALLED_SECONDS}s;" in text


# --- secrets ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_the_key_families_it_speaks_or_hears_and_no_other(service: Service, secrets: Path) -> None:
    events = secrets / service.value / "events"
    assert {path.stem for path in (events / "sealing").iterdir()} == families_of(service)
    private = {path.name for path in (events / "signing").iterdir() if ".private." in path.name}
    assert private == {f"{service.value}.private.jwk"}
    SealingKeyring.load(events, families_of(service), SystemClock())
    assert isinstance(SigningKeys.load(events, service).public(Service.INTAKE), Ed25519PublicKey)


def test_services_agree_on_the_keys_they_share(secrets: Path) -> None:
    def today(service: Service, family: str) -> Any:
        keyring = SealingKeyring.load(secrets / service.value / "events", families_of(service), SystemClock())
        return keyring.today(family)[1].as_dict(private=True)["k"]

    assert today(Service.INTAKE, "case") == today(Service.REFERRAL_ROUTER, "case")
    assert today(Service.REFERRAL_ROUTER, "referral") == today(Service.NOTIFIER, "referral")


def test_no_two_services_hold_the_same_master_audit_or_password(secrets: Path) -> None:
    for name in ("kek.json", "audit.key", "database-url", "amqp-url", "owner-url"):
        contents = [path.read_text(encoding="utf-8") for path in secrets.glob(f"*/{name}")]
        assert len(contents) >= 3
        assert len(set(contents)) == len(contents)


def test_no_copy_of_all_keys_is_left_and_every_secret_is_its_owners_alone(secrets: Path) -> None:
    public = {"environment", "jwks.json", "definitions.json"}
    open_to_others = {
        path.name for path in secrets.rglob("*") if path.is_file() and stat.S_IMODE(path.stat().st_mode) != 0o600
    }
    assert open_to_others == public
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert not [path for path in secrets.iterdir() if path.name.startswith(".")]
    for name in ("postgres/roles.sql", "rabbitmq/definitions.json"):
        text = (secrets / name).read_text(encoding="utf-8")
        passwords = [urlsplit(path.read_text(encoding="utf-8")).password for path in secrets.glob("*/*-url")]
        assert len(passwords) == 12
        assert not [password for password in passwords if password is None or password in text]


def test_secrets_that_exist_are_never_overwritten(secrets: Path) -> None:
    before = {path: path.read_bytes() for path in secrets.rglob("*") if path.is_file()}
    again = subprocess.run(
        [sys.executable, str(SCRIPTS / "create-secrets.py"), str(secrets)], capture_output=True, check=False
    )
    assert again.returncode != 0
    assert before == {path: path.read_bytes() for path in secrets.rglob("*") if path.is_file()}
