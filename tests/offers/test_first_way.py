"""The thin way through: an organisation posts an offer, anybody reads it, the others are told."""

from vivier.offers.v1 import offers_pb2 as pb


def test_an_offer_is_posted_read_and_told(offers):
    recruiter = offers.organisation()
    posted = offers.post(recruiter)
    assert posted.state == pb.OFFER_STATE_PUBLISHED
    assert offers.get(posted.id) == posted
    assert posted.occupation.code == "F1619"
    assert posted.place.commune_code == "07019"
    assert posted.status == pb.OfferStatus(searchable=True, matchable=True, sees_people=True)
    (event,) = offers.eventually_events(f"offer/{posted.id}", 1)
    assert event.offer == posted
    assert (event.organisation_name, event.organisation_verified) == ("Toits org-1", True)
    (event,) = offers.eventually_events("organisation/org-1", 1)
    assert event.organisation.siret
