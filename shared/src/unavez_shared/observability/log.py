"""Structured logs: a static event name and identifiers as fields. Never a body, never a value of hers."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

import structlog


def configure(level: str = "INFO") -> None:
    """Send every log line to stderr as one JSON object; library loggers too, without their exception texts."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_LibraryFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _exception_class_only,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


class _LibraryFormatter(logging.Formatter):
    """A library's line as JSON: which library, how bad, which exception class; its text may quote a value of hers."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "event": "library_log",
            "library": record.name,
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
        }
        error = record.exc_info[0] if record.exc_info else None
        return json.dumps(line | ({"error": error.__name__} if error is not None else {}))


def _exception_class_only(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    # Exception texts quote inputs (SQL parameters, validation values): the class name is all that is logged.
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
    return event


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the module's logger."""
    bound: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return bound
