"""Batches of offers: each row for itself, and sending again is harmless."""

from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest
from harness import OPERATOR
from vivier.common.v1 import common_pb2 as common
from vivier.offers.v1 import offers_pb2 as pb

from services.kit.auth import Caller, Role
from services.kit.errors import Kind, Refused


def outcomes(results):
    return [common.Outcome.Name(result.outcome).removeprefix("OUTCOME_") for result in results]


def test_created_unchanged_updated(offers):
    recruiter = offers.organisation()
    (created,) = offers.upsert(recruiter, offers.row())
    offers.clock.move(hours=1)
    (unchanged,) = offers.upsert(recruiter, offers.row())
    assert outcomes([created, unchanged]) == ["CREATED", "UNCHANGED"]
    assert unchanged.offer == created.offer
    (updated,) = offers.upsert(recruiter, offers.row(title="Couvreur zingueur"))
    assert outcomes([updated]) == ["UPDATED"]
    assert (updated.offer.id, updated.offer.version) == (created.offer.id, 2)
    assert updated.offer.state == pb.OFFER_STATE_PUBLISHED
    assert updated.offer.published_at == created.offer.published_at
    told = offers.eventually_events(f"offer/{created.offer.id}", 2)  # nothing was said of the unchanged one
    assert [event.offer for event in told] == [created.offer, updated.offer]


def test_a_broken_row_leaves_the_others(offers):
    recruiter = offers.organisation()
    results = offers.upsert(
        recruiter,
        offers.row(external_id="a"),
        offers.row(external_id="b", title="x"),
        offers.row(external_id="c", openings=5000),
    )
    assert [result.HasField("refusal") for result in results] == [False, True, True]
    assert [(v.path, v.reason) for v in results[1].refusal.violations] == [("title", "TOO_SHORT")]
    assert [v.path for v in results[2].refusal.violations] == ["openings"]
    listed = offers.ask("ListOffers", pb.ListOffersRequest(), recruiter).offers
    assert [found.external_id for found in listed] == ["a"]


def test_the_same_name_twice_in_a_batch_is_one_offer(offers):
    results = offers.upsert(offers.organisation(), offers.row(), offers.row(title="Couvreuse zingueuse"), offers.row())
    assert outcomes(results) == ["CREATED", "UPDATED", "UPDATED"]
    assert len({result.offer.id for result in results}) == 1
    assert offers.get(results[0].offer.id) == results[2].offer
    told = offers.eventually_events(f"offer/{results[0].offer.id}", 3)
    assert [event.offer.version for event in told] == [1, 2, 3]


def test_without_publish_it_is_a_draft_until_it_is_published(offers):
    recruiter = offers.organisation()
    draft = offers.post(recruiter, publish=False)
    assert draft.state == pb.OFFER_STATE_DRAFT
    assert not draft.HasField("expires_at")
    assert list(draft.status.reasons) == ["NOT_PUBLISHED"]
    (result,) = offers.upsert(recruiter, offers.row())
    assert (outcomes([result]), result.offer.state) == (["UPDATED"], pb.OFFER_STATE_PUBLISHED)
    assert result.offer.expires_at.seconds - result.offer.published_at.seconds == 60 * 86400


def test_two_organisations_may_use_the_same_name(offers):
    first = offers.post(offers.organisation("org-1"))
    second = offers.post(offers.organisation("org-2"))
    assert first.id != second.id


def test_by_our_id(offers):
    recruiter = offers.organisation()
    posted = offers.post(recruiter, external_id="")
    assert posted.external_id == posted.id
    (result,) = offers.upsert(recruiter, offers.row(id=posted.id, external_id="", title="Couvreur zingueur"))
    assert (outcomes([result]), result.offer.id) == (["UPDATED"], posted.id)
    named = offers.post(recruiter, external_id="n")
    (result,) = offers.upsert(recruiter, offers.row(id=named.id, external_id="other"))
    assert [(v.path, v.reason) for v in result.refusal.violations] == [("external_id", "FIXED")]
    (result,) = offers.upsert(recruiter, offers.row(id=named.id, external_id="", title="Couvreur zingueur"))
    assert (outcomes([result]), result.offer.external_id) == (["UPDATED"], "n")


def test_many_at_once_make_one_offer(offers):
    recruiter = offers.organisation()
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: offers.upsert(recruiter, offers.row())[0], range(16)))
    assert sorted(outcomes(results)) == ["CREATED"] + ["UNCHANGED"] * 15
    assert len({result.offer.id for result in results}) == 1


