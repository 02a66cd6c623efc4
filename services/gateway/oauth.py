"""/oauth/token: client credentials (RFC 6749) and token exchange (RFC 8693), and the public keys.

A partner acts for one of its people with a token of that person's, which it gets by token exchange:

    grant_type=urn:ietf:params:oauth:grant-type:token-exchange
    subject_token=<the partner's access token>
    subject_token_type=urn:ietf:params:oauth:token-type:access_token
    requested_subject=<the person's id>

RFC 8693 leaves open how another subject is named; `requested_subject` is what other servers call it. The new token's
`act` claim says who acts, and it cannot be exchanged again. It is good as long as the partner manages the person: see
`acting`.
"""

import base64
import binascii
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote_plus

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.context import House, deadline
from services.gateway.errors import UNAVAILABLE, log_refusal
from services.gateway.graphql.execution import json_response, limited_body
from services.gateway.store import Client, Store, create_client
from services.gateway.tokens import LIFETIME, TokenRefused
from services.kit.auth import ANYONE, Caller, Role
from services.kit.errors import RetryLater
from services.kit.rpc.status import RETRY_AFTER_SECONDS

CLIENT_CREDENTIALS = "client_credentials"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 — the name of a kind
_FRESH = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_MOST_BYTES = 16 << 10


class OAuthError(Exception):
    """An error in the words of RFC 6749, section 5.2."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status

    def response(self) -> Response:
        headers = dict(_FRESH)
        if self.status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="vivier"'
        if self.status == 503:
            headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return json_response({"error": self.error, "error_description": self.description}, self.status, headers)


class TokenEndpoint:
    """POST /oauth/token."""

    def __init__(self, house: House, seconds: float) -> None:
        self._house = house
        self._seconds = seconds

    async def __call__(self, request: Request) -> Response:
        try:
            form = await _form(request, self._seconds)
            grant = form.get("grant_type", "")
            if grant == CLIENT_CREDENTIALS:
                return json_response(await self._client_credentials(request, form), headers=_FRESH)
            if grant == EXCHANGE:
                return json_response(await self._exchange(form), headers=_FRESH)
            raise OAuthError("unsupported_grant_type", f"{CLIENT_CREDENTIALS} or {EXCHANGE}")
        except OAuthError as error:
            log_refusal(error.error, ANYONE, "token")
            return error.response()
        except RetryLater:
            return OAuthError("temporarily_unavailable", f"{UNAVAILABLE}: try again soon", 503).response()

    async def _client_credentials(self, request: Request, form: Mapping[str, str]) -> dict[str, Any]:
        client_id, secret = _credentials(request, form)
        client = await run_in_threadpool(self._house.store.client_with, client_id, secret)
        if client is None:
            raise OAuthError("invalid_client", "no such client, or not its secret", 401)
        return _granted(self._house.tokens.issue(_speaks_for(client)))

    async def _exchange(self, form: Mapping[str, str]) -> dict[str, Any]:
        partner = self._partner(form)
        actor = f"{partner.role}/{partner.subject}"
        person = Caller(Role.PERSON, form.get("requested_subject", ""), partner.client, actor)
        if not person.subject or not await self._managed(person):
            raise OAuthError("invalid_target", "requested_subject is not a person whom this partner manages")
        return _granted(self._house.tokens.issue(person)) | {"issued_token_type": ACCESS_TOKEN}

    def _partner(self, form: Mapping[str, str]) -> Caller:
        if form.get("subject_token_type") != ACCESS_TOKEN:
            raise OAuthError("invalid_request", f"subject_token_type must be {ACCESS_TOKEN}")
        if form.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
            raise OAuthError("invalid_request", f"requested_token_type can only be {ACCESS_TOKEN}")
        try:
            caller = self._house.tokens.read_original(form.get("subject_token", ""))
        except TokenRefused as refusal:
            raise OAuthError("invalid_request", f"subject_token: {refusal}") from None
        if caller.role is not Role.PARTNER:
            raise OAuthError("unauthorized_client", "only a partner's token can be exchanged")
        return caller

    async def _managed(self, person: Caller) -> bool:
        try:
            return await self._house.acting.manages(person, deadline(self._seconds))
        except RetryLater:
            raise OAuthError("temporarily_unavailable", f"{UNAVAILABLE}: try again soon", 503) from None


async def _form(request: Request, seconds: float) -> Mapping[str, str]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "send application/x-www-form-urlencoded")
    body = await limited_body(request, _MOST_BYTES, seconds)
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        raise OAuthError("invalid_request", "the form cannot be read") from None
    if len({name for name, _ in pairs}) < len(pairs):
        raise OAuthError("invalid_request", "no parameter may be repeated")
    return dict(pairs)


def _credentials(request: Request, form: Mapping[str, str]) -> tuple[str, str]:
    """client_secret_basic or client_secret_post; never both."""
    header = request.headers.get("authorization", "")
    if not header:
        if "client_id" not in form or "client_secret" not in form:
            raise OAuthError("invalid_client", "say client_id and client_secret", 401)
        return form["client_id"], form["client_secret"]
    if "client_secret" in form:
        raise OAuthError("invalid_request", "one way of authentication, not two")
    scheme, _, value = header.partition(" ")
    try:
        client_id, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        scheme, client_id, secret = "", "", ""
    if scheme.lower() != "basic":
        raise OAuthError("invalid_client", "the Authorization header is not Basic", 401)
    return unquote_plus(client_id), unquote_plus(secret)


def _speaks_for(client: Client) -> Caller:
    return Caller(client.role, client.subject, client.id)


def _granted(token: str) -> dict[str, Any]:
    return {"access_token": token, "token_type": "Bearer", "expires_in": int(LIFETIME.total_seconds())}


class _Place(Protocol):
    """The part of the settings that an operator's credential needs."""

    @property
    def home(self) -> Path: ...

    @property
    def gateway_address(self) -> str: ...


def ensure_operator(settings: _Place, store: Store) -> Path:
    """The file with an operator's credential for this installation, made when missing; only its owner reads it."""
    path = settings.home / "operator.json"
    url = f"http://{settings.gateway_address}"
    if path.exists():
        known = orjson.loads(path.read_bytes())
        if known.get("url") == url:
            return path
        _write_private(path, known | {"url": url})
        return path
    made = create_client(store, Role.OPERATOR, None, "the operator of this installation")
    _write_private(path, {"client_id": made.client_id, "client_secret": made.secret, "url": url})
    return path


def _write_private(path: Path, content: Mapping[str, str]) -> None:
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(orjson.dumps(content, option=orjson.OPT_INDENT_2))
    draft.replace(path)
