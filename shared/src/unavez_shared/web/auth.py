"""The three gates a route can have: `allow`, `allow_on_record`, `public`. A guard test demands exactly one on each."""
# No `from __future__ import annotations`: FastAPI reads the annotations of the gates' `__call__`.

from dataclasses import dataclass
from typing import Any

from fastapi import Depends, Request
from fastapi.params import Depends as DependsParameter
from starlette.types import Scope

from unavez_shared.contracts.actor import Actor, Role
from unavez_shared.contracts.errors import WrongRoleError
from unavez_shared.web.errors import UnauthenticatedError
from unavez_shared.web.rate import RateLimit
from unavez_shared.web.tokens import TokenVerifier, bearer_token


@dataclass(frozen=True, slots=True)
class RecordCaller:
    """An authenticated caller whose role is judged only after the record was found in its scope."""

    actor: Actor
    roles: frozenset[Role]

    def require_role(self) -> None:
        """Raise `WrongRoleError` (403) unless the role may do this; call it after the 404 was decided."""
        if self.actor.role not in self.roles:
            raise WrongRoleError


@dataclass(frozen=True, slots=True)
class Gate:
    """What a route demands of its caller; empty roles and a reason = public."""

    roles: frozenset[Role]
    reason: str | None = None


class AllowGate(Gate):
    """401, 403, then the route."""

    async def __call__(self, request: Request) -> Actor:
        """Return the caller. Raises `UnauthenticatedError`, `RateLimitedError`, `WrongRoleError`."""
        actor = await _authenticate(request)
        if actor.role not in self.roles:
            raise WrongRoleError
        return actor


class RecordGate(Gate):
    """401, then the route, which looks for the record before it asks for the role."""

    async def __call__(self, request: Request) -> RecordCaller:
        """Return the caller. Raises `UnauthenticatedError`, `RateLimitedError`."""
        return RecordCaller(await _authenticate(request), self.roles)


class PublicGate(Gate):
    """No token needed; the reason is for the reader."""

    async def __call__(self, request: Request) -> None:
        """Let the answer choose its own caching."""
        request.state.public = True


def allow(*roles: Role) -> Any:
    """Gate a COLLECTION route: the parameter is `Annotated[Actor, …]` of this."""
    return Depends(AllowGate(frozenset(roles)))


def allow_on_record(*roles: Role) -> Any:
    """Gate an ITEM route: the parameter is `Annotated[RecordCaller, …]` of this."""
    return Depends(RecordGate(frozenset(roles)))


def public(reason: str) -> DependsParameter:
    """Open a route to everybody, saying why: `dependencies=[public("HSDS reads are public")]`."""
    gate: DependsParameter = Depends(PublicGate(frozenset(), reason))
    return gate


def caller_token(scope: Scope) -> str | None:
    """Return the digest of the caller's valid token, which stands for it where it is counted; None for a stranger."""
    token: str | None = scope.get("state", {}).get("token")
    return token


async def _authenticate(request: Request) -> Actor:
    token = bearer_token(request.headers.get("authorization", ""))
    if token is None:
        raise UnauthenticatedError(presented=False)
    verifier: TokenVerifier = request.app.state.verifier
    verified = verifier.verify(token)
    request.state.role = verified.actor.role.value
    request.state.token = verified.digest
    limit: RateLimit = request.app.state.rate_limit
    limit.hit(verified.digest)
    return verified.actor
