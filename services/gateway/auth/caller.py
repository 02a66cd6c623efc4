"""Who calls, by the token of a request."""

from starlette.requests import Request

from services.gateway.auth.tokens import TokenRefused
from services.gateway.context import AppState, deadline
from services.gateway.http.problems import unauthorized, unavailable
from services.kit.auth import ANYONE, Caller
from services.kit.errors import RetryLater


async def caller_of(request: Request, state: AppState, seconds: float) -> Caller:
    """The caller of the token; ANYONE without a token. A wrong token is a 401, never ANYONE."""
    try:
        request.state.caller = caller = _bearer(request, state)
        if await state.delegations.allowed(caller, deadline(seconds)):
            return caller
    except RetryLater:
        raise unavailable("who asks cannot be found out now") from None
    raise unauthorized("whoever acts with this token no longer manages the person")


def _bearer(request: Request, state: AppState) -> Caller:
    header = request.headers.get("authorization")
    if header is None:
        return ANYONE
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthorized("send `Authorization: Bearer` and a token of /oauth/token")
    try:
        return state.tokens.read(token.strip())
    except TokenRefused as refusal:
        raise unauthorized(str(refusal)) from None
