"""Organisations: written by themselves or by a feed, read by anybody."""

from collections.abc import Sequence

from google.protobuf.message import Message

from services.common.values import Outcome
from services.kit import requests
from services.kit.auth import Caller
from services.kit.checks import Checks
from services.kit.outbox import Unit
from services.offers import store
from services.offers.deps import Deps
from services.offers.domain.organisation import (
    Organisation,
    OrganisationChanged,
    Profile,
    siret_fixed,
    siret_required,
    siret_taken,
)
from services.offers.usecases.access import EMPLOYERS, writer
from services.offers.usecases.resolving import resolve_profile

Written = tuple[Organisation, Outcome]
SIRET = "organisation.siret"


def upsert(deps: Deps, caller: Caller, request: Message, key: tuple[str, str], said: Profile) -> Written:
    """Its own for a recruiter or training body; by `key` (source, id there) for an operator."""
    own = writer(caller, EMPLOYERS)
    if own and not said.siret:
        raise siret_required(SIRET)
    if not own:
        _check_key(key)
    found = resolve_profile(deps.referential, said, strict=bool(own))
    with deps.units() as unit:
        fresh = requests.claim(unit.connection, caller, request, deps.units.clock())
        known = _known(unit, own, key)
        if known is None:
            new_id = own or requests.ids_of(caller, request, deps.units.ids)()
            source, external_id = ("", "") if own else key
            created = Organisation(new_id, source, external_id, found, 1)
            _check_siret(unit, created, created)
            return _save(unit, created), Outcome.CREATED
        changed = known.with_profile(found) if fresh else known
        if changed is known:
            return known, Outcome.UNCHANGED
        _check_siret(unit, known, changed)
        if changed.owner != known.owner:
            store.queue_republication(unit.connection, known.id)
        return _save(unit, changed), Outcome.UPDATED


def get(deps: Deps, ids: Sequence[str]) -> list[Organisation]:
    with deps.units.reading() as connection:
        found = store.organisations(connection, set(ids))
    return [found[each] for each in dict.fromkeys(ids) if each in found]


def page(deps: Deps, after: str, limit: int) -> list[Organisation]:
    with deps.units.reading() as connection:
        return store.page_of_organisations(connection, after, limit)


def _check_key(key: tuple[str, str]) -> None:
    with Checks("organisation.") as checks:
        checks.text("source", key[0], 100, required=True)
        checks.text("external_id", key[1], 200, required=True)


def _check_siret(unit: Unit, known: Organisation, changed: Organisation) -> None:
    """Feeds may bring an establishment twice. Among those who write themselves each is there once."""
    if changed.source:
        return
    if changed.company != known.company:
        raise siret_fixed(SIRET)
    if store.has_siret_of_another(unit.connection, changed):
        raise siret_taken(SIRET)


def _known(unit: Unit, own: str, key: tuple[str, str]) -> Organisation | None:
    if own:
        return store.organisations(unit.connection, [own]).get(own)
    return store.organisation_of_feed(unit.connection, *key)


def _save(unit: Unit, organisation: Organisation) -> Organisation:
    store.save_organisation(unit.connection, organisation)
    unit.publish(OrganisationChanged(organisation))
    return organisation
