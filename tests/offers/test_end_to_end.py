"""End to end: an organisation posts an offer, anybody reads it, an event is published."""

from harness import Ask, eventually
from vivier.common.v1.operations_pb2 import GetStatusRequest
from vivier.common.v1.operations_pb2_grpc import OperationsServiceStub
from vivier.offers.v1 import offers_pb2 as pb


def test_an_offer_is_posted_read_and_published(offers):
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


def test_operations_count_what_is_there(offers):
    recruiter = offers.organisation()
    offers.upsert(recruiter, *(offers.row(external_id=str(number)) for number in range(3)))
    offers.upsert(recruiter, offers.row(external_id="draft"), publish=False)
    operations = Ask(offers.address, OperationsServiceStub)
    try:
        status = eventually(lambda: operations("GetStatus", GetStatusRequest()))
        assert dict(status.counts) == {"organisations": 1, "offers published": 3, "offers draft": 1}
    finally:
        operations.neighbour.close()
