"""/oauth/token: client credentials (RFC 6749) and token exchange (RFC 8693), and the public keys.

A partner acts for one of its people with a token of that person's, which it gets by token exchange:

    grant_type=urn:ietf:params:oauth:grant-type:token-exchange
    subject_token=<the partner's access token>
    subject_token_type=urn:ietf:params:oauth:token-type:access_token
    requested_subject=<the person's id>

RFC 8693 leaves open how another subject is named; `requested_subject` is what other servers call it. The new token's
`act` claim says who acts, and it cannot be exchanged again. It is good as long as the partner manages the person: see
`delegation`. The form is read here; `identity` decides and signs.
"""

import base64
import binascii
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request
from starlette.responses import Response
from vivier.identity.v1 import identity_pb2 as pb

from services.gateway.auth.tokens import TokenRefused
from services.gateway.context import AppState, deadline
from services.gateway.http.bodies import json_response, limited_body
from services.gateway.http.problems import UNAVAILABLE, log_refusal
from services.kit.auth import ANYONE, Caller, Role
from services.kit.errors import Refused, RetryLater
from services.kit.rpc.status import RETRY_AFTER_SECONDS

CLIENT_CREDENTIALS = "client_credentials"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 — the name of a kind
_NOT_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_MOST_BYTES = 16 << 10
_ERRORS = {
    "INVALID_CLIENT": ("invalid_client", "{}", 401),
    "EXCHANGED_TOKEN": ("invalid_request", "subject_token: {}", 400),
    "CLIENT_REVOKED": ("invalid_request", "subject_token: {}", 400),
    "PARTNER_ONLY": ("unauthorized_client", "{}", 400),
    "NOT_MANAGED": ("invalid_target", "requested_subject is not a person whom this partner manages", 400),
}
"""Refusals of `identity` as errors of RFC 6749 and RFC 8693: code, description, status."""


class OAuthError(Exception):
    """An error of RFC 6749, section 5.2."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status

    def response(self) -> Response:
        headers = dict(_NOT_STORED)
        if self.status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="vivier"'
        if self.status == 503:
            headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return json_response({"error": self.error, "error_description": self.description}, self.status, headers)


async def issue_token(state: AppState, request: Request) -> Response:
    """POST /oauth/token."""
    try:
        form = await _form(request, state.seconds)
        grant = form.get("grant_type", "")
        if grant == CLIENT_CREDENTIALS:
            return json_response(await _client_credentials(state, request, form), headers=_NOT_STORED)
        if grant == EXCHANGE:
            return json_response(await _exchange(state, form), headers=_NOT_STORED)
        raise OAuthError("unsupported_grant_type", f"{CLIENT_CREDENTIALS} or {EXCHANGE}")
    except OAuthError as error:
        log_refusal(error.error, ANYONE, "token")
        return error.response()
    except RetryLater:
        return OAuthError("temporarily_unavailable", f"{UNAVAILABLE}: try again soon", 503).response()


async def _client_credentials(state: AppState, request: Request, form: Mapping[str, str]) -> dict[str, Any]:
    client_id, secret = _credentials(request, form)
    given = pb.ClientCredentials(client_id=client_id, client_secret=secret)
    return await _issued(state, pb.IssueTokenRequest(client_credentials=given), ANYONE)


async def _exchange(state: AppState, form: Mapping[str, str]) -> dict[str, Any]:
    partner, started = _partner(state, form), time.monotonic()
    actor = f"{partner.role}/{partner.subject}"
    person = Caller(Role.PERSON, form.get("requested_subject", ""), partner.client, actor)
    request = pb.IssueTokenRequest(exchange=pb.TokenExchange(person_id=person.subject))
    issued = await _issued(state, request, partner)
    state.delegations.cache(person, started)
    return issued | {"issued_token_type": ACCESS_TOKEN}


async def _issued(state: AppState, request: pb.IssueTokenRequest, caller: Caller) -> dict[str, Any]:
    try:
        answer = await state.upstreams["identity"].call(request, caller, deadline(state.seconds))
    except Refused as refusal:
        error, description, status = _ERRORS[refusal.reason]
        raise OAuthError(error, description.format(refusal.message), status) from None
    return {"access_token": answer.access_token, "token_type": "Bearer", "expires_in": answer.expires_in}


def _partner(state: AppState, form: Mapping[str, str]) -> Caller:
    if form.get("subject_token_type") != ACCESS_TOKEN:
        raise OAuthError("invalid_request", f"subject_token_type must be {ACCESS_TOKEN}")
    if form.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
        raise OAuthError("invalid_request", f"requested_token_type can only be {ACCESS_TOKEN}")
    try:
        return state.tokens.read(form.get("subject_token", ""))
    except TokenRefused as refusal:
        raise OAuthError("invalid_request", f"subject_token: {refusal}") from None


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
