"""What a service stands on besides database and broker: issuer, answers to the outside, test clock, disk."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Any

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from unavez_shared.contracts.errors import StartupError
from unavez_shared.doctor.examination import Examination
from unavez_shared.doctor.model import Check, Finding, failed, found, skipped, warning
from unavez_shared.privacy import key_files
from unavez_shared.web.keys import JwksFile, KeysUnavailableError, OidcIssuer

LEAST_FREE_BYTES = 512 * 1024 * 1024
LITTLE_FREE_BYTES = 2 * 1024 * 1024 * 1024
_READY_SECONDS = 5.0


async def _tokens_can_be_verified(examination: Examination) -> Sequence[Finding]:
    settings = examination.target.settings
    if settings.oidc_issuer is not None:
        try:
            keys = await OidcIssuer(settings.oidc_issuer).fetch()
        except StartupError:
            return [found("issuer_not_safe")]
        except KeysUnavailableError:
            return [found("issuer_away")]
        return [] if keys else [found("issuer_without_keys")]
    if settings.jwks_file is None:
        return [found("no_issuer")]
    try:
        keys = await JwksFile(settings.jwks_file).fetch()
    except KeysUnavailableError:
        keys = []
    return _local_issuer(examination, keys) if keys else [found("key_set_missing")]


def _local_issuer(examination: Examination, keys: Sequence[Any]) -> Sequence[Finding]:
    path = examination.target.issuer_file
    if path is None:
        return []
    try:
        private = OKPKey.import_key(key_files.read(path))
    except (StartupError, JoseError, ValueError, TypeError, KeyError):
        return [found("issuer_key_missing")]
    if private.thumbprint() not in {key.thumbprint() for key in keys}:
        return [found("key_set_differs")]
    return [found("issuer_key_open_to_others")] if path.stat().st_mode & 0o077 else []


async def _services_are_ready(examination: Examination) -> Sequence[Finding]:
    if not examination.target.service_urls:
        return [found("no_public_url")]
    findings = []
    async with httpx.AsyncClient(timeout=_READY_SECONDS, follow_redirects=False, trust_env=False) as client:
        for service, url in examination.target.service_urls.items():
            try:
                answer = await client.get(f"{url}/health/ready")
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                findings.append(found("no_answer", service=service.value, error=type(error).__name__))
                continue
            if not answer.is_success:
                findings.append(found("not_ready", service=service.value, status_code=answer.status_code))
    return findings


async def _time_is_true(examination: Examination) -> Sequence[Finding]:
    settings = examination.target.settings
    return [found("test_clock_in_real")] if settings.test_clock is not None and not settings.demo else []


async def _disk_has_room(examination: Examination) -> Sequence[Finding]:
    if examination.target.data_directory is None:
        return [found("not_here")]
    free = shutil.disk_usage(examination.target.data_directory).free
    code = "full" if free < LEAST_FREE_BYTES else "filling" if free < LITTLE_FREE_BYTES else None
    return [found(code, free_mib=free // (1024 * 1024))] if code else []


ISSUER = Check(
    "issuer",
    "Las llaves del emisor de tokens se pueden leer.",
    "The token issuer's keys can be read.",
    "service-not-ready",
    _tokens_can_be_verified,
    {
        "issuer_away": failed(
            "El emisor OIDC no contesta o su documento no es suyo. Repare UNAVEZ_OIDC_ISSUER, la red o el emisor.",
            "The OIDC issuer does not answer, or its document names another. Repair UNAVEZ_OIDC_ISSUER or the network.",
        ),
        "issuer_not_safe": failed(
            "UNAVEZ_OIDC_ISSUER o sus llaves no son https: los servicios no arrancan.",
            "UNAVEZ_OIDC_ISSUER or its keys are not https: the services do not start.",
        ),
        "issuer_without_keys": failed(
            "El emisor OIDC no publica ninguna llave que se acepte (OKP, EC o RSA).",
            "The OIDC issuer publishes no key that is accepted (OKP, EC or RSA).",
        ),
        "no_issuer": failed(
            "Nadie podría entrar: ponga UNAVEZ_OIDC_ISSUER o UNAVEZ_JWKS_FILE.",
            "Nobody could be let in: set UNAVEZ_OIDC_ISSUER or UNAVEZ_JWKS_FILE.",
        ),
        "key_set_missing": failed(
            "Faltan las llaves públicas del emisor local (UNAVEZ_JWKS_FILE). Arranque de nuevo: se escriben.",
            "The local issuer's public keys (UNAVEZ_JWKS_FILE) are missing. Start again: they are written.",
        ),
        "issuer_key_missing": failed(
            "Falta la llave del emisor local: no hay tokens. Restáurela, o arranque y entregue tokens nuevos.",
            "The local issuer's key is missing: no tokens. Restore it, or start and hand out new tokens.",
        ),
        "key_set_differs": failed(
            "Las llaves públicas no son las del emisor local: todo token se rechaza. Arranque de nuevo.",
            "The public keys are not the local issuer's: every token is refused. Start again.",
        ),
        "issuer_key_open_to_others": failed(
            "Otros usuarios pueden leer la llave del emisor: pueden entrar como cualquiera. `chmod 600` y rótela.",
            "Others can read the issuer's key: they can enter as anybody. `chmod 600` and rotate it.",
        ),
    },
)
READY = Check(
    "services_ready",
    "Los servicios contestan /health/ready.",
    "The services answer /health/ready.",
    "service-not-ready",
    _services_are_ready,
    {
        "no_public_url": skipped(
            "No se sabe dónde contestan: dé `--public-url` o UNAVEZ_PUBLIC_URL.",
            "Not known where they answer: give `--public-url` or UNAVEZ_PUBLIC_URL.",
        ),
        "no_answer": failed(
            "El servicio no contesta. Arránquelo, o vea la pasarela y la red.",
            "The service does not answer. Start it, or look at gateway and network.",
        ),
        "not_ready": failed(
            "El servicio contesta que no está listo: su respuesta dice si es la base de datos, el bus o los tokens.",
            "The service says it is not ready: its answer names the database, the bus or the tokens.",
        ),
    },
)
TEST_CLOCK = Check(
    "test_clock",
    "El tiempo es el verdadero.",
    "Time is the true one.",
    "service-not-ready",
    _time_is_true,
    {
        "test_clock_in_real": failed(
            "UNAVEZ_TEST_CLOCK está puesto en una instalación real: no arranca. Quítelo del entorno.",
            "UNAVEZ_TEST_CLOCK is set in a real installation: it does not start. Take it out of the environment.",
        ),
    },
)
DISK = Check(
    "disk",
    "Queda sitio en el disco de los datos.",
    "The data's disk has room.",
    "service-not-ready",
    _disk_has_room,
    {
        "not_here": skipped(
            "Los datos no están en esta máquina: mire el disco de PostgreSQL.",
            "The data are not on this machine: look at PostgreSQL's disk.",
        ),
        "filling": warning("Quedan menos de 2 GiB. Libere o amplíe.", "Less than 2 GiB left. Free or add some."),
        "full": failed(
            "Quedan menos de 512 MiB: PostgreSQL se detendrá. Libere o amplíe el disco ahora.",
            "Less than 512 MiB left: PostgreSQL will stop. Free or add disk now.",
        ),
    },
)