def test_a_request_may_be_sent_again_and_its_id_not_used_for_something_else(offers):
    recruiter = offers.organisation()
    rows = [offers.row(external_id=""), offers.row(external_id="x", title="no"), offers.row(external_id="y")]
    first = offers.upsert(recruiter, *rows, request_id="r-1")
    again = offers.upsert(recruiter, *rows, request_id="r-1")
    assert again == first
    assert outcomes([first[0], first[2]]) == ["CREATED", "CREATED"]
    assert len(offers.ask("ListOffers", pb.ListOffersRequest(), recruiter).offers) == 2
    with pytest.raises(Refused, match="request_id") as caught:
        offers.upsert(recruiter, *rows[1:], request_id="r-1")
    assert caught.value.reason == "REQUEST_ID_REUSED"


def test_a_refused_request_leaves_its_id_free(offers):
    stranger = Caller(Role.RECRUITER, "org-9", "t")
    missing = pb.PublishOfferRequest(id="nothing", request_id="r-2")
    for _ in range(2):
        with pytest.raises(Refused) as caught:
            offers.ask("PublishOffer", missing, stranger)
        assert caught.value.reason == "OFFER_NOT_FOUND"


def test_at_most_a_hundred_rows(offers):
    recruiter = offers.organisation()
    assert len(offers.upsert(recruiter, *(offers.row(external_id=str(n)) for n in range(100)))) == 100
    with pytest.raises(Refused) as caught:
        offers.upsert(recruiter, *(offers.row(external_id=str(n)) for n in range(101)))
    assert [v.path for v in caught.value.violations] == ["offers"]


def test_an_operator_names_the_organisation(offers):
    organisation = offers.from_feed()
    posted = offers.post(OPERATOR, organisation_id=organisation.id, source="ft")
    assert (posted.organisation_id, posted.source) == (organisation.id, "ft")
    assert list(posted.status.reasons) == ["ORGANISATION_UNVERIFIED"]
    assert (posted.status.searchable, posted.status.matchable, posted.status.sees_people) == (True, True, False)
    assert offers.refusal(OPERATOR).reason == "INVALID_FIELDS"
    assert offers.refusal(OPERATOR, organisation_id="nothing").reason == "ORGANISATION_NOT_FOUND"


def test_who_brings_no_siret_does_not_post_by_hand(offers):
    organisation = offers.from_feed()
    refusal = offers.refusal(Caller(Role.RECRUITER, organisation.id, "t"))
    assert refusal.reason == "SIRET_REQUIRED"
    assert [v.path for v in refusal.violations] == ["organisation.siret"]


def test_other_roles_cannot_write(offers):
    posted = offers.post(offers.organisation())
    others = (Role.PERSON, Role.PARTNER, Role.MENTOR, Role.SERVICE, Role.ANYONE)
    requests = [
        ("UpsertOffers", pb.UpsertOffersRequest(offers=[offers.row()])),
        ("CloseOffer", pb.CloseOfferRequest(id=posted.id)),
        ("CloseOffer", pb.CloseOfferRequest(id="nothing")),
        ("ListOffers", pb.ListOffersRequest()),
        ("UpsertCourses", pb.UpsertCoursesRequest()),
    ]
    for caller, (method, request) in product((Caller(role, "org-1", "t") for role in others), requests):
        with pytest.raises(Refused) as caught:
            offers.ask(method, request, caller)
        assert caught.value.kind is Kind.DENIED, (caller, method)


def test_a_training_body_posts_offers_too(offers):
    caller = offers.organisation("tb-1", Role.TRAINING_BODY, kind=pb.ORGANISATION_KIND_TRAINING_BODY)
    assert offers.post(caller).state == pb.OFFER_STATE_PUBLISHED


def test_a_late_repeat_does_not_undo_what_came_after(offers):
    own = offers.organisation()
    offers.upsert(own, offers.row(title="Couvreur un"), request_id="r-1")
    offers.upsert(own, offers.row(title="Couvreur deux"), request_id="r-2")
    (repeated,) = offers.upsert(own, offers.row(title="Couvreur un"), request_id="r-1")
    assert repeated.offer.title == "Couvreur deux"
    request = pb.CloseOfferRequest(id=repeated.offer.id, request_id="r-3")
    publish = pb.PublishOfferRequest(id=repeated.offer.id, request_id="r-4")
    offers.ask("PublishOffer", publish, own)
    offers.ask("CloseOffer", request, own)
    assert offers.ask("PublishOffer", publish, own).offer.state == pb.OFFER_STATE_CLOSED
