"""What belongs to another looks like what never was."""

import pytest
from vivier.offers.v1 import offers_pb2 as pb

from services.kit.auth import ANYONE, Caller, Role
from services.kit.errors import Refused


def refusal_of(offers, caller, method, request):
    with pytest.raises(Refused) as caught:
        offers.ask(method, request, caller)
    found = caught.value
    return found.kind, found.reason, found.message, found.violations


@pytest.mark.parametrize("publish", [False, True])
def test_verbs_on_anothers_offer(offers, publish):
    theirs = offers.post(offers.organisation("org-1"), publish=publish)
    stranger = offers.organisation("org-2")
    for verb in ("Publish", "Pause", "Fill", "Close"):
        request = getattr(pb, f"{verb}OfferRequest")
        found, missing = (refusal_of(offers, stranger, f"{verb}Offer", request(id=i)) for i in (theirs.id, "nothing"))
        assert found == missing
    assert offers.get(theirs.id) == theirs


def test_writing_to_another(offers):
    theirs = offers.post(offers.organisation("org-1"))
    stranger = offers.organisation("org-2")

    def reasons(**fields):
        refusal = offers.refusal(stranger, **fields)
        return refusal.reason, refusal.message, list(refusal.violations)

    assert reasons(organisation_id="org-1") == reasons(organisation_id="nothing")
    assert reasons(id=theirs.id) == reasons(id="nothing")
    assert offers.get(theirs.id) == theirs


def test_drafts_are_seen_by_their_own_alone(offers):
    recruiter = offers.organisation("org-1")
    draft = offers.post(recruiter, publish=False)
    others = [
        ANYONE,
        offers.organisation("org-2"),
        *(Caller(role, "org-1", "t") for role in (Role.PERSON, Role.PARTNER, Role.SERVICE)),
    ]
    assert [offers.get(draft.id, caller) for caller in others] == [None] * len(others)
    assert offers.get(draft.id, recruiter) == offers.get(draft.id) == draft
    offers.move("Publish", draft.id, recruiter)
    assert all(offers.get(draft.id, caller) for caller in others)


def test_lists_hold_ones_own(offers):
    first, second = offers.organisation("org-1"), offers.organisation("org-2")
    mine = offers.post(first, publish=False)
    offers.post(second, publish=False)
    answer = offers.ask("ListOffers", pb.ListOffersRequest(organisation_id="org-2"), first)
    assert list(answer.offers) == [mine]


def test_a_list_is_not_upset_by_what_is_posted_meanwhile(offers):
    recruiter = offers.organisation()
    for number in range(7):
        offers.post(recruiter, external_id=str(number))
        if number % 3 == 0:  # some share a moment
            offers.clock.move(seconds=1)
    seen, token = [], ""
    for turn in range(10):
        answer = offers.ask("ListOffers", pb.ListOffersRequest(page_size=2, page_token=token), recruiter)
        seen += [found.external_id for found in answer.offers]
        token = answer.next_page_token
        if not token:
            break
        offers.clock.move(seconds=1)
        offers.post(recruiter, external_id=f"new {turn}")
    assert sorted(seen) == [str(number) for number in range(7)]


def test_a_list_by_state(offers):
    recruiter = offers.organisation()
    offers.upsert(recruiter, offers.row(external_id="draft"), publish=False)
    closed = offers.move("Close", offers.post(recruiter, external_id="closed").id, recruiter)
    request = pb.ListOffersRequest(states=[pb.OFFER_STATE_CLOSED, pb.OFFER_STATE_FILLED])
    assert list(offers.ask("ListOffers", request, recruiter).offers) == [closed]


WRONG = [
    pb.ListOffersRequest(page_size=101),
    pb.ListOffersRequest(page_size=-1),
    pb.ListOffersRequest(page_token="!"),
    pb.ListOffersRequest(page_token="WzEsMl0"),
    pb.ListOffersRequest(page_token="WyJ5ZXN0ZXJkYXkiLDJd"),  # made here, but not for this list
    pb.ListOffersRequest(states=[99]),
]


def test_wrong_lists(offers):
    recruiter = offers.organisation()
    for request in WRONG:
        assert refusal_of(offers, recruiter, "ListOffers", request)[1] == "INVALID_FIELDS", request


def test_offers_come_with_their_organisations_when_asked(offers) -> None:
    first, second = offers.organisation("org-1"), offers.organisation("org-2")
    ids = [offers.post(first, external_id=name).id for name in "ab"] + [offers.post(second).id]
    plain = offers.ask("BatchGetOffers", pb.BatchGetOffersRequest(ids=ids))
    whole = offers.ask("BatchGetOffers", pb.BatchGetOffersRequest(ids=ids, with_organisations=True))
    assert not plain.organisations
    assert sorted(organisation.id for organisation in whole.organisations) == ["org-1", "org-2"]
