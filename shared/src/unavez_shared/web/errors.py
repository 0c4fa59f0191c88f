"""Errors only HTTP knows. Routes and gates raise them; `web.problems` maps them beside those of `contracts.errors`."""

from __future__ import annotations

from unavez_shared.contracts.errors import UnavezError


class UnauthenticatedError(UnavezError):
    """No token, or one that does not verify: 401. Why is never said."""

    code = "unauthenticated"

    def __init__(self, *, presented: bool) -> None:
        super().__init__("unauthenticated")
        self.presented = presented
        """A token was sent: the answer then says `error="invalid_token"` (RFC 6750)."""


class RateLimitedError(UnavezError):
    """The token asks faster than `UNAVEZ_RATE_LIMIT` allows: 429."""

    code = "rate_limited"

    def __init__(self, retry_after: int) -> None:
        super().__init__("rate limited")
        self.retry_after = retry_after
        """Seconds."""


class BodyTooLargeError(UnavezError):
    """More than the body limit: 413."""

    code = "body_too_large"


class UnsupportedMediaError(UnavezError):
    """Not a media type this route reads: 415."""

    code = "unsupported_media_type"


class PreconditionRequiredError(UnavezError):
    """A change without `If-Match`: 428 (RFC 6585)."""

    code = "if_match_required"


class UnavailableError(UnavezError):
    """Something the answer needs is away for the moment (database, token issuer): 503."""

    code = "unavailable"
