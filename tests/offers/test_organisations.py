"""Who may write which organisation, and when it counts as verified."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness import OPERATOR
from sirets import siret
from sqlalchemy.exc import IntegrityError
from vivier.common.v1 import common_pb2 as common
from vivier.offers.v1 import offers_pb2 as pb

from services.kit.auth import ANYONE, Caller, Role
from services.kit.database import open_database
from services.kit.errors import Kind, Refused
from services.offers import store
from services.offers.domain.organisation import Organisation, OrganisationKind, Profile
from services.offers.domain.siret import is_siret

SIRET = "73282932000074"
RECRUITER = Caller(Role.RECRUITER, "org-1", "test")
OTHER = Caller(Role.RECRUITER, "org-2", "test")


def write(offers, caller, **fields):
    said = {"kind": pb.ORGANISATION_KIND_EMPLOYER, "name": "Toits verts", "siret": SIRET} | fields
    request = pb.UpsertOrganisationRequest(organisation=pb.Organisation(**said))
    return offers.ask("UpsertOrganisation", request, caller)


def refused(offers, caller, **fields):
    with pytest.raises(Refused) as caught:
        write(offers, caller, **fields)
    return caught.value


def test_a_recruiter_writes_its_own_whatever_id_it_names(offers):
    written = write(offers, RECRUITER, id="org-2", source="ft", external_id="9").organisation
    assert (written.id, written.source, written.external_id) == ("org-1", "", "")
    assert written.verified
    assert offers.ask("BatchGetOrganisations", pb.BatchGetOrganisationsRequest(ids=["org-2"])).organisations == []


def test_writing_by_hand_needs_a_siret(offers):
    refusal = refused(offers, RECRUITER, siret="")
    assert (refusal.kind, refusal.reason) == (Kind.INVALID, "SIRET_REQUIRED")
    assert [v.path for v in refusal.violations] == ["organisation.siret"]


@pytest.mark.parametrize("siret", ["73282932000075", "1", "7328293200007X", "0" * 14])
def test_a_siret_that_is_there_must_be_right(offers, siret):
    for caller, key in ((RECRUITER, {}), (OPERATOR, {"source": "ft", "external_id": "1"})):
        refusal = refused(offers, caller, siret=siret, **key)
        assert [(v.path, v.reason) for v in refusal.violations] == [("organisation.siret", "NOT_A_SIRET")]


def test_a_siret_may_be_written_with_spaces(offers):
    assert write(offers, RECRUITER, siret="732 829 320 00074").organisation.siret == SIRET


def test_a_feed_writes_by_its_own_id(offers):
    first = offers.from_feed(external_id="a")
    assert not first.verified
    again = write(offers, OPERATOR, source="feed", external_id="a", name="Feed SARL", siret="")
    assert (again.outcome, again.organisation) == (common.OUTCOME_UNCHANGED, first)
    renamed = write(offers, OPERATOR, source="feed", external_id="a", name="Renamed", siret="")
    assert (renamed.outcome, renamed.organisation.id) == (common.OUTCOME_UPDATED, first.id)
    assert renamed.organisation.version == first.version + 1
    assert offers.from_feed(external_id="b").id != first.id


def test_a_feed_without_siret_does_not_take_a_known_one_away(offers):
    verified = offers.from_feed(siret=SIRET)
    assert offers.from_feed() == verified


def test_a_siret_has_one_holder_among_those_who_write_themselves(offers):
    write(offers, RECRUITER)
    refusal = refused(offers, OTHER)
    assert (refusal.kind, refusal.reason) == (Kind.CONFLICT, "SIRET_TAKEN")
    assert [v.path for v in refusal.violations] == ["organisation.siret"]
    assert offers.ask("BatchGetOrganisations", pb.BatchGetOrganisationsRequest(ids=["org-2"])).organisations == []
    assert write(offers, RECRUITER, name="Toits rouges").organisation.verified
    write(offers, OTHER, siret=siret(1))


def test_two_at_once_do_not_both_get_a_siret(offers):
    def outcome(number):
        try:
            return write(offers, Caller(Role.RECRUITER, f"org-{number}", "test")).outcome
        except Refused as refusal:
            return refusal.reason

    with ThreadPoolExecutor(8) as pool:
        assert Counter(pool.map(outcome, range(8))) == {common.OUTCOME_CREATED: 1, "SIRET_TAKEN": 7}


def test_a_store_keeps_a_siret_once_whatever_asks_it(tmp_path):
    database = open_database(tmp_path / "offers.db", store.METADATA)
    profile = Profile(OrganisationKind.EMPLOYER, "Toits", siret=SIRET)
    with database.transaction() as connection:
        store.save_organisation(connection, Organisation("feed-1", "ft", "1", profile, 1))
        store.save_organisation(connection, Organisation("feed-2", "ft", "2", profile, 1))
        store.save_organisation(connection, Organisation("org-1", "", "", profile, 1))
    with pytest.raises(IntegrityError), database.transaction() as connection:
        store.save_organisation(connection, Organisation("org-2", "", "", profile, 1))
    database.close()


def test_feeds_may_bring_a_siret_that_others_hold(offers):
    write(offers, RECRUITER)
    assert offers.from_feed(external_id="a", siret=SIRET).verified
    assert offers.from_feed(external_id="b", siret=SIRET).verified
    assert offers.from_feed(external_id="b", siret=siret(5)).siret == siret(5)


def test_an_organisation_stays_the_company_that_it_was(offers):
    write(offers, RECRUITER)
    refusal = refused(offers, RECRUITER, siret=siret(1))
    assert (refusal.kind, refusal.reason) == (Kind.CONFLICT, "SIRET_FIXED")
    assert [v.path for v in refusal.violations] == ["organisation.siret"]
    moved = write(offers, RECRUITER, siret=beside(SIRET, 2)).organisation
    assert (moved.siret, moved.verified, moved.version) == (beside(SIRET, 2), True, 2)
    write(offers, RECRUITER)


def test_an_establishment_that_was_left_is_free_again(offers):
    write(offers, RECRUITER)
    write(offers, RECRUITER, siret=beside(SIRET, 2))
    assert write(offers, OTHER).organisation.siret == SIRET
    assert refused(offers, RECRUITER).reason == "SIRET_TAKEN"


def beside(siret, number):
    """Another establishment of the same company."""
    return next(each for digit in range(10) if is_siret(each := f"{siret[:9]}{number:04d}{digit}"))


def test_a_feed_must_name_source_and_id(offers):
    refusal = refused(offers, OPERATOR)
    assert {v.path for v in refusal.violations} == {"organisation.source", "organisation.external_id"}


def test_other_roles_cannot_write(offers):
    for role in (Role.PERSON, Role.PARTNER, Role.MENTOR, Role.SERVICE, Role.ANYONE):
        assert refused(offers, Caller(role, "org-1", "t")).kind is Kind.DENIED, role


def test_wrong_fields_are_all_named(offers):
    refusal = refused(
        offers, RECRUITER, kind=99, name="", website="http://x.fr", place=common.Place(point=common.Point(latitude=91))
    )
    paths = {v.path for v in refusal.violations}
    assert paths == {f"organisation.{p}" for p in ("kind", "name", "website", "place.point.latitude")}


def test_organisations_are_public_and_come_in_pages(offers):
    for number in range(5):
        offers.organisation(f"org-{number}")
    seen, token = [], ""
    while True:
        request = pb.ListOrganisationsRequest(page_size=2, page_token=token)
        answer = offers.ask("ListOrganisations", request, ANYONE)
        seen += [organisation.id for organisation in answer.organisations]
        token = answer.next_page_token
        if not token:
            break
    assert seen == [f"org-{number}" for number in range(5)]
