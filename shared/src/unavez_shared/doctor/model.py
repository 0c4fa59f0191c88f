"""What a check is, what it may find, and what an operator reads about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unavez_shared.doctor.examination import Examination


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    SKIPPED = "skipped"
    """Could not be looked at, and the text says why; never counted as sound."""
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Advice:
    """What one kind of finding means and what to do next."""

    status: Status
    es: str
    en: str


def failed(es: str, en: str) -> Advice:
    """Return the advice of a finding that must be repaired."""
    return Advice(Status.FAILED, es, en)


def warning(es: str, en: str) -> Advice:
    """Return the advice of a finding that can wait."""
    return Advice(Status.WARNING, es, en)


def skipped(es: str, en: str) -> Advice:
    """Return the reason a check could not look."""
    return Advice(Status.SKIPPED, es, en)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be: its code, and where: names of ours, ids, counts. Never a value of hers."""

    code: str
    where: Mapping[str, str | int]


def found(code: str, **where: str | int) -> Finding:
    """Return a finding."""
    return Finding(code, where)


Look = Callable[["Examination"], Awaitable[Sequence[Finding]]]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked at. `look` returns what it finds; nothing = sound. It changes nothing and may raise."""

    code: str
    es: str
    en: str
    runbook: str
    """The page below `docs/runbooks`, without its ending."""
    look: Look
    advice: Mapping[str, Advice]
    """What each code `look` may return means."""
    needs: tuple[str, ...] = ()
    """Checks that have to hold before this one can look."""


GENERAL: Mapping[str, Advice] = {
    "needs_another": skipped(
        "Espera a otra revisión: la que indica `check`.",
        "Waits for another check: the one `check` names.",
    ),
    "no_time_left": skipped(
        "No se miró: el examen ya tardó demasiado. Repare lo rojo y repita.",
        "Not looked at: the examination took too long. Repair what is red and repeat.",
    ),
    "timed_out": failed(
        "No contestó a tiempo: servidor colgado o red cortada. Vea su estado y repita.",
        "Did not answer in time: a hung server or a cut network. Look at it and repeat.",
    ),
    "look_failed": failed(
        "La revisión misma falló (`error`). Repita; si sigue, avise a quien mantiene Unavez con este código.",
        "The check itself failed (`error`). Repeat; if it stays, tell whoever maintains Unavez this code.",
    ),
}
"""What may happen to any check."""

_ORDER = list(Status)


@dataclass(frozen=True, slots=True)
class Result:
    """What one check found."""

    check: Check
    findings: Sequence[Finding]

    @property
    def status(self) -> Status:
        """The worst of what was found."""
        return max((self._advice(finding).status for finding in self.findings), key=_ORDER.index, default=Status.OK)

    @property
    def worst(self) -> list[Finding]:
        """The findings the status comes from."""
        return [finding for finding in self.findings if self._advice(finding).status is self.status]

    def text(self, language: str) -> str:
        """Return what is checked when all is well, else what to do about the worst findings. `es` or `en`."""
        advice = [getattr(self._advice(finding), language) for finding in self.worst]
        return " ".join(dict.fromkeys(advice)) or getattr(self.check, language)

    def document(self) -> dict[str, Any]:
        """Return the check as `doctor --json` prints it."""
        return {
            "code": self.check.code,
            "status": self.status.value,
            "detail_code": self.worst[0].code if self.worst else None,
            "details": [{"detail_code": finding.code, **finding.where} for finding in self.findings],
            "es": self.text("es"),
            "en": self.text("en"),
            "runbook": f"docs/runbooks/{self.check.runbook}.md",
        }

    def _advice(self, finding: Finding) -> Advice:
        return self.check.advice.get(finding.code) or GENERAL[finding.code]


def document(results: Sequence[Result]) -> dict[str, Any]:
    """Return the whole examination as `doctor --json` prints it."""
    return {"ok": is_sound(results), "checks": [result.document() for result in results]}


def is_sound(results: Sequence[Result]) -> bool:
    """Tell whether nothing failed."""
    return all(result.status is not Status.FAILED for result in results)
