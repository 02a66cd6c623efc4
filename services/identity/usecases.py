"""What can be done with clients, tokens and signing keys: one function a verb, one transaction."""

import hmac
import secrets
from collections.abc import Sequence

from google.protobuf.message import Message

from services.identity import store, tokens
from services.identity.deps import Deps
from services.identity.domain import (
    OPERATOR,
    REMEMBERED,
    RETIREMENT,
    ROTATION,
    Client,
    SigningKey,
    invalid_client,
    is_plain,
    not_managed,
    signing,
    verifying,
)
from services.kit.auth import CLIENT_ROLES, Caller, Role
from services.kit.errors import RetryLater, denied, not_found
from services.kit.ids import Ids
from services.kit.links import hash_of
from services.kit.outbox import Unit, Units
from services.kit.requests import claim, ids_of


def create_client(
    deps: Deps, caller: Caller, request: Message, role: str, name: str, subject: str
) -> tuple[Client, str]:
    """The client and its secret, which is shown this once: empty when the request was carried out before."""
    _operator_only(caller)
    client = new_client(deps.units, ids_of(caller, request, deps.units.ids), role, name, subject)
    with deps.units() as unit:
        if claim(unit.connection, caller, request, client.created_at):
            return client, add_client(unit, client)
        return _found(unit, client.id), ""


def new_client(units: Units, ids: Ids, role: str, name: str, subject: str = "") -> Client:
    """Checked, and not yet added. Without a subject it speaks for a new one."""
    own = subject or (OPERATOR if role == Role.OPERATOR else "")
    client = Client(ids(), name.strip(), role, own or ids(), units.clock())
    client.check(CLIENT_ROLES)
    return client


def add_client(unit: Unit, client: Client) -> str:
    """Its secret, of which only a hash is kept."""
    secret = secrets.token_urlsafe(32)
    store.add_client(unit.connection, client, hash_of(secret))
    return secret


def list_clients(deps: Deps, caller: Caller, after: str, most: int) -> Sequence[Client]:
    _operator_only(caller)
    with deps.units.reading() as connection:
        return store.clients(connection, after, most)


def revoke_client(deps: Deps, caller: Caller, request: Message, client_id: str) -> Client:
    """It gets no more tokens, and those that it has stop working. Repeating it is harmless."""
    _operator_only(caller)
    now = deps.units.clock()
    with deps.units() as unit:
        claim(unit.connection, caller, request, now)
        store.revoke(unit.connection, client_id, now)
        return _found(unit, client_id)


def token_for_client(deps: Deps, client_id: str, secret: str) -> str:
    """For whoever knows the client's secret."""
    with deps.units.reading() as connection:
        known = store.secret_hash(connection, client_id) if is_plain(client_id) else None
        same = hmac.compare_digest(known or hash_of("nobody's"), hash_of(secret))
        client = store.client(connection, client_id) if known and same else None
    if client is None or client.revoked_at:
        raise invalid_client()
    return _token(deps, Caller(Role(client.role), client.subject, client.id))


def token_for_person(deps: Deps, partner: Caller, person_id: str, seconds: float) -> str:
    """For the partner that manages the person."""
    if partner.actor:
        raise denied("EXCHANGED_TOKEN", "an exchanged token cannot be exchanged again")
    if partner.role is not Role.PARTNER:
        raise denied("PARTNER_ONLY", "only a partner's token can be exchanged")
    with deps.units.reading() as connection:
        client = store.client(connection, partner.client)
    if client is not None and client.revoked_at:
        raise denied("CLIENT_REVOKED", "the client was revoked")
    if not is_plain(person_id) or not deps.manages(partner, person_id, seconds):
        raise not_managed()
    return _token(deps, Caller(Role.PERSON, person_id, partner.client, f"{partner.role}/{partner.subject}"))


def may_still_act(deps: Deps, caller: Caller, seconds: float) -> bool:
    """May the caller's actor, a partner, still act for the caller?"""
    role, _, partner = caller.actor.partition("/")
    actor = Caller(Role.PARTNER, partner, caller.client)
    return role == Role.PARTNER and deps.manages(actor, caller.subject, seconds)


def public_keys(deps: Deps, caller: Caller) -> tuple[Sequence[SigningKey], Sequence[str]]:
    """The keys that verify, newest first, and the ids of clients whose tokens must be refused."""
    if caller.role is not Role.SERVICE:
        raise denied("SERVICE_ONLY", "only a service may ask this")
    now = deps.units.clock()
    with deps.units.reading() as connection:
        return verifying(store.keys(connection), now), store.revoked_since(connection, now - REMEMBERED)


def rotate_key(deps: Deps, caller: Caller, request: Message) -> str:
    """Make a key that will sign soon; tokens of the others stay good until they expire. The newest key's `kid`."""
    _operator_only(caller)
    with deps.units() as unit:
        if claim(unit.connection, caller, request, deps.units.clock()):
            _add_key(deps, unit)
        return verifying(store.keys(unit.connection), deps.units.clock())[0].kid


def renew_key(deps: Deps) -> None:
    """A first key, or a new one in place of an old one."""
    with deps.units() as unit:
        now = deps.units.clock()
        good = verifying(store.keys(unit.connection), now)
        if not good or now - good[0].created_at > ROTATION:
            _add_key(deps, unit)


def _add_key(deps: Deps, unit: Unit) -> None:
    now = deps.units.clock()
    store.add_key(unit.connection, SigningKey(deps.units.ids(), tokens.new_private_pem(), now), now + RETIREMENT)


def _token(deps: Deps, caller: Caller) -> str:
    now = deps.units.clock()
    with deps.units.reading() as connection:
        key = signing(store.keys(connection), now)
    if key is None:
        raise RetryLater("there is no signing key yet")
    return tokens.sign(key, deps.issuer, caller, now, deps.units.ids())


def _found(unit: Unit, client_id: str) -> Client:
    client = store.client(unit.connection, client_id)
    if client is None:
        raise not_found("client", client_id)
    return client


def _operator_only(caller: Caller) -> None:
    if caller.role is not Role.OPERATOR:
        raise denied("ROLE_NOT_ALLOWED", "only these roles may do this: {roles}", roles=str(Role.OPERATOR))
