"""The life of an offer: each state, each verb."""

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from vivier.common.v1 import common_pb2 as common
from vivier.offers.v1 import offers_pb2 as pb

from services.kit.errors import Kind, Refused

VERBS = ("Publish", "Pause", "Fill", "Close")
LEADS_TO = {"Publish": "PUBLISHED", "Pause": "PAUSED", "Fill": "FILLED", "Close": "CLOSED"}
ALLOWED = {
    "DRAFT": {"Publish", "Close"},
    "PUBLISHED": {"Publish", "Pause", "Fill", "Close"},
    "PAUSED": {"Publish", "Pause", "Fill", "Close"},
    "FILLED": {"Fill", "Publish"},
    "CLOSED": {"Close"},
    "EXPIRED": set(),
}
ROADS = {"DRAFT": (), "PUBLISHED": ("Publish",), **{LEADS_TO[v]: ("Publish", v) for v in VERBS[1:]}}


def at(moment):
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def in_state(offers, recruiter, state, name="1"):
    if state == "EXPIRED":
        return offers.post(recruiter, external_id=name, expires_at=at(offers.clock.now))
    posted = offers.post(recruiter, external_id=name, publish=False)
    for verb in ROADS[state]:
        posted = offers.move(verb, posted.id, recruiter)
    return posted


@pytest.mark.parametrize("state", ALLOWED)
def test_every_verb_in_every_state(offers, state):
    recruiter = offers.organisation()
    for verb in VERBS:
        before = in_state(offers, recruiter, state, verb)
        assert pb.OfferState.Name(before.state) == f"OFFER_STATE_{state}"
        if verb in ALLOWED[state]:
            moved(offers, recruiter, before, verb)
        else:
            refused(offers, recruiter, before, verb)


def moved(offers, recruiter, before, verb):
    after = offers.move(verb, before.id, recruiter)
    assert pb.OfferState.Name(after.state) == f"OFFER_STATE_{LEADS_TO[verb]}"
    assert after.version == before.version + (after.state != before.state)
    assert offers.move(verb, before.id, recruiter) == after
    told = offers.eventually_events(f"offer/{before.id}", after.version)
    assert [event.offer.version for event in told] == list(range(1, after.version + 1))
    assert told[-1].offer == after


def refused(offers, recruiter, before, verb):
    with pytest.raises(Refused) as caught:
        offers.move(verb, before.id, recruiter)
    state = pb.OfferState.Name(before.state).removeprefix("OFFER_STATE_")
    assert (caught.value.kind, caught.value.reason) == (Kind.CONFLICT, f"OFFER_{state}")
    assert offers.get(before.id) == before


def test_resuming_is_no_new_publication(offers):
    recruiter = offers.organisation()
    posted = offers.post(recruiter)
    offers.move("Pause", posted.id, recruiter)
    offers.clock.move(days=3)
    resumed = offers.move("Publish", posted.id, recruiter)
    assert (resumed.published_at, resumed.expires_at) == (posted.published_at, posted.expires_at)


def test_a_filled_offer_opens_again_until_its_end(offers):
    recruiter = offers.organisation()
    posted = offers.post(recruiter)
    offers.move("Fill", posted.id, recruiter)
    offers.clock.move(days=59)
    opened = offers.move("Publish", posted.id, recruiter)
    assert opened.status.searchable
    assert (opened.published_at, opened.expires_at) == (posted.published_at, posted.expires_at)
    offers.move("Fill", posted.id, recruiter)
    offers.clock.move(days=1)
    with pytest.raises(Refused) as caught:
        offers.move("Publish", posted.id, recruiter)
    assert caught.value.reason == "OFFER_EXPIRED"


def test_what_is_over_is_not_published_by_the_verb(offers):
    recruiter = offers.organisation()
    late = offers.post(recruiter, publish=False, expires_at=at(offers.clock.now))
    with pytest.raises(Refused) as caught:
        offers.move("Publish", late.id, recruiter)
    assert caught.value.reason == "OFFER_EXPIRED"


@pytest.mark.parametrize("state", ["FILLED", "CLOSED"])
def test_what_is_over_stays_as_it_is(offers, state):
    recruiter = offers.organisation()
    before = in_state(offers, recruiter, state)
    assert offers.refusal(recruiter, title="Couvreur zingueur").reason == f"OFFER_{state}"
    (same,) = offers.upsert(recruiter, offers.row())
    assert (same.outcome, same.offer) == (common.OUTCOME_UNCHANGED, before)


def test_an_expired_offer_comes_back_by_a_later_end(offers):
    recruiter = offers.organisation()
    now = offers.clock.now
    expired = offers.post(recruiter, expires_at=at(now))
    assert expired.state == pb.OFFER_STATE_EXPIRED
    assert offers.refusal(recruiter, title="Zingueur", expires_at=at(now)).reason == "OFFER_EXPIRED"
    offers.clock.move(days=1)
    later = at(offers.clock.now.replace(year=2027))
    assert offers.refusal(recruiter, publish=False, expires_at=later).reason == "OFFER_EXPIRED"
    back = offers.post(recruiter, expires_at=later)
    assert (back.id, back.state, back.expires_at) == (expired.id, pb.OFFER_STATE_PUBLISHED, later)
    assert back.published_at == at(offers.clock.now)


def test_a_feed_that_still_has_it_brings_it_back(offers):
    """Without an end of its own it lives for sixty days, and again when the very same row comes once more."""
    recruiter = offers.organisation()
    first = offers.post(recruiter)
    offers.clock.move(days=60)
    offers.eventually_in(pb.OFFER_STATE_EXPIRED, first.id)
    (silent,) = offers.upsert(recruiter, offers.row(), publish=False)
    assert silent.outcome == common.OUTCOME_UNCHANGED
    (back,) = offers.upsert(recruiter, offers.row())
    assert (back.outcome, back.offer.state) == (common.OUTCOME_UPDATED, pb.OFFER_STATE_PUBLISHED)
    assert back.offer.expires_at.seconds == first.expires_at.seconds + 60 * 86400


def test_a_new_end_may_be_now(offers):
    recruiter = offers.organisation()
    offers.post(recruiter)
    assert offers.post(recruiter, expires_at=at(offers.clock.now)).state == pb.OFFER_STATE_EXPIRED


def test_an_update_of_a_paused_offer_leaves_it_paused(offers):
    recruiter = offers.organisation()
    offers.move("Pause", offers.post(recruiter).id, recruiter)
    assert offers.post(recruiter, title="Couvreur zingueur").state == pb.OFFER_STATE_PAUSED
